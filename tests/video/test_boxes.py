import struct

import pytest

from repose.errors import ReposeError
from repose.video import Decoding, probe
from repose.video.boxes import declared_samples
from tests.films import film, numbered, picture


def small(path, **settings):
    return film(path, [picture(i) for i in range(3)], codec="mpeg4", pixels="yuv420p", **settings)


def say(path, count):
    """Write another number of samples, each of one byte, into every table of an mp4."""
    data = bytearray(path.read_bytes())
    for kind, at, values in (
        (b"stsz", 4, (1, count)),
        (b"stsc", 8, (1, count, 1)),
        (b"stts", 8, (count, 1)),
    ):
        struct.pack_into(f">{len(values)}I", data, data.index(kind) + 4 + at, *values)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}, {"movflags": "frag_keyframe"}])
def test_the_samples_of_an_mp4_are_counted(tmp_path, options):
    path = small(tmp_path / "a.mp4", options=options)
    assert declared_samples(path) == 3
    assert probe(path).declared_frames == 3


@pytest.mark.parametrize("ending", ["mkv", "avi"])
def test_other_containers_are_passed_over(tmp_path, ending):
    assert declared_samples(numbered(tmp_path / f"a.{ending}")) == 0


def test_an_mp4_of_more_frames_than_it_can_hold_is_refused(tmp_path):
    path = say(small(tmp_path / "a.mp4"), 170_000_000)
    for read in (probe, lambda path: list(Decoding(path))):
        with pytest.raises(ReposeError, match=r"too-large.*170,000,000 frames.*a\.mp4"):
            read(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0moov",
        b"\0\0\0\1moov",
        b"\0\0\0\1moov" + b"\xff" * 8,
        b"\0\0\0\x08moov" * 1000,
        b"\0\0\0\0ftyp\0\0\0",
        b"\0\0\0\x08ftyp\0\0\0\x10stsz\0",
        b"\0\0\0\x08ftyp\xff\xff\xff\xffstts" + bytes(100),
    ],
)
def test_broken_boxes_count_nothing(tmp_path, data):
    (tmp_path / "a.mp4").write_bytes(data)
    assert declared_samples(tmp_path / "a.mp4") == 0
