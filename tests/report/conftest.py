"""A finished run of three families, for all that the report says and shows of them."""

import pytest

from repose.stages import report
from tests.report.families import CONFIG, views_of
from tests.report.finished import (
    PHASES,
    evaluated,
    make_swaps,
    make_times,
    make_training,
    warp3d,
)
from tests.report.made import copy_source, make_images, make_run, true_image, wrong_by


@pytest.fixture(scope="session")
def families(tmp_path_factory, request):
    """Three families, of which vunet25d is worse than copying; posewarp stands first."""
    run = make_run(tmp_path_factory.mktemp("families"))
    train = run.root / "train"
    folders = [
        make_training(train / "posewarp", {"network": "posewarp"}, True, PHASES, 47_005_427),
        make_training(train / "warp3d", warp3d("3d", "3d"), False),
        make_training(train / "vunet25d", {"network": "vunet25d", "pose": "three_layer"}, False),
        make_training(train / "warp2d", warp3d("2d", "2d"), False),
    ]
    drawn = {
        "generate/posewarp": wrong_by(30),
        "generate/warp3d": wrong_by(5),
        "generate/vunet25d": lambda row: copy_source(row)[::-1] // 2,
        "generate/warp2d": wrong_by(60),
        "baselines/copy_source": copy_source,
        "baselines/true_jpeg90": true_image,
    }
    published = request.config.rootpath / "config/published.csv"
    places = evaluated(run, folders, drawn, published)
    images = {folder.name: folder for folder in places["images"]}
    names = {"views": "foreground,part_masks,background,warped"}
    make_images(images["posewarp"], run, views_of(4), "views", 6, names)
    make_images(images["warp3d"], run, views_of(3), "views", 6)  # of a time before names
    make_images(images["warp2d"], run, true_image, "views", 6, {"views": "image"})
    make_swaps(images["vunet25d"], run)
    for name, seconds in (("posewarp", 0.0123), ("warp3d", 0.5), ("vunet25d", 2.0)):
        make_times(images[name], seconds)
    report.run(CONFIG, **places)
    return places


@pytest.fixture(scope="session")
def page(families):
    return (families["output"] / "report.html").read_text(encoding="utf-8")
