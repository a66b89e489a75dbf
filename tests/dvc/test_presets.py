"""Another preset or commit: the states of trainings stay, and a preset fills its own folder."""

import pytest

# The run that test_dvc.py looks at, by the same worker.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dvc")]


def test_training_states_outlast_what_dvc_deletes(project, tmp_path):
    states = project.folder / "results/runs/tiny/warp3d"
    kept = list(states.glob("*/checkpoints/newest.json"))
    assert kept
    marker = states / "marker"
    marker.touch()
    # Going to a commit whose lock knows no results, and back.
    branch = project.git("branch", "--show-current").strip()
    first = project.git("rev-list", "--max-parents=0", "HEAD").strip()
    name = remote(project, tmp_path)
    project.git("checkout", "--quiet", first)
    for words in (("checkout", "--force"), ("pull", "--force", "--remote", name)):
        project.attempt("dvc", *words)  # says that it has no results of that commit
    assert not list(project.results.rglob("*.log")), (
        "what is ignored within an output goes with it"
    )
    project.git("checkout", "--quiet", branch)
    project.dvc("checkout", "--force")
    assert project.nothing_to_do()
    # Another preset, by an experiment whose run of the graph is only played.
    played = tmp_path / "bin/snakemake"
    played.parent.mkdir()
    played.write_text("#!/bin/sh\nmkdir -p results/toy && echo 1 > $1\n")
    played.chmod(0o755)
    path = f"{played.parent}:{project.environment()['PATH']}"
    project.dvc("exp", "run", "-S", "preset=toy", PATH=path)
    assert (project.folder / "results/toy/snapshot.json").is_file()
    assert marker.exists()
    assert all(path.exists() for path in kept)


def remote(project, place):
    """Add a remote in a folder, and push to it; return its name."""
    project.dvc("remote", "add", "--local", "--force", "kept", str(place / "remote"))
    project.dvc("push", "--remote", "kept")
    return "kept"


def test_a_preset_that_fills_another_folder_is_refused_before_anything_runs(project):
    (project.folder / "params.yaml").write_text("preset: misnamed\n")
    done = project.attempt("dvc", "repro")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "write `data_set: misnamed`" in said
    assert "config/misnamed.yaml" in said
    assert "Traceback" not in said
    assert not (project.folder / "results/toy").exists()
