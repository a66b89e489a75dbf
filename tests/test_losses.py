import math

import numpy as np
import pytest
import torch
from torchvision.models import vgg19

from repose.losses import (
    VGG_TAPS,
    Features,
    adversarial_discriminator,
    adversarial_generator,
    l1,
    l1_foreground,
    perceptual,
    random_features,
)


def image(seed: int, side: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, side, side, generator=generator) * 2 - 1


def test_l1_of_black_and_white_is_the_whole_range():
    assert l1(-torch.ones(1, 3, 4, 4), torch.ones(1, 3, 4, 4)) == 2


def test_l1_is_numpys():
    a, b = image(0), image(1)
    assert l1(a, b).item() == pytest.approx(np.abs(a.numpy() - b.numpy()).mean(), rel=1e-6)


def test_foreground_l1_looks_at_the_mask_only():
    a, b = image(0), image(1)
    mask = torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    mask[0, :, 3:9, 4:20] = mask[1, :, 1:5] = True
    wanted = np.abs(a.numpy() - b.numpy()).transpose(0, 2, 3, 1)[mask[:, 0].numpy()].mean()
    assert l1_foreground(a, b, mask).item() == pytest.approx(wanted, rel=1e-5)
    assert l1_foreground(a, b, torch.zeros_like(mask)) == 0
    assert l1_foreground(a, b, torch.ones_like(mask)).item() == pytest.approx(l1(a, b).item())


def test_adversarial_losses_of_a_judge_who_cannot_tell():
    unsure = torch.zeros(4)
    assert adversarial_generator(unsure).item() == pytest.approx(math.log(2))
    assert adversarial_discriminator(unsure, unsure, 1.0).item() == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize("label", [1.0, 0.875])
def test_adversarial_losses_are_cross_entropies(label):
    real, made = torch.tensor([0.3, 2.0, -1.0]), torch.tensor([-0.2, 0.7, 1.5])

    def cross_entropy(logits: torch.Tensor, wanted: float) -> float:
        p = 1 / (1 + np.exp(-logits.double().numpy()))
        return float(-(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)).mean())

    assert adversarial_discriminator(real, made, label).item() == pytest.approx(
        cross_entropy(real, label) + cross_entropy(made, 0)
    )
    assert adversarial_generator(made).item() == pytest.approx(cross_entropy(made, 1))


def test_a_smoothed_label_is_best_met_short_of_certainty():
    logits = torch.zeros(1, requires_grad=True)
    best = torch.full((1,), math.log(0.875 / 0.125), requires_grad=True)
    far = torch.full((1,), -50.0)
    for given, flat in ((logits, False), (best, True)):
        (gradient,) = torch.autograd.grad(adversarial_discriminator(given, far, 0.875), given)
        assert (gradient.abs().item() < 1e-6) is flat


@pytest.mark.parametrize("extreme", [-200.0, 200.0])
def test_adversarial_losses_stay_finite(extreme):
    logits = torch.full((2,), extreme)
    assert torch.isfinite(adversarial_generator(logits))
    assert torch.isfinite(adversarial_discriminator(logits, logits, 0.875))


@pytest.mark.parametrize("features", [random_features(0)])
def test_perceptual_loss_of_equal_images_is_nothing(features):
    assert perceptual(features, image(0), image(0)) == 0
    assert perceptual(features, image(0), image(1)) > 0.01


def test_perceptual_loss_teaches_the_generated_image_only():
    made, target = image(0).requires_grad_(), image(1).requires_grad_()
    features = random_features(0)
    perceptual(features, made, target).backward()
    assert made.grad is not None
    assert target.grad is None
    assert all(weight.grad is None for weight in features.parameters())


def test_random_features_are_the_same_for_a_seed():
    one, other, third = random_features(1), random_features(1), random_features(2)
    assert all(
        torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)
    )
    assert not torch.equal(one.layers[0].weight, third.layers[0].weight)


def test_random_features_do_not_touch_the_global_generator():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    random_features(1)
    assert torch.equal(torch.rand(3), wanted)


@pytest.fixture(scope="module")
def vgg():
    """Torchvision's network with its own names, as far as it is used, and random weights."""
    with torch.device("meta"):
        network = vgg19(weights=None)
    network.features = network.features[: VGG_TAPS[-1] + 1].to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for weight in network.features.parameters():
        scale = (2 / weight[0].numel()) ** 0.5 if weight.dim() == 4 else 0.1
        weight.data.copy_(torch.randn(weight.shape, generator=generator) * scale)
    return network.eval()


def test_vgg_taps_are_the_second_convolutions_of_the_blocks():
    with torch.device("meta"):
        kinds = [type(layer).__name__ for layer in vgg19(weights=None).features]
    block, number, names = 1, 0, {}
    for index, kind in enumerate(kinds):
        block, number = (block + 1, 0) if kind == "MaxPool2d" else (block, number)
        number += kind == "Conv2d"
        names[index] = (block, number, kind)
    assert [names[tap] for tap in VGG_TAPS] == [(b, 2, "ReLU") for b in range(1, 6)]


def test_vgg_features_and_loss_are_torchvisions(vgg):
    features = Features.from_state_dict(vgg.state_dict())
    assert sum(weight.numel() for weight in features.parameters()) == 15_304_768
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])

    def activations(given: torch.Tensor) -> list[torch.Tensor]:
        x = ((given + 1) / 2 - mean.view(3, 1, 1)) / std.view(3, 1, 1)
        return [vgg.features[: tap + 1](x) for tap in VGG_TAPS]

    with torch.no_grad():
        wanted = sum(
            weight * (a - b).abs().mean().item()
            for weight, a, b in zip(
                (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1),
                activations(image(0)),
                activations(image(1)),
                strict=True,
            )
        )
    assert perceptual(features, image(0), image(1)).item() == pytest.approx(wanted, rel=1e-4)


def test_the_originals_means_are_swapped(vgg):
    sound = Features.from_state_dict(vgg.state_dict())
    original = Features.from_state_dict(vgg.state_dict(), compat_means=True)
    torch.testing.assert_close(original.mean, sound.mean.flip(0))
    assert torch.equal(original.std, sound.std)
