"""Where a square is cut, the joints go: laws on pictures with known points."""

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from repose.data.camera import _shift, camera_shift
from repose.data.crops import (
    ClipFrames,
    cut,
    extents,
    inside_share,
    into_crop,
    moving_windows,
    spread,
    still_window,
)
from repose.data.packs import Pack, PackWriter, encode
from repose.errors import ReposeError
from tests.datasets.trees import shots
from tests.poses.made import standing_px

FRAME = (320, 240)  # width, height


def boxes_of(*middles, half=(20, 40)):
    middles = np.array(middles, float)
    return np.concatenate([middles - half, middles + half], axis=1)


def blob(x, y, width=320, height=240, sigma=6.0):
    """Draw a bright dot whose centre of mass is (x, y), pixel centres at integer + 0.5."""
    ys, xs = np.mgrid[:height, :width] + 0.5
    dot = 250 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2))
    return np.repeat(dot[..., None], 3, axis=2).round().astype(np.uint8)


def centre_of_mass(image):
    weights = image[..., 0].astype(float)
    ys, xs = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([(weights * xs).sum(), (weights * ys).sum()]) / weights.sum()


@pytest.mark.parametrize("size", [64, 100, 256], ids=["shrink", "same", "grow"])
def test_joints_follow_the_picture(size):
    point = np.array([151.3, 97.8, -40.0])
    window = np.array([100.0, 50, 100])
    crop = cut(blob(*point[:2]), window, size)
    x, y, z = into_crop(np.tile(point, (1, 19, 1)), window[None], size)[0, 0]
    assert crop.shape == (size, size, 3)
    np.testing.assert_allclose(centre_of_mass(crop), (x, y), atol=0.1)
    assert z == pytest.approx(-40 * size / 100)


