"""What deformable skips are given of a pose, one sample and one part after the other.

Written from the description of the method alone, as formulas stand there: a heat map per joint, a
mask and an affine fit per part, a moved copy of the features per part.
"""

import numpy as np

from repose.skeleton import JOINT, PARTS

_UNDRAWN = {"openpose18": ("pelvis",), "coco17": ("pelvis", "neck")}
FACE = ["nose", "l_eye", "r_eye", "l_ear", "r_ear"]
CORNERS = ["r_hip", "l_hip", "l_shoulder", "r_shoulder"]
# Root, tip, how far the corners that are fitted and the mask reach beyond the tip.
LIMBS = {
    "upper_arm": ("shoulder", "elbow", 0.1, 0.1),
    "forearm": ("elbow", "wrist", 0.3, 0.5),
    "thigh": ("hip", "knee", 0.1, 0.1),
    "shin": ("knee", "ankle", 0.3, 0.5),
}


def centres(shape: tuple[int, int], pitch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y (H, W) of the cells' centres, px."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (x + 0.5) * pitch, (y + 0.5) * pitch


def heat_maps(
    pose: np.ndarray, names: list[str], shape: tuple[int, int], sigma_px: float
) -> np.ndarray:
    """Draw one pose, (19, 3) px: (J, H, W)."""
    x, y = centres(shape, 1)
    maps = np.zeros((len(names), *shape))
    for channel, name in enumerate(names):
        jx, jy = pose[JOINT[name], :2]
        if not np.isnan(jx + jy):
            maps[channel] = np.exp(-((x - jx) ** 2 + (y - jy) ** 2) / (2 * sigma_px**2))
    return maps


def trunk(pose: np.ndarray) -> float:
    """Return st of one pose, px; NaN where shoulders and hips are not all known."""
    left = pose[JOINT["l_hip"], :2] - pose[JOINT["l_shoulder"], :2]
    right = pose[JOINT["r_hip"], :2] - pose[JOINT["r_shoulder"], :2]
    return float(np.sqrt((left @ left + right @ right) / 2))


def part_masks(pose: np.ndarray, shape: tuple[int, int], pitch: int) -> np.ndarray:
    """Mark the cells of each part of one pose, (19, 3) px: (10, H, W) bool."""
    x, y = centres(shape, pitch)
    masks = np.zeros((len(PARTS), *shape), bool)
    st = trunk(pose)
    if not st > 0:
        return masks
    masks[0] = _torso_mask(pose, st, x, y)
    face = [pose[JOINT[name], :2] for name in FACE]
    face = [point for point in face if not np.isnan(point).any()]
    half = int(0.40 * st)
    if face and half > 0:
        cx, cy = np.mean(face, 0)
        masks[1] = (abs(x - cx) <= half) & (abs(y - cy) <= half)
    for index, part in enumerate(PARTS[2:], 2):
        root, tip, _, beyond = LIMBS[part[2:]]
        a, b = pose[JOINT[part[:2] + root], :2], pose[JOINT[part[:2] + tip], :2]
        a = a + 0.1 * (a - b)
        b = b + beyond * (b - a)
        length = np.linalg.norm(b - a)
        if length > 0:  # neither NaN nor a point
            u = (b - a) / length
            forth = (x - a[0]) * u[0] + (y - a[1]) * u[1]
            aside = (x - a[0]) * u[1] - (y - a[1]) * u[0]
            masks[index] = (forth >= 0) & (forth <= length) & (abs(aside) <= 0.2 * st)
    return masks


def _torso_mask(pose: np.ndarray, st: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    hips = (pose[JOINT["l_hip"], :2] + pose[JOINT["r_hip"], :2]) / 2
    shoulders = (pose[JOINT["l_shoulder"], :2] + pose[JOINT["r_shoulder"], :2]) / 2
    if (hips == shoulders).all():
        return np.zeros(x.shape, bool)
    u = (hips - shoulders) / np.linalg.norm(hips - shoulders)
    v = np.array([-u[1], u[0]])
    corners = [pose[JOINT[name], :2] - shoulders for name in CORNERS]
    forth = (x - shoulders[0]) * u[0] + (y - shoulders[1]) * u[1]
    aside = (x - shoulders[0]) * v[0] + (y - shoulders[1]) * v[1]
    first = min(c @ u for c in corners) - 0.1 * st
    last = max(c @ u for c in corners) + 0.1 * st
    wide = max(max(abs(c @ v) for c in corners) + 0.1 * st, 0.2 * st)
    return (forth >= first) & (forth <= last) & (abs(aside) <= wide)


def limb_corners(pose: np.ndarray, part: str) -> list[np.ndarray]:
    """Return the four corners that fix a limb; NaN where it is missing."""
    root, tip, beyond, _ = LIMBS[part[2:]]
    a, b = pose[JOINT[part[:2] + root], :2], pose[JOINT[part[:2] + tip], :2]
    a = a + 0.1 * (a - b)
    b = b + beyond * (b - a)
    length = np.linalg.norm(b - a)
    if length == 0:
        return [a, a, b, b]
    wide = 0.2 * trunk(pose) * np.array([-(b - a)[1], (b - a)[0]]) / length
    return [a + wide, a - wide, b + wide, b - wide]


def affine(source: list[np.ndarray], target: list[np.ndarray]) -> np.ndarray | None:
    """Fit `source_from_target` (3, 3) to the points known in both, or None where they do not."""
    pairs = [(s, t) for s, t in zip(source, target, strict=True) if not np.isnan([*s, *t]).any()]
    if len(pairs) < 3:
        return None
    s, t = (np.array(points) for points in zip(*pairs, strict=True))
    ones = np.ones((len(t), 1))
    if min(np.linalg.matrix_rank(np.hstack([p, ones]), tol=1e-3) for p in (s, t)) < 3:
        return None
    solution = np.linalg.lstsq(np.hstack([t, ones]), s, rcond=None)[0]
    return np.vstack([solution.T, [0, 0, 1]])


def part_moves(source: np.ndarray, target: np.ndarray) -> list[np.ndarray | None]:
    """Fit each part of a pair of poses, (19, 3) px each; None for a part that fills nothing."""
    if not (trunk(source) > 0 and trunk(target) > 0):
        return [None] * len(PARTS)
    moves = []
    for names in (CORNERS, [*FACE, "l_shoulder", "r_shoulder"]):
        points = [[pose[JOINT[name], :2] for name in names] for pose in (source, target)]
        moves.append(affine(*points))
    for part in PARTS[2:]:
        there = limb_corners(source, part)
        if np.isnan(there).any():
            there = limb_corners(source, {"l": "r", "r": "l"}[part[0]] + part[1:])
        moves.append(affine(there, limb_corners(target, part)))
    return moves


def whole_move(source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """Fit one affine map to shoulders, hips and the knees that both poses have."""
    if np.isnan(trunk(source) + trunk(target)):
        return None
    names = [*CORNERS, "l_knee", "r_knee"]
    return affine(*([pose[JOINT[name], :2] for name in names] for pose in (source, target)))


def move(features: np.ndarray, matrix: np.ndarray, pitch: int, interp: str) -> np.ndarray:
    """Read (C, H, W) features where a transform in px sends each cell; zero beyond the border."""
    height, width = features.shape[1:]
    x, y = centres((height, width), pitch)
    sx = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / pitch - 0.5
    sy = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / pitch - 0.5
    moved = np.zeros_like(features)
    if interp == "nearest":
        corners = [(np.floor(sx + 0.5), np.floor(sy + 0.5), np.ones_like(sx))]
    else:
        x0, y0 = np.floor(sx), np.floor(sy)
        corners = [
            (x0 + i, y0 + j, (1 - abs(sx - x0 - i)) * (1 - abs(sy - y0 - j)))
            for i in (0, 1)
            for j in (0, 1)
        ]
    for column, row, weight in corners:
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        there = row[inside].astype(int), column[inside].astype(int)
        moved[:, inside] += weight[inside] * features[:, there[0], there[1]]
    return moved


def skip(
    features: np.ndarray,
    source: np.ndarray,
    target: np.ndarray,
    pitch: int,
    *,
    rest: str = "none",
    interp: str = "nearest",
    combine: str = "max",
    torso_everywhere: bool = False,
) -> np.ndarray:
    """Put one image's features (C, H, W) where the target pose wants them, part by part."""
    shape = features.shape[1:]
    masks = part_masks(target, shape, pitch)
    free = ~masks.any(0)
    if torso_everywhere:
        masks[0] = True
    elif rest == "torso":
        masks[0] |= free
    copies, counts = [], np.zeros(shape)
    for mask, matrix in zip(masks, part_moves(source, target), strict=True):
        if matrix is None:
            copies.append(np.zeros_like(features))
        else:
            copies.append(move(features, matrix, pitch, interp) * mask)
            counts += mask
    moved = np.max(copies, 0) if combine == "max" else np.sum(copies, 0) / np.maximum(counts, 1)
    if rest == "still" and not torso_everywhere:
        free &= ~part_masks(source, shape, pitch).any(0)
        moved[:, free] = features[:, free]
    return moved


def sample(
    image: np.ndarray, source: np.ndarray, target: np.ndarray, block: dict, size: int
) -> None:
    """Make all that is made of one pair's joints, and move its features, level by level.

    Args:
        image: (S, S, 3) the source; not used.
        source: (19, 3) px.
        target: (19, 3) px.
        block: The model's block of the config.
        size: Side S of the image, px; a window is not cut out.
    """
    names = [name for name in JOINT if name not in _UNDRAWN[block["joints"]]]
    for pose in (source, target):
        heat_maps(pose, names, (size, size), block["sigma_px"])
    for level in range(block["warped_levels"]):
        side = size >> level
        features = np.zeros((block["encoder_widths"][level], side, side), np.float32)
        skip(features, source, target, 2**level, rest=block["rest"], interp=block["interp"])
