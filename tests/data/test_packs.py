import errno
import pickle

import cv2
import numpy as np
import pytest

from repose.data import packs
from repose.errors import ReposeError


def picture(seed: int, height: int = 37, width: int = 53) -> np.ndarray:
    """Smooth coloured blobs: JPEG keeps them well, and red, green and blue differ."""
    small = np.random.default_rng(seed).uniform(0, 255, (5, 6, 3)).astype(np.float32)
    return cv2.resize(small, (width, height)).clip(0, 255).astype(np.uint8)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((a / 255 - b / 255) ** 2)))


@pytest.mark.parametrize("size", [(1, 1), (37, 53), (64, 64)])
def test_png_is_lossless(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert np.array_equal(packs.decode(packs.encode(image, "png")), image)


def test_jpeg_keeps_picture_and_channel_order():
    image = picture(0)
    assert psnr(packs.decode(packs.encode(image, "jpeg")), image) > 40
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert packs.decode(packs.encode(red, "jpeg"))[8, 8, 0] > 250


def test_jpeg_keeps_colour_at_full_size():
    # Red and blue columns of one pixel: 4:2:0 would mix them into one colour.
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, 0::2, 0] = image[:, 1::2, 2] = 200
    assert np.abs(packs.decode(packs.encode(image, "jpeg")).astype(int) - image).mean() < 6


def write(path, images, codec="jpeg"):
    with packs.PackWriter(path) as pack:
        return [pack.add(packs.encode(image, codec)) for image in images]


def test_images_are_found_in_any_order(tmp_path):
    images = [picture(seed, 20 + seed, 30) for seed in range(8)]
    index = write(tmp_path / "a.pack", images, "png")
    pack = packs.Pack(tmp_path / "a.pack")
    for i in (7, 0, 3, 3, 6):
        assert np.array_equal(pack.image(*index[i]), images[i])
    assert [offset for offset, _, _ in index[1:]] == [o + n for o, n, _ in index[:-1]]


def test_a_pack_travels_to_other_processes(tmp_path):
    [entry] = write(tmp_path / "a.pack", [picture(1)], "png")
    pack = pickle.loads(pickle.dumps(packs.Pack(tmp_path / "a.pack")))  # noqa: S301
    assert np.array_equal(pack.image(*entry), picture(1))


def test_an_empty_pack_is_a_pack(tmp_path):
    write(tmp_path / "a.pack", [])
    assert packs.Pack(tmp_path / "a.pack").read(0, 0) == b""
    with pytest.raises(ReposeError, match="bad-pack"):
        packs.Pack(tmp_path / "a.pack").read(0, 1)


@pytest.mark.parametrize("codec", ["jpeg", "png"])
def test_a_truncated_pack_is_named(codec, tmp_path):
    path = tmp_path / "short.pack"
    first, last = write(path, [picture(0), picture(1)], codec)
    path.write_bytes(path.read_bytes()[:-10])
    pack = packs.Pack(path)
    pack.image(*first)
    for read in (pack.read, pack.image):
        with pytest.raises(ReposeError, match=r"bad-pack.*clip b, frame 1.*short\.pack"):
            read(*last, of="clip b, frame 1")


@pytest.mark.parametrize("codec", ["jpeg", "png"])
def test_damage_is_found_by_hash_and_gross_damage_without(codec, tmp_path):
    path = tmp_path / "a.pack"
    [(offset, length, sha256)] = write(path, [picture(0)], codec)
    data = bytearray(path.read_bytes())
    data[length // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ReposeError, match=r"bad-pack.*a\.pack"):
        packs.Pack(path).image(offset, length, sha256)
    for wrong in ((offset + 1, length - 1), (offset, length - 1)):
        with pytest.raises(ReposeError, match=r"bad-pack.*a\.pack"):
            packs.Pack(path).image(*wrong)
    path.write_bytes(bytes(length))
    with pytest.raises(ReposeError, match="bad-pack"):
        packs.Pack(path).image(offset, length)


def test_a_failed_block_leaves_the_old_pack(tmp_path):
    [entry] = write(tmp_path / "a.pack", [picture(0)], "png")

    def fail():
        with packs.PackWriter(tmp_path / "a.pack") as pack:
            pack.add(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert np.array_equal(packs.Pack(tmp_path / "a.pack").image(*entry), picture(0))
    assert [file.name for file in tmp_path.iterdir()] == ["a.pack"]


def test_a_full_disk_while_packing_is_one_clear_error(tmp_path, monkeypatch):
    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    def fill():
        with packs.PackWriter(tmp_path / "a.pack") as pack:
            monkeypatch.setattr(pack, "_file", Full())
            pack.add(b"data")

    with pytest.raises(ReposeError, match=r"disk-full.*a\.pack"):
        fill()
    assert not list(tmp_path.iterdir())


def test_unknown_codec_and_wrong_shape_are_refused(tmp_path):
    with pytest.raises(ReposeError, match="did you mean 'jpeg'"):
        packs.encode(picture(0), "jpg")
    with pytest.raises(ValueError, match="uint8"):
        packs.encode(picture(0).astype(np.float32), "jpeg")
    with pytest.raises(ReposeError, match="missing-file"):
        packs.Pack(tmp_path / "none.pack")
