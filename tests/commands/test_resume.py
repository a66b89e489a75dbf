"""What `repose resume` says again of what the last run was told."""

import pytest

from repose.commands.resume import without_force


@pytest.mark.parametrize(
    "forced",
    ["-F", "-f", "--forceall", "--force", "-R train evaluate", "--forcerun train", "-Rtrain"],
)
def test_a_run_that_was_forced_goes_on_without_force(forced):
    words = ["all", *forced.split(), "--profile", "slurm", "-c", "2"]
    assert without_force(words) == ["all", "--profile", "slurm", "-c", "2"]
