"""Torch's tracer takes the generator and the critic of every family, and changes nothing."""

import pytest
import torch

from repose.models import build_model
from repose.recipes import network_block
from tests.models.toys import SIZE, images, poses
from tests.training import tiny

FAMILIES = ("warp3d", "posewarp", "deformable", "vunet25d", "pg2")


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_compiled_it_gives_the_same(name):
    torch.manual_seed(0)
    block = network_block(tiny.models()[name])
    model = build_model(block, SIZE).eval()  # without dropout and sampled latents
    given = images(2), poses(2), poses(2, seed=1)
    plain = model.generator(*given)["image"]
    torch._dynamo.reset()
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
