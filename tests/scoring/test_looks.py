"""One picture stored twice is told from two that are alike, whatever ground they are on."""

import cv2
import numpy as np
import pytest

from repose.scoring.contents import find
from repose.scoring.looks import look

SIDE = 256


def person(seed):
    """A person in patterned clothes on white, as DeepFashion's are."""
    draws = np.random.default_rng(seed)
    cloth = cv2.resize(draws.integers(30, 220, (20, 10, 3)).astype(np.uint8), (SIDE, SIDE))
    cloth = np.clip(cloth + draws.normal(0, 5, cloth.shape), 0, 255)
    inside = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(inside, (128, 140), (38, 105), 0, 0, 360, 255, -1)
    return np.where(inside[..., None] > 0, cloth, 250).astype(np.uint8), inside > 0


def told(image, true):
    other = np.zeros_like(true)
    return look(image, other, true).truth


@pytest.mark.parametrize("quality", [100, 95, 90, 75])
def test_a_true_image_that_was_stored_as_jpeg_is_known(quality):
    true, _ = person(0)
    data = cv2.imencode(".jpg", true, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    assert told(cv2.imdecode(data, cv2.IMREAD_COLOR), true) != ""
    assert told(true, true) == "exactly"


@pytest.mark.parametrize("levels", [4, 8, 12])
def test_a_very_good_method_on_a_plain_ground_is_no_copy(levels):
    true, inside = person(1)
    draws = np.random.default_rng(2)
    smooth = cv2.resize(draws.normal(0, levels, (24, 24, 3)).astype(np.float32), (SIDE, SIDE))
    made = np.clip(true + smooth * inside[..., None], 0, 255).astype(np.uint8)
    assert cv2.PSNR(made, true) > 30
    assert told(made, true) == ""


def test_a_blurred_person_on_a_plain_ground_is_no_copy():
    true, _ = person(3)
    assert told(cv2.GaussianBlur(true, (0, 0), 3), true) == ""


def test_images_of_one_colour_are_no_trouble():
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    assert told(white - 1, white) == "but for single levels"
    assert told(white - 20, white) == ""
    assert told(white[:5, :5], white[:5, :5]) == "exactly"


def test_who_missed_its_target_and_is_like_another_is_not_under_another_name():
    """A wrong colour may be another person's; that one's own image is there, too."""
    draws = np.random.default_rng(0)
    true = [draws.integers(0, 256, (16, 16, 3)).astype(np.uint8) for _ in range(20)]
    made = [*true[:19], true[4]]
    source = [draws.integers(0, 256, (16, 16, 3)).astype(np.uint8) for _ in range(20)]
    smalls = [np.stack(three) for three in zip(made, source, true, strict=True)]
    names = [f"{i}.png" for i in range(20)]
    assert find(smalls, range(20), names, [0.0] * 20) == []
    smalls[4][0], smalls[19][0] = true[19], true[4]
    assert {fault.name for fault in find(smalls, range(20), names, [0.0] * 20)} == {
        *("4.png", "19.png")
    }
