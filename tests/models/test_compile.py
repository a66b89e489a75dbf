"""Torch's tracer takes the generator and the critic of every family, and changes nothing.

In a process of its own: once it has traced a network a process cannot be forked to train any more,
and other tests do that.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from repose.models import build_model
from repose.recipes import network_block
from tests.models import posewarp_toy
from tests.models.toys import SIZE, images, poses
from tests.training import tiny

ROOT = Path(__file__).parents[2]
FAMILIES = ("warp3d", "posewarp", "deformable", "vunet25d", "pg2")


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_compiled_it_gives_the_same(name):
    words = [sys.executable, "-m", "tests.models.test_compile", name]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{name} is the same\n"


def test_the_graph_of_a_step_of_posewarp_has_no_breaks():
    words = [sys.executable, "-m", "tests.models.test_compile", "unbroken"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(posewarp_toy.FORMS)} forms are unbroken\n"


def trace_posewarp() -> None:
    """Trace both networks of every form of posewarp as one graph each."""
    given, seen = posewarp_toy.given(), (images(2), images(2, seed=1), poses(2), poses(2, seed=1))
    for form in posewarp_toy.FORMS:
        model = posewarp_toy.build(**form)
        traced = torch.compile(model.generator, backend="eager", fullgraph=True)
        torch.testing.assert_close(traced(*given)["image"], model.generator(*given)["image"])
        critic = torch.compile(model.discriminator, backend="eager", fullgraph=True)
        torch.testing.assert_close(critic(*seen), model.discriminator(*seen))
    print(f"{len(posewarp_toy.FORMS)} forms are unbroken")


def compare(name: str) -> None:
    """Compile both networks of a model, and compare what they give."""
    torch.manual_seed(0)
    model = build_model(network_block(tiny.models()[name]), SIZE).eval()  # nothing is drawn
    given = images(2), poses(2), poses(2, seed=1)
    plain = model.generator(*given)["image"]
    model.generator.compile(backend="aot_eager")
    made = model.generator(*given)["image"]
    torch.testing.assert_close(made, plain, atol=1e-4, rtol=1e-4)
    made.mean().backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.generator.parameters())
    if model.discriminator:
        judged = given[0], images(2, seed=2), *given[1:]
        logits = model.discriminator(*judged)
        model.discriminator.compile(backend="aot_eager")
        torch.testing.assert_close(model.discriminator(*judged), logits, atol=1e-4, rtol=1e-4)
    print(f"{name} is the same")


if __name__ == "__main__":
    trace_posewarp() if sys.argv[1] == "unbroken" else compare(sys.argv[1])
