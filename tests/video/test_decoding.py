import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repose.errors import ReposeError
from repose.video import Decoding, probe, sample
from tests.films import film, number_in, numbered, picture


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mov", "libx264", "yuv420p10le"),
        ("a.mp4", "libx265", "yuv420p10le"),
        ("a.mkv", "libx264", "yuv444p"),
        ("a.mkv", "ffv1", "yuv420p"),
        ("a.mkv", "ffv1", "bgr0"),
        ("a.avi", "rawvideo", "bgr24"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.ts", "libx264", "yuv420p"),
    ],
)
def test_every_frame_comes_once_in_order_with_its_colours(name, codec, pixels, tmp_path):
    path = numbered(tmp_path / name, codec=codec, pixels=pixels)
    decoding = Decoding(path)
    pictures = list(decoding)
    assert [number_in(p.image) for p in pictures] == list(range(12))
    assert [p.source_frame for p in pictures] == list(range(12))
    assert np.allclose([p.time_s for p in pictures], np.arange(12) / 10, atol=2e-3)
    error = np.mean([np.abs(p.image.astype(int) - picture(p.source_frame)) for p in pictures])
    assert error < 6
    account = decoding.account
    assert (account.expected, account.decoded, account.sampled) == (12, 12, 12)
    assert (account.dropped, account.duplicate) == (0, 0)


@pytest.mark.parametrize("size", [(97, 65), (101, 64), (96, 71), (99, 99)])
def test_odd_sizes_are_kept(size, tmp_path):
    image = picture(5, *size)
    path = film(tmp_path / "a.mkv", [image] * 2, codec="ffv1", pixels="yuv420p")
    found = next(iter(Decoding(path))).image
    assert (probe(path).width, probe(path).height) == size
    assert found.shape == image.shape
    assert np.abs(found.astype(int) - image).mean() < 6


times = st.lists(st.integers(1, 400), min_size=1, max_size=40).map(np.cumsum)


@given(times, st.sampled_from([1.0, 2.5, 6.0, 10.0, 30.0]))
def test_sampling_takes_the_nearest_frame_to_each_tick(times_ms, rate):
    times_s = (times_ms - times_ms[0]) / 1000
    ticks = np.arange(int(times_s[-1] * rate + 0.5 + 1e-6) + 1) / rate
    gap = np.abs(ticks[:, None] - times_s)
    # A tie goes to the earlier frame, and argmin takes the first.
    expected = np.unique(np.argmin(np.round(gap, 9), axis=1)).tolist()
    assert [item for item, _ in sample(zip(range(len(times_s)), times_s, strict=True), rate)] == (
        expected
    )


def test_variable_frame_rate_is_sampled_by_time(tmp_path):
    times_ms = [0, 40, 80, 120, 700, 740, 1000, 1040, 1500, 1900]
    path = numbered(tmp_path / "a.mkv", len(times_ms), codec="ffv1", times_ms=times_ms)
    pictures = list(Decoding(path, 2.0))
    assert [p.source_frame for p in pictures] == [0, 4, 6, 8, 9]
    assert [number_in(p.image) for p in pictures] == [0, 4, 6, 8, 9]
    assert np.allclose([p.time_s for p in pictures], [0, 0.7, 1.0, 1.5, 1.9])
    assert probe(path).note == "frame rate varies"


def test_a_time_of_start_does_not_count(tmp_path):
    path = numbered(
        tmp_path / "a.mkv", 5, codec="ffv1", times_ms=[5000 + 100 * i for i in range(5)]
    )
    assert np.allclose([p.time_s for p in Decoding(path)], np.arange(5) / 10)


def test_repeated_pictures_are_counted_and_kept(tmp_path):
    images = [picture(n) for n in (0, 1, 1, 1, 2, 3, 3)]
    decoding = Decoding(film(tmp_path / "a.mkv", images, codec="ffv1"))
    assert [number_in(p.image) for p in decoding] == [0, 1, 1, 1, 2, 3, 3]
    assert decoding.account.duplicate == 3


def test_damage_is_accounted_for(tmp_path, capfd):
    path = numbered(tmp_path / "a.mkv", 40)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packet = [p for p in container.demux() if p.size][20]
        at, size = data.index(bytes(packet)), packet.size
    data[at + size // 4 : at + size] = bytes(size - size // 4)
    path.write_bytes(data)
    decoding = Decoding(path)
    assert len(list(decoding)) == decoding.account.decoded
    assert decoding.account.expected == 40
    assert decoding.account.decoded + decoding.account.dropped == 40
    assert decoding.account.dropped > 0
    assert capfd.readouterr() == ("", "")


def test_frames_without_any_whole_picture_are_an_error(tmp_path):
    path = numbered(tmp_path / "a.mkv", 3, codec="ffv1")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in [bytes(p) for p in container.demux() if p.size]:
            at = data.index(packet)
            data[at : at + len(packet)] = bytes(len(packet))
    path.write_bytes(data)
    for look in (probe, lambda p: list(Decoding(p))):
        with pytest.raises(ReposeError) as caught:
            look(path)
        assert caught.value.code == "no-frames"


def test_a_limit_keeps_the_first_and_still_accounts_for_all(tmp_path):
    decoding = Decoding(numbered(tmp_path / "a.mp4"), limit=3)
    assert [p.source_frame for p in decoding] == [0, 1, 2]
    assert (decoding.account.decoded, decoding.account.sampled) == (12, 3)
