from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from repose.errors import ReposeError
from repose.video import Decoding, container, probe
from tests.films import cut, number_in, numbered, picture, sound


def text(path):
    path.write_text("not a video\n" * 50)
    return path


def noise(path):
    path.write_bytes(np.random.default_rng(0).bytes(20_000))
    return path


def still(path):
    cv2.imwrite(str(path.with_suffix(".png")), picture(0))
    return path.with_suffix(".png").rename(path)


def playlist(path):
    numbered(path.with_name("real.ts"))
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nreal.ts\n#EXT-X-ENDLIST\n")
    return path


def empty(path):
    path.touch()
    return path


def folder(path):
    path.mkdir()
    return path


def index_last(path):
    return cut(numbered(path, 40))


def index_first(path):
    return cut(numbered(path, 40, options={"movflags": "faststart"}), 0.7)


def last_bytes(path):
    """Only the end of the last picture is missing."""
    numbered(path, 40, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-4])
    return path


def other_container(suffix):
    def make(path):
        made = numbered(path.with_suffix(suffix), 60, codec="mjpeg", pixels="yuvj420p")
        return cut(made).rename(path)

    return make


def cover_only(path):
    """Sound with cover art: a picture, but not a moving one."""
    with av.open(str(path), "w") as container:
        music = container.add_stream("aac", rate=16000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        image = av.VideoFrame.from_ndarray(picture(0))
        for stream, data in ((cover, image), (music, frame)):
            container.mux(stream.encode(data))
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path, "missing-file"),
        (empty, "empty-file"),
        (folder, "not-a-video"),
        (text, "not-a-video"),
        (noise, "not-a-video"),
        (still, "not-a-video"),
        (playlist, "not-a-video"),
        (index_last, "truncated-video"),
        (index_first, "truncated-video"),
        (last_bytes, "truncated-video"),
        (other_container(".mkv"), "truncated-video"),
        (other_container(".avi"), "truncated-video"),
        (sound, "no-video-stream"),
        (cover_only, "no-video-stream"),
    ],
)
def test_bad_input_has_one_code_and_one_line(make, code, tmp_path, capfd):
    path = make(tmp_path / "clip.mp4")
    with pytest.raises(ReposeError) as caught:
        probe(path)
    assert caught.value.code == code
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", ""), "ffmpeg must keep quiet"


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_a_whole_video_is_known_before_decoding(name, tmp_path):
    codec = "mpeg4" if name == "a.avi" else "libx264"
    facts = probe(numbered(tmp_path / name, 30, codec=codec, pixels="yuv420p"))
    assert (facts.width, facts.height, facts.declared_frames) == (96, 64, 30)
    assert facts.fps == pytest.approx(10, rel=0.01)
    assert facts.note == ""


@pytest.mark.parametrize(
    "name",
    ["a b.mp4", 'it\'s "quoted".mp4', "http:x.mp4", "人 é.mp4", "new\nline.mp4", "%03d.mp4"],
)
def test_any_file_name_will_do(name, tmp_path, monkeypatch):
    numbered(tmp_path / "plain.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    (relative,) = (path.relative_to(tmp_path) for path in tmp_path.iterdir())
    assert probe(relative).declared_frames == 3
    assert len(list(Decoding(relative))) == 3


def test_the_largest_of_several_streams_is_taken(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("ffv1", rate=10) for _ in range(2)]
        music = container.add_stream("aac", rate=16000)
        for stream, scale in zip(streams, (1, 2), strict=True):
            stream.width, stream.height, stream.pix_fmt = 96 * scale, 64 * scale, "yuv444p"
        for i in range(4):
            for stream, scale in zip(streams, (1, 2), strict=True):
                size = (96 * scale, 64 * scale)
                frame = av.VideoFrame.from_ndarray(picture(i + 10 * scale, *size))
                frame.pts, frame.time_base = i, Fraction(1, 10)
                container.mux(stream.encode(frame))
        # The sound goes on after the picture has ended: that is no truncated video.
        long = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        long.sample_rate = 16000
        for stream, data in ((streams[0], None), (streams[1], None), (music, long), (music, None)):
            container.mux(stream.encode(data))
    assert [number_in(p.image) for p in Decoding(path)] == [20, 21, 22, 23]
    assert probe(path).width == 192
    assert probe(path).note == "largest of 2 video streams"


def test_frames_larger_than_any_camera_gives_are_refused_before_one_is_decoded(
    tmp_path, monkeypatch
):
    path = numbered(tmp_path / "a.mp4")
    monkeypatch.setattr(container, "MOST_PIXELS", 96 * 64 - 1)
    with pytest.raises(ReposeError, match=r"too-large.*96 x 64 px, where at most 6,143.*a\.mp4"):
        probe(path)
    with pytest.raises(ReposeError, match="too-large"):
        list(Decoding(path))
    monkeypatch.setattr(container, "MOST_PIXELS", 96 * 64)
    assert probe(path).width == 96
