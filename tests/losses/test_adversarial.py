import math

import numpy as np
import pytest
import torch

from repose.losses import adversarial_discriminator, adversarial_generator


def cross_entropy(logits: torch.Tensor, wanted: float) -> float:
    p = 1 / (1 + np.exp(-logits.double().numpy()))
    return float(-(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)).mean())


def test_adversarial_losses_of_a_judge_who_cannot_tell():
    unsure, log2 = torch.zeros(4), pytest.approx(math.log(2))
    assert adversarial_generator(unsure).item() == log2
    loss = adversarial_discriminator(unsure, unsure, real_label=1.0)
    assert loss.item() / 2 == log2
    # A triplet's weights add up to 1.
    assert adversarial_discriminator(unsure, unsure, unsure, real_label=1.0).item() == log2


@pytest.mark.parametrize("label", [1.0, 0.875])
def test_adversarial_losses_are_cross_entropies(label):
    real, made = torch.tensor([0.3, 2.0, -1.0]), torch.tensor([-0.2, 0.7, 1.5])
    assert adversarial_discriminator(real, made, real_label=label).item() == pytest.approx(
        cross_entropy(real, label) + cross_entropy(made, 0)
    )
    assert adversarial_generator(made).item() == pytest.approx(cross_entropy(made, 1))


@pytest.mark.parametrize("shape", [(3,), (3, 49), (3, 1, 7, 7)])
def test_a_triplet_weighs_a_half_and_two_quarters(shape):
    random = torch.Generator().manual_seed(0)
    real, made, source = (torch.randn(shape, generator=random) for _ in range(3))
    wanted = 0.5 * cross_entropy(real, 0.9)
    wanted += 0.25 * cross_entropy(made, 0) + 0.25 * cross_entropy(source, 0)
    found = adversarial_discriminator(real, made, source, real_label=0.9)
    assert found.item() == pytest.approx(wanted, rel=1e-6)
    assert adversarial_generator(made).item() == pytest.approx(cross_entropy(made, 1), rel=1e-6)


def test_a_smoothed_label_is_best_met_short_of_certainty():
    logits = torch.zeros(1, requires_grad=True)
    best = torch.full((1,), math.log(0.875 / 0.125), requires_grad=True)
    far = torch.full((1,), -50.0)
    for given, flat in ((logits, False), (best, True)):
        loss = adversarial_discriminator(given, far, real_label=0.875)
        (gradient,) = torch.autograd.grad(loss, given)
        assert (gradient.abs().item() < 1e-6) is flat


@pytest.mark.parametrize("extreme", [-200.0, 200.0])
def test_adversarial_losses_stay_finite(extreme):
    logits = torch.full((2,), extreme)
    assert torch.isfinite(adversarial_generator(logits))
    assert torch.isfinite(adversarial_discriminator(logits, logits, logits, real_label=0.875))
