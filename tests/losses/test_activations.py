import numpy as np
import pytest
import torch

from repose.losses import FORMS, Features, gram, nearest, perceptual, random_features
from tests.losses.made import activations, image, vgg


def built(name: str, *, trained: bool = False) -> Features:
    if trained:
        features = Features.from_state_dict(vgg().state_dict(), form=name)
    else:
        features = random_features(0, form=name)
    if FORMS[name].scaled:
        features.measure([image(5), image(6)])
    return features


@pytest.mark.parametrize("name", list(FORMS))
@pytest.mark.parametrize("loss", [perceptual, gram, lambda *given: nearest(*given, 3)])
def test_equal_images_lose_nothing_and_others_do(name, loss):
    features = built(name)
    assert loss(features, image(0), image(0)) == 0
    assert loss(features, image(0), image(1) * 0.5) > 1e-3


@pytest.mark.parametrize("name", list(FORMS))
@pytest.mark.parametrize("loss", [perceptual, gram, lambda *given: nearest(*given, 3)])
def test_the_generated_image_alone_is_taught(name, loss):
    made, target = image(0).requires_grad_(), image(1).requires_grad_()
    features = built(name)
    loss(features, made, target).backward()
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()
    assert made.grad.abs().sum() > 0
    assert target.grad is None
    assert all(weight.grad is None for weight in features.parameters())


KNOCHE = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)


@pytest.mark.parametrize(
    ("name", "weights"), [("knoche", (0, *KNOCHE)), ("vunet", (1,) * 6), ("nearest", (0, 1))]
)
def test_perceptual_loss_is_numpys(name, weights):
    features = built(name, trained=True)
    a, b = (activations(image(i), FORMS[name].taps, average=False) for i in (0, 1))
    wanted = sum(weight * np.abs(x - y).mean() for weight, x, y in zip(weights, a, b, strict=True))
    assert perceptual(features, image(0), image(1)).item() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(("name", "layers"), [("posewarp12", 12), ("posewarp16", 16)])
def test_scaled_perceptual_loss_is_numpys(name, layers):
    features = built(name, trained=True)
    taps = FORMS[name].taps
    spread = activations(torch.cat([image(5), image(6)]), taps, average=True)[1:]
    a, b = (activations(image(i), taps, average=True)[1:] for i in (0, 1))
    wanted = 0.0
    for x, y, s in zip(a, b, spread, strict=True):
        std = s.transpose(1, 0, 2, 3).reshape(s.shape[1], -1).std(axis=1)
        wanted += np.mean(np.abs(x - y) / (std[None, :, None, None] + 0.1)) / layers
    assert perceptual(features, image(0), image(1)).item() == pytest.approx(wanted, rel=1e-4)


def test_a_scaled_loss_hardly_depends_on_the_size_of_the_activations():
    """Differences and spreads grow alike: but for the 0.1 nothing changes."""
    found = []
    for factor in (100.0, 10_000.0):
        features = random_features(0, form="posewarp12")
        features.layers[0].weight.mul_(factor)
        features.measure([image(0), image(1)])  # so no channel fires here that did not there
        found.append(perceptual(features, image(0), image(1)).item())
    assert found[0] == pytest.approx(found[1], rel=0.01)


@pytest.mark.parametrize("name", ["knoche", "vunet"])
def test_gram_loss_is_numpys(name):
    features = built(name, trained=True)
    first = 0 if name == "vunet" else 1
    wanted = 0.0
    found = (activations(image(i), FORMS[name].taps, average=False)[first:] for i in (0, 1))
    for a, b in zip(*found, strict=True):
        total = []
        for one, other in zip(a, b, strict=True):  # image by image
            channels, height, width = one.shape
            f, g = one.reshape(channels, -1), other.reshape(channels, -1)
            total.append(np.abs(f @ f.T - g @ g.T) / (4 * height * width))
        wanted += np.mean(total)
    assert gram(features, image(0), image(1)).item() == pytest.approx(wanted, rel=1e-3)


def test_gram_of_a_constant_image_is_known():
    pixels = Features([torch.nn.Identity()], [0], [1.0], [0.5] * 3, [0.5] * 3)
    ones = torch.ones(1, 3, 5, 7)
    assert gram(pixels, ones, 0 * ones).item() == pytest.approx(0.25)
    assert gram(pixels, 2 * ones, ones).item() == pytest.approx(0.75)


