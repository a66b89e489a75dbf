import numpy as np
import pytest

from repose.data.packs import Pack
from repose.data.tables import make_table, read_table, stack, table_metadata, write_table
from repose.errors import ReposeError
from repose.manifests import check_manifest
from repose.stages.crops import Config, run
from tests.poses.made import standing_mm, standing_px, store_clips

CONFIG = Config(
    size=64,
    margin=0.15,
    camera="static",
    still_share=0.004,
    spread_limit=2.0,
    border="edge",
    min_score=0.6,
    min_inside=1.0,
    min_joints=1.0,
    codec="png",
)
WIDTH, HEIGHT = 200, 150


def pose_row(clip, frame, joints_px, score=1.0):
    seen = joints_px is not None
    nowhere = np.full(57, np.nan)
    return {
        "clip": clip,
        "frame": frame,
        "detected": seen,
        "joints_px": joints_px.ravel() if seen else nowhere,
        "joints_mm": standing_mm().ravel() if seen else nowhere,
        "score": np.full(19, score if seen else 0),
        "people": 1 if seen else 0,
        "estimator": "made",
        "version": "1",
    }


def made(tmp_path, poses, name="a"):
    """Store noise frames with these poses (joints or None, or (joints, score))."""
    random = np.random.default_rng(0)
    wall = random.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    clips, frames = store_clips(tmp_path, {name: [wall] * len(poses)})
    pairs = [p if isinstance(p, tuple) else (p, 1.0) for p in poses]
    rows = [pose_row(name, i, *pair) for i, pair in enumerate(pairs)]
    write_table(make_table("poses", rows), tmp_path / "poses.parquet", "poses", {})
    return {"clips": clips, "frames": frames, "poses": tmp_path / "poses.parquet"}, wall


def crop(tmp_path, inputs, **changed):
    config = Config(**vars(CONFIG) | changed)
    run(config, **inputs, output=tmp_path / "crops")
    return read_table(tmp_path / "crops" / "crops.parquet", "crops")


def person(x, size=100, **more):
    return standing_px(size, **more) + np.array([x - size / 2, 25, 0])


def test_one_window_per_clip_and_joints_in_it(tmp_path):
    joints = [person(80), person(95), None]
    inputs, _ = made(tmp_path, joints)
    table = crop(tmp_path, inputs)
    assert table["usable"].tolist() == [True, True, False]
    assert table[["left", "top", "side"]].drop_duplicates().shape[0] == 1
    assert table["person"].tolist() == ["a"] * 3
    left, top, side = table.loc[0, ["left", "top", "side"]].astype(float)
    points = stack(table["joints_px"]).reshape(3, 19, 3)
    expected = (joints[1] - [left, top, 0]) * 64 / side
    np.testing.assert_allclose(points[1], expected, atol=1e-4)
    assert np.isnan(points[2]).all()
    assert table_metadata(tmp_path / "crops" / "crops.parquet") == {"size": 64, "codec": "png"}
    assert check_manifest(tmp_path / "crops")["settings"]["size"] == 64
    files = sorted(path.name for path in (tmp_path / "crops").iterdir())
    assert files == ["crops.pack", "crops.parquet", "manifest.json"]


def test_at_full_size_the_square_is_the_frame_itself(tmp_path):
    inputs, wall = made(tmp_path, [person(100)] * 2)
    side = int(crop(tmp_path, inputs)["side"].iloc[0])
    table = crop(tmp_path, inputs, size=side)
    image = Pack(tmp_path / "crops" / "crops.pack").image(
        *table.loc[1, ["offset", "length", "sha256"]]
    )
    left, top = int(table["left"].iloc[0]), int(table["top"].iloc[0])
    np.testing.assert_array_equal(image, wall[top : top + side, left : left + side])


def test_who_walks_away_is_followed(tmp_path, capsys):
    inputs, _ = made(tmp_path, [person(x, size=50) for x in (30, 80, 130, 170)])
    table = crop(tmp_path, inputs, camera="auto")
    assert table["left"].nunique() == 4
    points = stack(table["joints_px"]).reshape(4, 19, 3)
    assert np.ptp(points[1:3, :, 0], axis=0).max() < 2  # px: the person stays in the middle
    assert "one window per frame" in capsys.readouterr().out


def test_doubtful_poses_are_marked_and_stretch_no_window(tmp_path, capsys):
    cut_off, doubtful = person(10), person(180)
    inputs, _ = made(tmp_path, [person(100), cut_off, (doubtful, 0.3), person(105)])
    table = crop(tmp_path, inputs)
    assert table["usable"].tolist() == [True, False, False, True]
    assert table["side"].iloc[0] < 120
    assert "2 of 4 squares are not usable" in capsys.readouterr().out


