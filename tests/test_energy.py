import ctypes

import pytest

from repose import energy


@pytest.fixture
def rapl(tmp_path, monkeypatch):
    """Two processors, one with a part that is counted in it, and one that only root may read."""
    monkeypatch.setattr(energy, "RAPL", tmp_path)
    monkeypatch.setattr(energy, "NVML", "no-such-library.so")
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0", "intel-rapl:2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "max_energy_range_uj").write_text("65000000\n")
        if name != "intel-rapl:2":
            (tmp_path / name / "energy_uj").write_text("1000000\n")
    return tmp_path


def test_processors_are_added_up_and_their_parts_are_not(rapl):
    before = energy.read()
    (rapl / "intel-rapl:0/energy_uj").write_text("3500000")
    (rapl / "intel-rapl:1/energy_uj").write_text("2000000")
    (rapl / "intel-rapl:0:0/energy_uj").write_text("9000000")
    assert energy.used(before, energy.read()) == {"cpu": 3.5}


def test_a_counter_that_ran_over_goes_on_from_zero(rapl):
    (rapl / "intel-rapl:0/energy_uj").write_text("64000000")
    before = energy.read()
    (rapl / "intel-rapl:0/energy_uj").write_text("2000000")
    assert energy.used(before, energy.read()) == {"cpu": 3.0}


def test_a_machine_without_counters_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(energy, "RAPL", tmp_path)
    monkeypatch.setattr(energy, "NVML", "no-such-library.so")
    assert energy.read() == {}
    assert energy.used({}, {}) == {}


class Driver:
    """Stands for NVML's library: three GPUs, of which the third cannot count."""

    def __init__(self, name):
        self.millijoules = [5000, 7000]

    def nvmlInit_v2(self):  # noqa: N802
        return 0

    def nvmlShutdown(self):  # noqa: N802
        return 0

    def nvmlDeviceGetCount_v2(self, count):  # noqa: N802
        count._obj.value = 3

    def nvmlDeviceGetHandleByIndex_v2(self, index, handle):  # noqa: N802
        handle._obj.value = index.value + 1
        return 0

    def nvmlDeviceGetHandleByUUID(self, name, handle):  # noqa: N802
        handle._obj.value = {b"GPU-b": 2}[name]
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, found):  # noqa: N802
        if handle.value > 2:
            return 3  # not supported
        found._obj.value = self.millijoules[handle.value - 1]
        return 0


@pytest.mark.parametrize(
    ("visible", "expected"),
    [(None, {"gpu 0": 5.0, "gpu 1": 7.0}), ("1", {"gpu 1": 7.0}), ("GPU-b", {"gpu GPU-b": 7.0})],
)
def test_gpus_that_a_job_may_use_are_read(tmp_path, monkeypatch, visible, expected):
    monkeypatch.setattr(energy, "RAPL", tmp_path)
    monkeypatch.setattr(ctypes, "CDLL", Driver)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert energy.read() == expected