def test_gram_does_not_ask_where():
    pixels = Features([torch.nn.Identity()], [0], [1.0], [0.5] * 3, [0.5] * 3)
    shuffled = image(0).flatten(2)[..., torch.randperm(32 * 32)].view_as(image(0))
    assert gram(pixels, image(0), shuffled).item() == pytest.approx(0, abs=1e-6)
    assert perceptual(pixels, image(0), shuffled) > 0.3


def plain_nearest(ours: np.ndarray, theirs: np.ndarray, window: int) -> float:
    reach, total = window // 2, []
    for one, other in zip(ours, theirs, strict=True):
        _, height, width = one.shape
        for y in range(height):
            for x in range(width):
                total.append(
                    min(
                        np.abs(one[:, y, x] - other[:, v, u]).sum()
                        for v in range(max(0, y - reach), min(height, y + reach + 1))
                        for u in range(max(0, x - reach), min(width, x + reach + 1))
                    )
                )
    return float(np.mean(total))


@pytest.mark.parametrize("window", [1, 3, 5])
@pytest.mark.parametrize("trained", [False, True])
def test_nearest_is_a_plain_search(window, trained):
    features = built("nearest", trained=trained)
    a, b = image(0, side=12), image(1, side=12)
    ours, theirs = (features(given)[0].double().numpy() for given in (a, b))
    wanted = plain_nearest(ours, theirs, window)
    assert nearest(features, a, b, window).item() == pytest.approx(wanted, rel=1e-5)


def test_nearest_in_a_window_of_one_is_l1_summed_over_channels():
    features = built("nearest")
    a, b = image(0), image(1)
    wanted = (features(a)[0] - features(b)[0]).abs().sum(1).mean()
    torch.testing.assert_close(nearest(features, a, b, 1), wanted)


def test_nearest_forgives_shifts_up_to_half_the_window():
    """Away from the border: what moved in from outside has no like."""
    pixels = Features([torch.nn.Identity()], [0], [1.0], [0.5] * 3, [0.5] * 3)
    target = torch.zeros(2, 3, 32, 32)
    target[:, :, 8:24, 8:24] = image(1, side=16)
    for shift, window, forgiven in ((1, 3, True), (2, 3, False), (2, 5, True), (3, 5, False)):
        moved = target.roll((shift, -shift), dims=(2, 3))
        assert bool(nearest(pixels, moved, target, window) == 0) is forgiven


def test_nearest_never_matches_what_lies_beyond_the_border():
    pixels = Features([torch.nn.Identity()], [0], [1.0], [0.5] * 3, [0.5] * 3)
    far = torch.full((1, 3, 6, 6), -9000.0)  # nearer to the padding than to the image
    assert nearest(pixels, far, torch.zeros(1, 3, 6, 6), 3).item() >= 3 * 1000


def test_nearest_gradient_is_that_of_the_plain_minimum():
    features = built("nearest")
    a, b = image(0, side=10).requires_grad_(), image(1, side=10)
    (found,) = torch.autograd.grad(nearest(features, a, b, 3), a)
    ours, theirs = features(a)[0], features(b)[0]
    padded = torch.nn.functional.pad(theirs, (1, 1, 1, 1), value=-10_000.0)
    shifted = [padded[..., y : y + 10, x : x + 10] for y in range(3) for x in range(3)]
    distances = torch.stack([(ours - other).abs().sum(1) for other in shifted])
    (wanted,) = torch.autograd.grad(distances.amin(0).mean(), a)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("window", [0, 2, -1])
def test_a_window_without_a_middle_is_refused(window):
    with pytest.raises(ValueError, match="middle"):
        nearest(built("nearest"), image(0), image(1), window)


@pytest.mark.parametrize("name", list(FORMS))
def test_losses_are_float32_under_autocast(name):
    features = built(name)
    for loss in (perceptual, gram, lambda *given: nearest(*given, 3)):
        exact = loss(features, image(0), image(1))
        with torch.autocast("cpu", torch.bfloat16):
            half = loss(features, image(0), image(1))
        assert half.dtype == torch.float32
        torch.testing.assert_close(half, exact, rtol=0.03, atol=0.01)
