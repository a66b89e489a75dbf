"""The log keeps every digit and only the steps that count."""

import math

import pytest

from repose.training.loss_log import LOSSES, TIMES, LossLog, read


def write(folder, first, last):
    with LossLog(folder, first) as log:
        for step in range(first + 1, last + 1):
            log.write(step, {"loss": math.pi / step}, {"seconds": step / 10})


def test_every_digit_is_kept(tmp_path):
    write(tmp_path, 0, 3)
    assert [row["loss"] for row in read(tmp_path / LOSSES)] == [math.pi / n for n in (1, 2, 3)]
    assert read(tmp_path / TIMES)[2] == {"step": 3, "seconds": 0.3}


@pytest.mark.parametrize("tail", ["", '{"step": 5, "lo', "\x00\x00\x00", '{"loss": 1}\n'])
def test_rows_beyond_the_checkpoint_are_cut_off(tmp_path, tail):
    write(tmp_path, 0, 7)
    whole = (tmp_path / LOSSES).read_bytes()
    with (tmp_path / LOSSES).open("a") as file:
        file.write(tail)
    write(tmp_path, 4, 7)
    assert (tmp_path / LOSSES).read_bytes() == whole


def test_curves_go_to_tensorboard(tmp_path):
    write(tmp_path, 0, 2)
    assert len(list((tmp_path / "tensorboard").glob("events.*"))) == 1
