"""What the checks of all data sets share."""

import cv2
import numpy as np
import pytest

from repose.data.stills import read_still
from repose.datasets.checks import decoded_size, joints_outside
from repose.errors import ReposeError


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_check_takes_the_images_that_ingest_takes(tmp_path, ending):
    data = cv2.imencode(ending, np.full((20, 30, 3), 90, np.uint8))[1].tobytes()
    path = tmp_path / f"a{ending}"
    for stored, size in (
        (data, (30, 20)),
        (data + b"\0\0\n", (30, 20)),
        (data + b"a page of a web site", None),
        (data[:-2], None),
    ):
        path.write_bytes(stored)
        assert decoded_size(path) == size
        if size:
            assert read_still(path).size == size
        else:
            with pytest.raises(ReposeError, match="bad-image"):
                read_still(path)


def test_joints_are_held_against_width_and_height():
    joints = np.full((19, 3), np.nan, np.float32)
    joints[:6, :2] = [(60, 20), (99, 10), (10, 49), (10, 51), (-1, 10), (101, 10)]
    assert joints_outside(joints, (100, 50)) == (3, 6)
