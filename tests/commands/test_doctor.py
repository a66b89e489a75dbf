"""The doctor reads what real clusters said: Debian's SLURM 22.05, with and without accounting."""

import os
from pathlib import Path

import pytest

from repose.cli import main
from repose.doctor import findings, profile, slurm
from repose.doctor.local import look
from repose.doctor.seen import Line, Seen, read_journal

RECORDED = Path(__file__).parent / "slurm"


def recorded(name):
    return (RECORDED / name).read_text()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Put commands into an otherwise empty PATH that say what a real cluster's said."""

    def install(accounting="none", **others):
        said = {
            "sbatch": 'echo "slurm-wlm 22.05.8"',
            "sinfo": f"cat {RECORDED / 'nodes.txt'}",
            "scontrol": f'case "$*" in *config) cat {RECORDED}/config.{accounting}.txt;; '
            f"*) cat {RECORDED}/partitions.{accounting}.txt;; esac",
            "sacct": f"cat {RECORDED}/sacct.{accounting}.txt"
            + (" >&2; exit 1" if accounting == "none" else ""),
        } | others
        for name, script in said.items():
            (tmp_path / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


@pytest.fixture
def cluster(installed):
    installed()
    return slurm.look()


def a_good_job():
    """What was seen of a job on the test cluster, shortened."""
    journals = {
        "batch.0": [Line(0.0, ("start", "6", "node1", "vm")), Line(2.0, ("signal", "SIGTERM"))],
        "step.0": [
            Line(1.0, ("python", "3.11.7", "python")),
            Line(1.0, ("lock-node", "free")),
            Line(1.0, ("lock-here", "taken")),
            Line(1.0, ("ready",)),
            Line(1.5, ("signal", "SIGUSR1")),
        ],
        "child.0": [Line(1.5, ("signal", "SIGUSR1")), Line(2.0, ("signal", "SIGTERM"))]
        + [Line(2.0 + n / 4, ("alive",)) for n in range(40)],
        "batch.1": [Line(20.0, ("start", "6", "node1", "vm"))],
        "step.1": [Line(22.0, ("torch", "2.11.0", "1", "1.8"))],
        "child.1": [Line(30.0, ("signal", "SIGUSR1")), Line(80.0, ("signal", "SIGTERM"))],
    }
    return Seen(
        job="6",
        visible_s=0.4,
        nodes={0: "node1", 1: "node1"},
        hosts={0: "vm", 1: "vm"},
        journals=journals,
        here_lock="taken",
        begin_delay_s=120.0,
        came_back=True,
        end="TIMEOUT",
    )


def judged(cluster, seen, gpus=0):
    return findings.findings(cluster, seen, cluster.partitions[0], gpus)


def broken(cluster, seen, gpus=0):
    found = judged(cluster, seen, gpus)
    return [f"{f.text}; {f.mend}" for f in found if f.grade == findings.BREAKS]


def test_a_cluster_without_accounting_is_read(cluster):
    assert (cluster.version, cluster.name) == ("22.05.8", "repose")
    assert not cluster.accounting
    assert (cluster.forgets_s, cluster.kill_wait_s) == (300, 30)
    cpu, gpu, urgent = cluster.partitions
    assert (cpu.name, cpu.default, cpu.up, cpu.limit_s) == ("cpu", True, True, 86400)
    assert (gpu.gpus, gpu.nodes, gpu.preemption) == ("gpu:2", 2, "REQUEUE")
    assert (urgent.name, urgent.preemption, urgent.default) == ("urgent", "OFF", False)


def test_a_cluster_with_accounting_is_read(installed):
    installed("slurmdbd")
    cluster = slurm.look()
    assert cluster.accounting
    assert cluster.name == "dev"
    lines = profile.profile_lines(cluster, a_good_job(), cluster.partitions[1], "lab")
    text = [line for line, _why in lines]
    assert "slurm-status-command: sacct" in text
    assert "  slurm_partition: gpu" in text
    assert "  slurm_account: lab" in text


def test_jobs_are_read_in_every_state():
    running = slurm.read_fields(recorded("job.running.txt"))
    assert (running["JobState"], running["Restarts"]) == ("RUNNING", "0")
    assert running["NodeList"] == "node1"
    requeued = slurm.read_fields(recorded("job.requeued.txt"))
    assert (requeued["JobState"], requeued["Reason"]) == ("PENDING", "BeginTime")
    assert (requeued["Restarts"], requeued["EligibleTime"]) == ("1", "2026-11-21T02:21:28")
    cancelled = slurm.read_fields(recorded("job.cancelled.txt"))
    assert (cancelled["JobState"], cancelled["NodeList"]) == ("CANCELLED", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300 sec", 300),
        ("300", 300),
        ("10 min", 600),
        ("1-00:00:00", 86400),
        ("04:30:00", 16200),
        ("30:00", 1800),
        ("UNLIMITED", None),
        ("NONE", None),
    ],
)
def test_spans_of_time(text, expected):
    assert slurm.seconds(text) == expected


