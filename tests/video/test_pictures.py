import itertools
from fractions import Fraction

import av
import numpy as np
import pytest

from repose.video import Decoding, Orientation, probe
from tests.films import film, numbered, picture, set_matrix

EIGHT = [
    *((a, 0, 0, d) for a, d in itertools.product((1, -1), repeat=2)),
    *((0, b, c, 0) for b, c in itertools.product((1, -1), repeat=2)),
]


def display(image: np.ndarray, a: int, b: int, c: int, d: int) -> np.ndarray:
    """Move every pixel where the matrix says, and shift all into view."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    to_x, to_y = a * x + c * y, b * x + d * y
    to_x, to_y = to_x - to_x.min(), to_y - to_y.min()
    out = np.zeros((to_y.max() + 1, to_x.max() + 1, 3), np.uint8)
    out[to_y, to_x] = image
    return out


@pytest.mark.parametrize("matrix", EIGHT)
def test_all_eight_orientations_stand_upright(matrix, tmp_path):
    plain = next(iter(Decoding(numbered(tmp_path / "plain.mp4", 2)))).image
    path = set_matrix(numbered(tmp_path / "turned.mp4", 2), *matrix)
    expected = display(plain, *matrix)
    found = next(iter(Decoding(path))).image
    assert np.array_equal(found, expected)
    facts = probe(path)
    assert (facts.height, facts.width) == expected.shape[:2]
    assert np.array_equal(facts.orientation.apply(plain), expected)
    assert ("mirrored" in facts.note) == (np.linalg.det(np.reshape(matrix, (2, 2))) < 0)


def test_orientations_are_a_group_of_eight():
    image = picture(5)
    seen = {
        Orientation(rotation, mirrored).apply(image).tobytes()
        for rotation in (0, 90, 180, 270)
        for mirrored in (False, True)
    }
    assert len(seen) == 8
    assert np.array_equal(Orientation(90).apply(image)[0], image[::-1, 0])


def rgb(y: int, cb: int, cr: int, red: float, blue: float, full: bool) -> np.ndarray:
    """ITU-R BT.601 and BT.709, section 3: luma and colour differences back to RGB."""
    light = y / 255 if full else (y - 16) / 219
    cb, cr = ((v - 128) / (255 if full else 224) for v in (cb, cr))
    r, b = light + 2 * (1 - red) * cr, light + 2 * (1 - blue) * cb
    g = (light - red * r - blue * b) / (1 - red - blue)
    return 255 * np.clip([r, g, b], 0, 1)


BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize(
    ("matrix", "full", "height", "weights"),
    [
        (1, False, 64, BT709),
        (1, True, 64, BT709),
        (5, False, 64, BT601),
        (6, True, 64, BT601),
        (2, False, 64, BT601),
        (2, False, 720, BT709),
        (6, False, 720, BT601),
    ],
)
def test_colours_follow_the_tags_of_the_video(matrix, full, height, weights, depth, tmp_path):
    values, width = (120, 90, 170), max(64, height)
    frame = av.VideoFrame(width, height, "yuv420p" if depth == 8 else "yuv420p10le")
    for plane, value in zip(frame.planes, values, strict=True):
        kind = np.uint8 if depth == 8 else np.uint16
        count = plane.buffer_size // np.dtype(kind).itemsize
        plane.update(np.full(count, value << (depth - 8), kind).tobytes())
    frame.colorspace, frame.color_range, frame.pts = matrix, 2 if full else 1, 0
    frame.time_base = Fraction(1, 10)
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, frame.format.name
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = next(iter(Decoding(tmp_path / "a.mkv"))).image
    assert np.abs(found.astype(float) - rgb(*values, *weights, full)).max() < 3


def test_large_pictures_shrink_and_small_ones_stay(tmp_path):
    image = np.kron(picture(5), np.ones((4, 4, 1), np.uint8))  # 384 x 256
    path = film(tmp_path / "a.mkv", [image], codec="ffv1")
    found = next(iter(Decoding(path, max_side=96))).image
    assert np.abs(found.astype(int) - picture(5)).mean() < 3
    assert next(iter(Decoding(path, max_side=400))).image.shape == image.shape


def test_pixels_become_square(tmp_path):
    path = film(tmp_path / "a.mkv", [picture(5)], aspect=2)
    found = next(iter(Decoding(path))).image
    assert found.shape == (64, 192, 3)
    assert (probe(path).width, probe(path).height) == (192, 64)
    assert np.abs(found[:, ::2].astype(int) - picture(5)).mean() < 6
