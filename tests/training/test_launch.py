"""Each process finds its place among those that torchrun or srun started."""

import subprocess

import pytest

from repose.errors import ReposeError
from repose.training import launch
from repose.training.launch import World, discover, first_host

TORCHRUN = {
    "RANK": "5",
    "WORLD_SIZE": "8",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "there",
    "MASTER_PORT": "1234",
}
SRUN = {
    "SLURM_PROCID": "1",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_LOCALID": "0",
    "SLURM_STEP_NODELIST": "node[07-09,12]",
    "SLURM_JOB_ID": "77",
    "SLURM_STEP_ID": "0",
}


@pytest.fixture
def resolves(monkeypatch):
    """Let these host names be known."""

    def set_known(*names):
        monkeypatch.setattr(launch, "_resolves", lambda name: name in names)

    return set_known


def test_a_process_that_nobody_started_is_alone():
    assert discover({}) == World()
    assert discover({"RANK": "3"}) == World()  # something else's


def test_torchrun_says_all():
    assert discover(TORCHRUN) == World(5, 8, 1, "there", 1234)
    assert discover(TORCHRUN | SRUN) == World(5, 8, 1, "there", 1234)


def test_srun_names_the_nodes_and_the_port_goes_by_job_and_step(resolves):
    resolves("node07")
    world = discover(SRUN)
    assert (world.rank, world.size, world.local, world.address) == (1, 4, 0, "node07")
    assert world.port in launch.PORTS
    assert discover(SRUN | {"SLURM_PROCID": "3"}).port == world.port
    assert discover(SRUN | {"SLURM_JOB_ID": "78"}).port != world.port
    assert discover(SRUN | {"SLURM_STEP_ID": "1"}).port != world.port


def test_a_batch_script_and_a_step_of_one_task_are_alone():
    step = {"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NODELIST", "SLURM_STEP_ID"}
    batch = {key: value for key, value in SRUN.items() if key not in step}
    assert discover(batch | {"SLURM_NTASKS": "4"}) == World()
    assert discover(SRUN | {"SLURM_STEP_NUM_TASKS": "1"}) == World()


def test_slurm_knows_the_address_of_a_node_that_is_no_host_name(resolves, monkeypatch):
    resolves("10.0.0.7")
    said = "NodeName=node07 Arch=x86_64\n   NodeAddr=10.0.0.7 NodeHostName=login"
    done = subprocess.CompletedProcess([], 0, stdout=said)
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: done)
    assert discover(SRUN).address == "10.0.0.7"


def test_a_node_without_an_address_is_named(resolves, monkeypatch):
    resolves()

    def no_scontrol(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_scontrol)
    with pytest.raises(ReposeError, match=r"no-meeting-place.*node07"):
        discover(SRUN)


@pytest.mark.parametrize(
    ("hosts", "first"),
    [
        ("node1", "node1"),
        ("node2,node1", "node2"),
        ("n[03-07,9]", "n03"),
        ("n[9,03-07],a1", "n9"),
        ("rack[1-2]n[01-04],b", "rack1n01"),
        ("a,n[1-2]", "a"),
    ],
)
def test_the_first_of_a_list_of_hosts(hosts, first):
    assert first_host(hosts) == first
