"""Pictures that are one are found, trimmed and compressed as they are; others are not."""

import cv2
import numpy as np
import pytest

from repose.data.likeness import (
    COLUMNS,
    ROWS,
    SIDE,
    STEPS,
    WINDOWS,
    details,
    find_twins,
    hashes,
    shrink,
)
from tests.datasets.fashion_trees import film

PEOPLE = 8


def jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def scaled(image, share):
    size = round(image.shape[0] * share)
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def trimmed(image, left, top, right, bottom):
    """Cut away shares of the width."""
    side = image.shape[0]
    cut = [round(side * share) for share in (left, top, 1 - right, 1 - bottom)]
    return image[cut[1] : cut[3], cut[0] : cut[2]]


CHANGES = {
    "compressed": lambda image: jpeg(image, 25),
    "shrunk": lambda image: scaled(image, 0.4),
    "enlarged": lambda image: scaled(image, 2.5),
    "brighter": lambda image: np.clip(1.15 * image + 8, 0, 255).astype(np.uint8),
    "trimmed": lambda image: trimmed(image, 0.04, 0.04, 0.04, 0.04),
    "trimmed in a corner": lambda image: trimmed(image, 0.05, 0.0, 0.0, 0.03),
    "all of it": lambda image: jpeg(scaled(trimmed(image, 0.03, 0.02, 0.01, 0.03), 0.6), 40),
}


@pytest.fixture(scope="module")
def people():
    """Frames of a person each, (person, frame, H, W, 3)."""
    return np.stack([film(person, 0, 2, 256)[0] for person in range(PEOPLE)])


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_found(people, change):
    pictures = people[:, 0]
    first = np.stack([shrink(image) for image in pictures])
    second = np.stack([shrink(CHANGES[change](image)) for image in pictures])
    for a, b in ((first, second), (second, first)):
        twins = find_twins(a, b, 10, 0.97)
        assert twins.first.tolist() == twins.second.tolist()
        assert len(twins) >= PEOPLE - 1
        assert (twins.likeness <= 1 + 1e-5).all()
        assert (np.diff(twins.likeness) <= 0).all()


def test_other_people_are_not_taken_for_one(people):
    half = PEOPLE // 2
    first, second = (part.reshape(-1, *part.shape[2:]) for part in (people[:half], people[half:]))
    twins = find_twins(*(np.stack([shrink(i) for i in part]) for part in (first, second)), 10, 0.9)
    assert len(twins) == 0


def test_the_same_picture_is_equal_to_itself(people):
    small = np.stack([shrink(image) for image in people[:, 0]])
    twins = find_twins(small, small, 0, 0.999)
    assert sorted(twins.first.tolist()) == sorted(twins.second.tolist()) == list(range(PEOPLE))
    assert twins.distance.tolist() == [0] * PEOPLE
    np.testing.assert_allclose(twins.likeness, 1, atol=1e-5)


def test_plain_pictures_are_like_nothing():
    plain = np.full((3, SIDE, SIDE, 3), 128, np.uint8)
    assert len(find_twins(plain, plain, 64, 0.1)) == 0
    assert np.abs(details(plain)).max() == 0


def test_no_pair_is_missed_where_blocks_meet():
    """Against every pair compared one by one, with more rows and columns than a block has."""
    draw = np.random.default_rng(0)
    first = draw.integers(0, 256, (2 * ROWS + 3, SIDE, SIDE, 3), np.uint8)
    second = draw.integers(0, 256, (COLUMNS // 50, SIDE, SIDE, 3), np.uint8)
    places = [(0, 5), (ROWS - 1, 9), (ROWS, 17), (2 * ROWS + 2, len(second) - 1)]
    for i, j in places:
        second[j] = first[i]
    twins = find_twins(first, second, 10, 0.9)
    assert sorted(zip(twins.first.tolist(), twins.second.tolist(), strict=True)) == places


def test_the_hash_has_the_signs_of_the_low_frequencies(people):
    """Against OpenCV's cosine transform."""
    for image in people[:, 1]:
        small = shrink(image)
        grey = small.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        # OpenCV scales the first row and column; the sign about the median is that of the rest.
        waves = cv2.dct(grey)[:8, :8]
        waves[0] *= np.sqrt(2)
        waves[:, 0] *= np.sqrt(2)
        waves = waves.ravel()
        expected = waves > np.median(waves[1:])
        expected[0] = False
        bits = np.unpackbits(hashes(small[None]).view(np.uint8)).astype(bool)
        assert (bits != expected).sum() <= 1  # the median itself, by rounding


def test_it_says_how_far_it_has_come(people):
    small = np.stack([shrink(image) for image in people[:2, 0]])
    steps = []
    find_twins(small, small, 10, 0.9, lambda: steps.append(1))
    assert len(steps) == STEPS == 2 * len(WINDOWS) - 1