def test_a_window_over_the_edge_repeats_the_border():
    frame = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    crop = cut(frame, np.array([-20.0, -5, 100]), 100)
    padded = cv2.copyMakeBorder(frame, 5, 35, 20, 0, cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(crop, padded)


def test_one_window_holds_everybody_in_the_middle_and_inside_the_frame():
    boxes = boxes_of((100, 120), (180, 120), (np.nan, np.nan))
    windows = still_window(boxes, FRAME, margin=0.1)
    left, top, side = windows[0]
    assert (windows == windows[0]).all()
    assert side == round(120 * 1.2)
    assert (left + side / 2, top + side / 2) == (140, 120)
    corner = still_window(boxes_of((25, 45)), FRAME, margin=0.5)[0]
    np.testing.assert_array_equal(corner, (0, 0, 160))


def test_a_window_larger_than_the_frame_stays_centred():
    left, top, side = still_window(boxes_of((160, 120), half=(150, 110)), FRAME, margin=0.1)[0]
    assert side == 360
    assert (left, top) == (-20, -60)


def test_without_anybody_the_window_is_the_middle_of_the_frame():
    windows = still_window(np.full((2, 4), np.nan), FRAME, margin=0.1)
    np.testing.assert_array_equal(windows, [[40, 0, 240]] * 2)


def test_a_frame_without_a_box_has_the_window_of_the_nearest_also_in_a_clip_of_an_hour():
    boxes = np.full((100_000, 4), np.nan)  # a table of all frames by all frames would need 80 GB
    for at, left in ((3, 20), (7, 70), (99_000, 40)):
        boxes[at] = [left, 10, left + 20, 60]
    lefts = moving_windows(boxes, FRAME, margin=0.0)[:, 0]
    apart = np.abs(np.arange(20)[:, None] - [3, 7]).argmin(axis=1)
    assert lefts[:20].tolist() == lefts[[3, 7]][apart].tolist()
    assert len(set(lefts[[3, 7, 99_000]])) == 3
    assert (lefts[50_000:] == lefts[99_000]).all()


def test_moving_windows_follow_with_one_side():
    boxes = boxes_of((60, 120), (np.nan, np.nan), (160, 120), (240, 120))
    boxes[3] += [-5, -30, 5, 30]  # jumps up
    windows = moving_windows(boxes, FRAME, margin=0.1)
    np.testing.assert_array_equal(windows[1], windows[0])  # the nearest known
    assert windows[0, 2] == windows[2, 2] < windows[3, 2]
    assert (windows[:, :2] >= 0).all()
    middles = windows[:, :2] + windows[:, 2:] / 2
    np.testing.assert_allclose(middles[[0, 2, 3], 0], (60, 160, 240), atol=14)
    assert (windows[[0, 2, 3], :2] <= boxes[[0, 2, 3], :2]).all()
    assert (windows[[0, 2, 3], :2] + windows[[0, 2, 3], 2:] >= boxes[[0, 2, 3], 2:]).all()


def test_spread_is_one_for_who_stays_and_grows_with_the_way():
    assert spread(boxes_of((100, 120), (100, 120))) == 1
    assert spread(boxes_of((100, 120), (260, 120))) == 200 / 80
    assert spread(np.full((3, 4), np.nan)) == 1


def test_boxes_and_shares_of_poses():
    joints = np.stack([standing_px(64), np.full((19, 3), np.nan)])
    box, unknown = extents(joints)
    np.testing.assert_array_equal(box[:2], joints[0, :, :2].min(axis=0))
    assert np.isnan(unknown).all()
    frame = np.tile([0.0, 0, 64, 64], (2, 1))
    np.testing.assert_array_equal(inside_share(joints, frame), (1, 0))
    half = np.tile([0.0, 0, 32, 64], (2, 1))  # her right half, and neck and nose and pelvis
    assert inside_share(joints, half)[0] == pytest.approx(11 / 19)


def texture(seed, height=240, width=420):
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = gaussian_filter(noise, 1.5)
    grey = (128 + 60 * smooth / np.abs(smooth).max()).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def test_a_still_camera_is_told_from_a_panning_one_whoever_walks_through():
    wall, person = texture(0), texture(1)[:120, :50]
    boxes = boxes_of(*[(40 + 25 * i, 120) for i in range(9)], half=(25, 60))

    def film(pan):
        frames = []
        for i, box in enumerate(boxes.astype(int)):
            frame = wall[:, pan * i : pan * i + 320].copy()
            frame[box[1] : box[3], box[0] : box[2]] = person
            frames.append(frame)
        return frames

    assert camera_shift(film(pan=0), boxes) < 0.002
    assert camera_shift(film(pan=8), boxes) == pytest.approx(8 / 320, rel=0.1)


def test_a_camera_stands_still_although_the_person_hides_most_of_the_room():
    film = [shots(7)[i % 4] for i in (0, 1, 3, 0, 1, 2, 3, 0, 2)]
    boxes = np.array([[*s.pixels.min(axis=0), *s.pixels.max(axis=0)] for s in film], float)
    assert camera_shift([s.image for s in film], boxes) < 0.002


def test_what_is_compared_is_not_changed():
    # Sides that suit its Fourier transform: then OpenCV multiplies by the window in place.
    a, b = (np.random.default_rng(i).normal(size=(180, 320)).astype(np.float32) for i in (0, 1))
    before = a.copy(), b.copy()
    _shift(a, b)
    np.testing.assert_array_equal((a, b), before)


@pytest.mark.parametrize("wall", ["bare", "striped"])
def test_a_wall_that_looks_the_same_everywhere_does_not_move(wall):
    random = np.random.default_rng(0)
    pattern = 128 + (30 * np.sign(np.sin(np.arange(320) / 3)) if wall == "striped" else 0)
    boxes = boxes_of(*[(60 + 25 * i, 120) for i in range(9)], half=(25, 60))
    frames = []
    for box in boxes.astype(int):
        noisy = pattern + random.normal(0, 2, (240, 320))
        noisy[box[3] - 20 : box[3] + 10, box[0] - 40 : box[2] + 40] -= 30  # a shadow
        noisy[box[1] : box[3], box[0] : box[2]] = 200
        frames.append(np.repeat(noisy[..., None], 3, axis=2).astype(np.uint8))
    assert camera_shift(frames, boxes) < 0.002


def test_stored_frames_come_back_when_asked_for(tmp_path):
    images = [texture(i, 20, 30) for i in range(4)]
    with PackWriter(tmp_path / "a.pack") as pack:
        rows = [pack.add(encode(image, "png")) for image in images]
    table = pd.DataFrame(rows, columns=["offset", "length", "sha256"])
    table = table.assign(clip="a", frame=range(4))
    frames = ClipFrames(Pack(tmp_path / "a.pack"), table)
    assert len(frames) == 4
    np.testing.assert_array_equal(frames[2], images[2])
    np.testing.assert_array_equal(np.stack(frames[1:3]), np.stack(images[1:3]))
    np.testing.assert_array_equal(np.stack(list(frames)), np.stack(images))
    swapped = ClipFrames(frames.pack, table.assign(sha256=table["sha256"][::-1].to_numpy()))
    with pytest.raises(ReposeError, match=r"bad-pack.*a, frame 3.*a\.pack"):
        swapped[3]
