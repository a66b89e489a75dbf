"""Training on two nodes: the bytes of one process, also after its job was requeued."""

import json
import shutil

import pytest
import yaml

from tests.slurm.driven import WEIGHTS, Project, hurry, slurm, until

pytestmark = pytest.mark.slow

# What slurm/config.yaml says of two nodes with several GPUs each, for one GPU each.
TWO_NODES = {
    "gpu": 0,
    "gres": "gpu:1",
    "nodes": 2,
    "tasks": 2,
    "tasks_per_gpu": 0,
    "mpi": "srun",
    "slurm_extra": "'--signal=TERM@180 --ntasks-per-node=1'",
    "mem_mb": 2000,
}


def change(path, *block, **values):
    """Change some values of a block in a file of settings."""
    settings = inner = yaml.safe_load(path.read_text())
    for name in block:
        inner = inner[name]
    inner |= values
    path.write_text(yaml.safe_dump(settings))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A project whose model was trained by one process, without SLURM."""
    project = Project.new(tmp_path_factory.mktemp("alone"))
    change(project.folder / "config/test.yaml", "train", batch=4, micro_batches=4)
    change(project.folder / "slurm/config.yaml", "set-resources", "train", **TWO_NODES)
    project.run_here(WEIGHTS)
    return project


@pytest.fixture
def project(alone, tmp_path):
    """The same data; the model is to be trained again."""
    found = Project.made_from(alone.folder, tmp_path / "project")
    for name in ("test/train", "runs"):
        shutil.rmtree(found.folder / "results" / name)
    yield found
    found.end()


def ranks(project):
    """Read how many ranks made the weights."""
    return json.loads((project.folder / WEIGHTS / "times.json").read_text())["ranks"]


def wait_until_saved(project):
    """Wait until no rank is left, and look whether they kept all that they had done."""
    until(lambda: not project.pids("repose", "train"), 90, "the ranks do not end")
    [newest] = project.folder.glob("results/runs/test/warp3d/*/checkpoints/newest.json")
    assert json.loads(newest.read_text())["step"] == project.steps() >= 12
    assert not (project.folder / WEIGHTS).exists()


def test_two_nodes_give_the_bytes_of_one_process(alone, project):
    project.drive(WEIGHTS)
    assert project.running().node == "node[1-2]"
    assert project.finish(900) == 0, project.said() + project.logs()
    assert ranks(project) == 2
    assert project.sums() == alone.sums()


def test_a_requeued_training_goes_on_on_both_nodes(alone, project):
    project.drive(WEIGHTS)
    job = project.running()
    project.trainer(step=12)
    slurm("scontrol", "requeue", job.id)
    wait_until_saved(project)
    hurry(job.id)
    assert project.finish(900) == 0, project.said() + project.logs()
    assert ranks(project) == 2
    assert project.sums() == alone.sums()


def test_a_preempted_training_goes_on_on_both_nodes(alone, project):
    project.drive(WEIGHTS)
    job = project.running()
    project.trainer(step=12)
    urgent = slurm(
        "sbatch",
        *("--parsable", "--partition=urgent", "--nodes=2", "--exclusive", "--output=/dev/null"),
        "--wrap=sleep 1",
    ).strip()
    wait_until_saved(project)
    until(lambda: not slurm("squeue", "--noheader", f"--job={urgent}"), 90, "it does not end")
    hurry(job.id)
    assert project.finish(900) == 0, project.said() + project.logs()
    assert ranks(project) == 2
    assert project.sums() == alone.sums()
