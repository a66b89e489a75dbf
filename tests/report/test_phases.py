"""Phases: published rows only where they have a place, and only networks that were there."""

import pytest

from repose.files import write_json
from repose.report.methods import Method
from repose.report.phases import phases_table
from repose.report.published import read_published
from tests.report.finished import PHASES


@pytest.fixture
def published(request):
    return read_published(request.config.rootpath / "config/published.csv")


def told(folder, phases, published, parameters=("generator",)):
    folder.mkdir()
    write_json(folder / "phases.json", phases)
    run = {"parameters": dict.fromkeys(parameters, 1)}
    return phases_table([Method("warp3d", "warp3d", run=run)], [folder], published)


def test_without_a_vgg_loss_nothing_published_is_shown(tmp_path, published):
    phases = [{"phase": 1, "of": 1, "learn": ["generator", "discriminator"], "steps": 5,
               "losses": {"train": {"l1": 0.25}, "unseen": {"l1": 0.5}}}]  # fmt: skip
    table = told(tmp_path / "warp3d", phases, published)
    assert [row.label for row in table.rows] == ["This run", "warp3d"]
    assert table.columns[3:] == ["L1, training pairs", "L1, unseen pairs"]
    assert [cell.text for cell in table.rows[1].cells] == ["generator", "5", "0.2500", "0.5000"]
    assert not any("Suresh" in note for note in table.notes)


def test_a_discriminator_that_was_trained_is_named(tmp_path, published):
    table = told(tmp_path / "warp3d", PHASES, published, ("generator", "discriminator"))
    assert [row.cells[0].text for row in table.rows if not row.heading] == [
        "generator",
        "generator, discriminator",
    ] * 2
    assert any("binary cross entropy" in note for note in table.notes)


def test_trainings_that_wrote_nothing_down_make_no_table(tmp_path, published):
    assert phases_table([Method("warp3d", "warp3d")], [tmp_path / "warp3d"], published) is None
