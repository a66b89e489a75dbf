"""Image files of a user's own: what is kept byte by byte, and what is coded anew."""

import hashlib
import struct
import zlib

import cv2
import numpy as np
import pytest

from repose.data.packs import decode
from repose.data.stills import pack_still, read_still
from repose.errors import ReposeError

PICTURE = np.random.default_rng(0).integers(0, 256, (6, 10, 3), dtype=np.uint8)


def stored(path, image, *settings):
    kind = path.suffix
    data = cv2.imencode(kind, image, settings)[1].tobytes()
    path.write_bytes(data)
    return data


def with_orientation(data, number, order="<"):
    """Put Exif facts that say how an image must be turned at the head of a JPEG file."""
    entry = struct.pack(order + "HHIHH", 0x112, 3, 1, number, 0)
    mark = {"<": b"II", ">": b"MM"}[order]
    facts = mark + struct.pack(order + "HIH", 42, 8, 1) + entry + bytes(4)
    segment = b"Exif\0\0" + facts
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def with_chunk(data, kind, content):
    """Put a chunk behind the head of a PNG file."""
    sealed = kind + content
    chunk = struct.pack(">I", len(content)) + sealed + struct.pack(">I", zlib.crc32(sealed))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_plain_files_keep_their_bytes(name, tmp_path):
    data = stored(tmp_path / name, PICTURE)
    still = read_still(tmp_path / name)
    assert pack_still(still, "png", max_side=0) == (data, (10, 6))
    assert pack_still(still, "png", max_side=10) == (data, (10, 6))
    assert still.sha256 == hashlib.sha256(data).hexdigest()


def test_what_fills_up_the_last_block_is_left_away(tmp_path):
    path = tmp_path / "a.jpg"
    data = stored(path, PICTURE)
    path.write_bytes(data + bytes(100))
    still = read_still(path)
    assert pack_still(still, "png", max_side=0)[0] == data
    assert still.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_other_kinds_of_images_are_coded_anew(tmp_path):
    grey, alpha = PICTURE[..., 0], np.dstack([PICTURE, PICTURE[..., 0]])
    for name, image in (
        *(("a.jpg", grey), ("b.png", grey), ("c.png", alpha)),
        ("d.png", PICTURE.astype(np.uint16) * 256),
    ):
        data = stored(tmp_path / name, image)
        packed, size = pack_still(read_still(tmp_path / name), "png", max_side=0)
        assert packed != data
        assert size == (10, 6)
        seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        np.testing.assert_array_equal(decode(packed), seen)


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_image_that_must_be_turned_is_turned(order, tmp_path):
    path = tmp_path / "a.jpg"
    data = stored(path, PICTURE)
    lying = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    path.write_bytes(with_orientation(data, 6, order))
    packed, size = pack_still(read_still(path), "png", max_side=0)
    assert size == (6, 10)
    np.testing.assert_array_equal(decode(packed), np.rot90(lying, -1))
    upright = with_orientation(data, 1, order)
    path.write_bytes(upright)
    assert pack_still(read_still(path), "png", max_side=0)[0] == upright


def test_facts_in_a_png_file_are_not_trusted_to_say_nothing(tmp_path):
    path = tmp_path / "a.png"
    data = with_chunk(stored(path, PICTURE), b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    path.write_bytes(data)
    packed, _ = pack_still(read_still(path), "png", max_side=0)
    assert packed != data
    np.testing.assert_array_equal(decode(packed), PICTURE[..., ::-1])


def test_larger_images_are_shrunk_to_their_longer_side(tmp_path):
    stored(tmp_path / "a.jpg", PICTURE)
    packed, size = pack_still(read_still(tmp_path / "a.jpg"), "jpeg", max_side=5)
    assert size == (5, 3)
    assert decode(packed).shape == (3, 5, 3)


def test_files_that_are_no_whole_image_are_named(tmp_path):
    data = stored(tmp_path / "a.png", PICTURE)
    for name, content, code in (
        *(("empty.png", b"", "empty-file"), ("cut.png", data[:-20], "bad-image")),
        ("text.jpg", b"no image", "bad-image"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReposeError, match=rf"{code}.*{name}"):
            read_still(tmp_path / name)
    with pytest.raises(ReposeError, match=r"missing-file.*none\.jpg"):
        read_still(tmp_path / "none.jpg")