def test_somebody_far_away_is_enlarged_and_said(tmp_path, capsys):
    inputs, _ = made(tmp_path, [person(100, size=30)] * 2)
    assert crop(tmp_path, inputs)["side"].iloc[0] < 64
    assert "enlarged up to" in capsys.readouterr().out


def test_a_clip_without_a_person_keeps_its_frames(tmp_path):
    inputs, _ = made(tmp_path, [None, None])
    for camera in ("static", "moving", "auto"):
        table = crop(tmp_path, inputs, camera=camera)
        assert table["usable"].tolist() == [False, False]
        assert table["side"].tolist() == [HEIGHT] * 2


def test_poses_of_other_frames_are_refused(tmp_path):
    inputs, _ = made(tmp_path, [person(100)] * 2)
    rows = [pose_row("a", 0, person(100))]
    write_table(make_table("poses", rows), inputs["poses"], "poses", {})
    with pytest.raises(ReposeError, match="missing-poses"):
        crop(tmp_path, inputs)
    assert not (tmp_path / "crops").exists()


def test_whole_images_lie_in_the_middle_of_white_squares(tmp_path):
    """A person at the edge, whose joints are all within the image."""
    joints = person(70, size=80)
    inputs, wall = made(tmp_path, [joints, None])
    table = crop(tmp_path, inputs, camera="whole", border="white", size=WIDTH)
    assert table[["left", "top", "side"]].to_numpy().tolist() == [[0, -25, WIDTH]] * 2
    assert table["usable"].tolist() == [True, False]
    pack = Pack(tmp_path / "crops" / "crops.pack")
    image = pack.image(*table.loc[0, ["offset", "length", "sha256"]])
    np.testing.assert_array_equal(image[25:-25], wall)
    assert (image[:25] == 255).all()
    assert (image[-25:] == 255).all()
    points = stack(table["joints_px"]).reshape(2, 19, 3)
    np.testing.assert_allclose(points[0], joints + np.array([0, 25, 0]), atol=1e-4)


def test_joints_that_are_missing_are_not_outside(tmp_path):
    joints = person(100)
    joints[:3] = np.nan
    joints[:, 2] = np.nan  # known in the image only
    inputs, _ = made(tmp_path, [joints, person(100)])
    assert crop(tmp_path, inputs)["usable"].tolist() == [False, True], "three joints are missing"
    few = crop(tmp_path, inputs, min_joints=16 / 19)
    assert few["usable"].tolist() == [True, True]
    points = stack(few["joints_px"]).reshape(2, 19, 3)[0]
    assert np.isnan(points[:3]).all()
    assert np.isfinite(points[3:, :2]).all()
    joints[5, 0] = -3.0
    inputs, _ = made(tmp_path / "out", [joints, person(100)])
    cut_off = crop(tmp_path / "out", inputs, min_joints=0.5)
    assert cut_off["usable"].tolist() == [False, True]
    most = crop(tmp_path / "out", inputs, min_joints=0.5, min_inside=15 / 16)
    assert most["usable"].tolist() == [True, True]


def test_images_of_several_sizes_get_a_window_each(tmp_path):
    random = np.random.default_rng(0)
    sizes = ((150, 200), (220, 150))
    walls = [random.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]
    clips, frames = store_clips(tmp_path, {"a": walls})
    rows = [pose_row("a", i, person(70)) for i in range(2)]
    write_table(make_table("poses", rows), tmp_path / "poses.parquet", "poses", {})
    inputs = {"clips": clips, "frames": frames, "poses": tmp_path / "poses.parquet"}
    whole = crop(tmp_path, inputs, camera="whole")
    assert whole[["left", "top", "side"]].to_numpy().tolist() == [[0, -25, 200], [-35, 0, 220]]
    assert crop(tmp_path, inputs, camera="auto")["usable"].all()


def test_an_unknown_border_is_refused(tmp_path):
    inputs, _ = made(tmp_path, [person(100)])
    with pytest.raises(ReposeError, match=r"crops\.border: wite; did you mean 'white'"):
        crop(tmp_path, inputs, border="wite")


def test_an_unknown_camera_is_refused(tmp_path):
    inputs, _ = made(tmp_path, [person(100)])
    with pytest.raises(ReposeError, match=r"unknown-value.*did you mean 'static'"):
        crop(tmp_path, inputs, camera="statick")
