from dataclasses import replace

import av
import numpy as np

from repose.studio.clip import Take, choreograph, shoot, write_clip


def make(path, figure, lamp, seed=2):
    take = choreograph(figure, "free", 5, 6.0, seed)
    frames = shoot(figure, take, lamp, supersample=1, shadows=True)
    write_clip(path, frames, take, lamp, 6.0)
    return take


def test_the_same_seed_makes_the_same_bytes(tmp_path, figure, lamp) -> None:
    for name in ("a", "b"):
        make(tmp_path / f"{name}.mp4", figure, lamp)
    make(tmp_path / "c.mp4", figure, lamp, seed=3)
    for suffix in (".mp4", ".npz"):
        first, again, other = ((tmp_path / f"{n}{suffix}").read_bytes() for n in "abc")
        assert first == again
        assert first != other


def test_the_video_is_ordinary_and_tells_its_rate(tmp_path, figure, lamp) -> None:
    make(tmp_path / "a.mp4", figure, lamp)
    take = choreograph(figure, "free", 5, 6.0, 2)
    true = [f.image for f in shoot(figure, take, lamp, supersample=1, shadows=True)]
    with av.open(tmp_path / "a.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 6
        decoded = list(container.decode(stream))
    assert len(decoded) == 5
    np.testing.assert_allclose([f.time for f in decoded], np.arange(5) / 6, atol=1e-3)
    for frame, image in zip(decoded, true, strict=True):
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - image).mean() < 5


def test_the_truth_is_complete_and_in_camera_mm(tmp_path, figure, lamp) -> None:
    take = make(tmp_path / "a.mp4", figure, lamp)
    size = lamp.room.camera.size
    with np.load(tmp_path / "a.npz") as truth:
        assert truth["joints_mm"].shape == (5, 19, 3)
        assert truth["labels"].shape == truth["depth_mm"].shape == (5, size, size)
        assert (truth["labels"].dtype, truth["depth_mm"].dtype) == (np.uint8, np.uint16)
        assert truth["background"].shape == (size, size, 3)
        seen = truth["joints_mm"] @ truth["intrinsics"].T
    places, depth = lamp.room.camera.to_image(take.joints)
    np.testing.assert_allclose(seen[..., :2] / seen[..., 2:], places, atol=1e-3)
    np.testing.assert_allclose(seen[..., 2], 1000 * depth, rtol=1e-5)


def test_a_mirrored_person_moves_mirrored(figure) -> None:
    twin = replace(figure, person=replace(figure.person, mirrored=True))
    one, other = (choreograph(who, "free", 6, 6.0, 1) for who in (figure, twin))
    assert isinstance(one, Take)
    np.testing.assert_allclose(one.joints[:, 0] * [-1, 1, 1], other.joints[:, 0], atol=1e-12)
