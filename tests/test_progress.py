"""Progress is shown while somebody looks; it is never what work stops for."""

import io
import os
import sys

import pytest

from repose import progress


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)


def break_stderr(monkeypatch):
    """Give stderr a reader that is gone, as when `tee` was killed; not before the test's call."""
    reader, writer = os.pipe()
    os.close(reader)
    file = io.TextIOWrapper(os.fdopen(writer, "wb", buffering=0), write_through=True)
    monkeypatch.setattr(sys, "stderr", file)
    return file


def test_a_line_says_how_far_it_came(capsys):
    with progress.Progress("frames", 4, done=1) as shown:
        shown.advance(2, "note")
    assert capsys.readouterr().err.startswith("frames: 3/4, ")


def test_work_goes_on_when_nobody_listens(monkeypatch):
    break_stderr(monkeypatch)
    with pytest.raises(BrokenPipeError):
        print("is it really broken?", file=sys.stderr, flush=True)
    assert list(progress.track([1, 2, 3], "frames")) == [1, 2, 3]


def test_work_goes_on_when_stderr_is_closed(monkeypatch):
    break_stderr(monkeypatch).close()
    with progress.Progress("frames") as shown:
        shown.advance()
    assert shown.done == 1