def test_a_partition_of_unlike_nodes():
    line = "PartitionName=big MaxTime=UNLIMITED PreemptMode=CANCEL,GANG State=DOWN TotalNodes=3"
    nodes = "big|n1|gpu:a100:4(S:0-1)\nbig|n2|gpu:v100:2,shard:8\nbig|n3|(null)\n"
    (big,) = slurm.read_partitions(line, nodes)
    assert (big.gpus, big.limit_s, big.up) == ("gpu:a100:4, gpu:v100:2", None, False)


def test_a_good_cluster_has_nothing_that_breaks(cluster):
    found = judged(cluster, a_good_job())
    assert {finding.grade for finding in found} == {findings.OK}
    text = " ".join(finding.text for finding in found)
    assert "came 50 s before the time limit" in text
    assert "comes back under its id 6, with SLURM_RESTART_COUNT=1, held back for 120 s" in text
    assert "at least 10 s to save" in text
    lines = [line for line, _why in profile.profile_lines(cluster, a_good_job(), None, "")]
    assert lines[:3] == [
        "slurm-status-command: squeue",
        "slurm-init-seconds-before-status-checks: 5",
        "slurm-requeue: true",
    ]


def test_locks_that_do_not_hold_break_a_run(cluster):
    seen = a_good_job()
    seen.here_lock = "free"
    assert "two trainings could write one run" in broken(cluster, seen)[0]
    seen.here_lock = "taken"
    seen.journals["step.0"][2] = Line(1.0, ("lock-here", "free"))
    assert "the node gets a lock that the other side holds" in broken(cluster, seen)[0]


def test_a_folder_that_is_not_shared_breaks_a_run(cluster):
    seen = Seen(job="6", gave_up="a file of the node is not seen here within 120 s")
    assert "put the project where" in broken(cluster, seen)[0]


def test_srun_that_fails_breaks_a_run(cluster):
    seen = a_good_job()
    seen.journals["batch.0"].append(Line(3.0, ("direct",)))
    seen.stderr = "srun: error: Unable to create step"
    assert "the node says 'srun: error: Unable to create step'" in broken(cluster, seen)[0]


def test_fewer_gpus_than_asked_for_break_a_run(cluster):
    assert broken(cluster, a_good_job(), gpus=1) == []
    assert "torch sees 1 of them" in broken(cluster, a_good_job(), gpus=2)[0]


def test_torch_that_is_not_there_breaks_a_run(cluster):
    seen = a_good_job()
    seen.journals["step.1"] = [Line(22.0, ("no-torch", "ModuleNotFoundError:", "No", "module"))]
    assert "torch cannot be imported on the node: ModuleNotFoundError" in broken(cluster, seen)[0]


def test_a_controller_that_forgets_soon_breaks_a_run(installed):
    installed(scontrol=f"sed 's/^MinJobAge .*/MinJobAge = 60 sec/' {RECORDED}/config.none.txt")
    text = slurm.ask("scontrol", "show", "config")
    assert slurm.read_config(text)["MinJobAge"] == "60 sec"
    installed()
    cluster = slurm.look()
    forgetful = slurm.Cluster(**(vars(cluster) | {"forgets_s": 60}))
    assert "it would wait for ever" in broken(forgetful, a_good_job())[0]


def test_no_slurm_is_one_line_and_status_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "slurm"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("repose doctor: error[no-slurm]: there is no SLURM on this machine")
    assert said.count("\n") == 1


def test_a_controller_that_does_not_answer_is_no_slurm(installed, capsys):
    dead = "echo 'slurm_load_ctl_conf error: Unable to contact slurm controller' >&2; exit 1"
    installed(scontrol=dead)
    assert main(["doctor", "slurm"]) == 2
    said = capsys.readouterr().err
    assert "error[no-slurm]" in said
    assert "Unable to contact slurm controller" in said


def test_an_unknown_partition_is_named_before_anything_is_sent(installed, capsys):
    installed(sbatch='case "$1" in --version) echo slurm-wlm 22.05.8;; *) exit 9;; esac')
    assert main(["doctor", "slurm", "--partition", "gpus"]) == 2
    assert "error[unknown-partition]" in (said := capsys.readouterr().err)
    assert "did you mean 'gpu'?" in said


def test_a_job_that_slurm_refuses_leaves_nothing(installed, tmp_path, capsys):
    refuse = "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1"
    version = f'case "$1" in --version) echo slurm-wlm 22.05.8;; *) {refuse};; esac'
    installed(sbatch=version, scancel="exit 0")
    folder = tmp_path / "work"
    folder.mkdir()
    assert main(["doctor", "slurm", "--folder", str(folder)]) == 2
    assert "error[slurm-refuses]: sbatch says 'Batch job submission failed: Invalid account'" in (
        capsys.readouterr().err
    )
    assert list(folder.iterdir()) == []


def test_a_half_written_line_is_left_out(tmp_path):
    (tmp_path / "step.0").write_text("1.00 ready\n2.00 sig")
    assert read_journal(tmp_path, "step.0") == [Line(1.0, ("ready",))]
    assert read_journal(tmp_path, "step.1") == []


def test_this_machine_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    rows = {row.name: row for row in look(tmp_path / "results")}
    assert rows["OMP_NUM_THREADS"].found == "1"
    assert rows["cores"].found.startswith(str(len(os.sched_getaffinity(0))))
    assert str(tmp_path) in rows["disk"].found
    assert main(["doctor"]) in (0, 1)
    assert "torch" in capsys.readouterr().out
