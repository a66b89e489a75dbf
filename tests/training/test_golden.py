"""A hundred steps of every method give the losses that they always gave, to the last bit."""

import math
import platform
import warnings

import pytest

from tests.training import golden_losses
from tests.training.golden_losses import CPU, GOLDEN, cpu, parse

# On a CPU of another kind libraries may yet round otherwise, and two networks that play against
# each other make more of it with every step: between an Intel and an AMD processor two of four
# trainings were equal to the last bit, the others 2e-7 apart in step 2, 1e-3 in step 4 and 0.4 in
# step 6. So only the first steps are compared there, one tolerance each.
TOLERANCE = (1e-5, 1e-4, 1e-2)


def compare(found: str, stored: str, here: str, there: str) -> str:
    """Compare two golden texts; returns what to warn of, "" when they are equal.

    On the kind of CPU that computed the stored one nothing but equality will do.
    """
    if found == stored:
        return ""
    assert here != there, "other losses than before on the same kind of CPU"
    assert found.splitlines()[0] == stored.splitlines()[0]
    ours, theirs = parse(found), parse(stored)
    assert len(ours) == len(theirs)
    assert [len(row) for row in ours] == [len(row) for row in theirs]
    assert all(math.isfinite(value) for row in ours for value in row)
    for tolerance, a, b in zip(TOLERANCE, ours, theirs, strict=False):
        assert all(math.isclose(x, y, rel_tol=tolerance) for x, y in zip(a, b, strict=True))
    return f"losses differ in their last bits: computed on {here!r}, stored on {there!r}"


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="stored for x86-64 processors")
def test_losses_are_those_that_were_stored():
    stored = {path.stem: path.read_text() for path in GOLDEN.glob("*.txt") if path != CPU}
    found = golden_losses.compute()
    assert found.keys() == stored.keys()
    for method, text in found.items():
        said = compare(text, stored[method], cpu(), CPU.read_text())
        if said:
            warnings.warn(f"{method}: {said}", stacklevel=1)


def test_a_digit_counts_on_the_same_cpu_and_is_warned_of_on_another():
    [text, *_] = [path.read_text() for path in GOLDEN.glob("*.txt") if path != CPU]
    head, first, *rest = text.splitlines(keepends=True)
    step, value, *others = first.split()
    nudged = math.nextafter(float.fromhex(value), 9.0).hex()
    changed = "".join([head, " ".join([step, nudged, *others]) + "\n", *rest])
    assert compare(text, text, "a", "a") == ""
    with pytest.raises(AssertionError, match="same kind of CPU"):
        compare(changed, text, "a", "a")
    assert "last bits" in compare(changed, text, "a", "b")
    wrong = changed.replace(nudged, (2 * float.fromhex(value)).hex())
    with pytest.raises(AssertionError):
        compare(wrong, text, "a", "b")


def test_hexadecimal_text_loses_nothing():
    rows = [{"step": 1, "loss": math.pi, "l1": 1e-30}, {"step": 2, "loss": 0.0, "l1": 3.0}]
    assert parse(golden_losses.spell(rows)) == [[math.pi, 1e-30], [0.0, 3.0]]
