import numpy as np

from repose.studio.raster import rasterise
from repose.studio.shapes import ball_distance, cone_distance, smooth_union


def brute_force(points, nearness, triangles, size):
    """Test every pixel centre against every triangle, one by one, in float64."""
    winner = np.full((size, size), -1)
    best = np.full((size, size), -np.inf)
    for index, corners in enumerate(triangles):
        a, b, c = points[corners].astype(float)
        matrix = np.array([[*a, 1], [*b, 1], [*c, 1]]).T
        if np.linalg.det(matrix) >= 0:  # clockwise with y down is the front
            continue
        for row in range(size):
            for column in range(size):
                share = np.linalg.solve(matrix, [column + 0.5, row + 0.5, 1])
                near = share @ nearness[corners]
                if share.min() >= 0 and near > best[row, column]:
                    winner[row, column], best[row, column] = index, near
    return winner, best


def test_the_nearest_triangle_wins_everywhere() -> None:
    random = np.random.default_rng(0)
    size = 20
    middles = random.uniform(-2, size + 2, (30, 1, 2))
    spread = random.choice([1.0, 5.0, 30.0], (30, 1, 1))  # smaller than a px to larger than all
    points = (middles + spread * random.uniform(-1, 1, (30, 3, 2))).reshape(-1, 2)
    points = points.astype(np.float32)
    nearness = random.uniform(0.2, 1, 90).astype(np.float32)
    triangles = np.arange(90).reshape(-1, 3)
    samples = rasterise(points, nearness, triangles, size)
    winner, best = brute_force(points, nearness, triangles, size)
    found = np.full(size * size, -1)
    found[samples.pixel] = samples.triangle
    assert (found == winner.ravel()).mean() > 0.995  # but for samples on an edge
    same = found[samples.pixel] == winner.ravel()[samples.pixel]
    np.testing.assert_allclose(
        samples.nearness[same], best.ravel()[samples.pixel][same], atol=1e-4
    )
    corners = points[triangles[samples.triangle]]
    places = np.einsum("nk,nkc->nc", samples.weights, corners)
    expected = np.stack([samples.pixel % size, samples.pixel // size], axis=1) + 0.5
    np.testing.assert_allclose(places, expected, atol=5e-3)


def test_neighbouring_triangles_leave_no_holes() -> None:
    size, steps = 64, np.linspace(3.3, 60.7, 23)
    x, y = np.meshgrid(steps, steps)
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    corner = (np.arange(22)[:, None] * 23 + np.arange(22)).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 23, corner + 1], 1),
            np.stack([corner + 1, corner + 23, corner + 24], 1),
        ]
    )
    samples = rasterise(points, np.ones(len(points), np.float32), triangles, size)
    image = np.zeros(size * size)
    image[samples.pixel] = 1
    expected = np.zeros((size, size))
    expected[3:61, 3:61] = 1
    np.testing.assert_array_equal(image.reshape(size, size), expected)
    assert len(rasterise(points, points[:, 0], triangles[:, ::-1], size).pixel) == 0  # from behind


def test_shapes_are_negative_inside_and_zero_on_the_surface() -> None:
    grid = tuple(
        np.array(v).reshape(-1, 1, 1) for v in ([0.0, 0.3, 0.5], [0.0, 0.0, 0.0], [0.0] * 3)
    )
    ball = ball_distance(grid, np.zeros(3), np.array([0.3, 0.2, 0.1]))
    assert ball[0, 0, 0] <= 0
    assert abs(ball[1, 0, 0]) < 1e-6
    assert ball[2, 0, 0] > 0.1
    a, b = np.zeros(3), np.array([0.3, 0.0, 0.0])
    cone = cone_distance(grid, a, b, 0.1, 0.05, np.ones(3))
    np.testing.assert_allclose(cone[:, 0, 0], [-0.1, -0.05, 0.15], atol=1e-9)


def test_a_smooth_union_only_adds_and_only_near_the_seam() -> None:
    a, b = np.random.default_rng(1).uniform(-1, 1, (2, 100))
    joined = smooth_union(a, b, 0.2)
    assert (joined <= np.minimum(a, b)).all()
    assert (joined >= np.minimum(a, b) - 0.05 - 1e-12).all()
    far = np.abs(a - b) > 0.2
    np.testing.assert_array_equal(joined[far], np.minimum(a, b)[far])
