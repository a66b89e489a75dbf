import numpy as np
import pytest
import torch
from torchvision.models import vgg19

from repose.errors import ReposeError
from repose.losses import FORMS, VGG_TAPS, Features, random_features
from tests.losses.made import RELUS, activations, image, vgg

WEIGHTS = {"knoche": 15_304_768, "posewarp12": 10_585_152, "posewarp16": 20_024_384}


def names() -> dict[int, tuple[int, int, str]]:
    """Name torchvision's layers by block, number of the convolution, and kind."""
    with torch.device("meta"):
        kinds = [type(layer).__name__ for layer in vgg19(weights=None).features]
    block, number, found = 1, 0, {}
    for index, kind in enumerate(kinds):
        block, number = (block + 1, 0) if kind == "MaxPool2d" else (block, number)
        number += kind == "Conv2d"
        found[index] = (block, number, kind)
    return found


def test_taps_are_the_layers_that_the_papers_name():
    layers = names()
    every = [(b, n, "ReLU") for b in range(1, 6) for n in range(1, 3 if b < 3 else 5)]
    second = [(b, 2, "ReLU") for b in range(1, 6)]
    named = {name: [layers[tap] for tap in form.taps] for name, form in FORMS.items()}
    assert named["knoche"] == named["vunet"] == second
    assert named["nearest"] == second[:1]
    assert named["posewarp16"] == every
    assert named["posewarp12"] == every[: every.index((4, 4, "ReLU")) + 1]


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


def test_all_forms_share_one_random_network():
    plain = random_features(0)
    for name, form in FORMS.items():
        features = random_features(0, form=name)
        own = list(features.parameters())
        shared = list(plain.parameters())[: len(own)]
        assert all(torch.equal(a, b) for a, b in zip(own, shared, strict=True))
        seen = features(image(0))
        assert len(seen) == len(features.weights) == len(own) + form.pixels
        assert features.scaled == form.scaled


def test_random_weights_are_equal():
    assert random_features(0).weights == (1 / 3,) * 3
    assert random_features(0, form="posewarp16").weights == (1 / 3,) * 3
    assert random_features(0, form="vunet").weights == (1,) * 4
    assert random_features(0, form="nearest").weights == (1,)


@pytest.mark.parametrize("name", list(FORMS))
def test_vgg_features_are_torchvisions(name):
    form, state = FORMS[name], vgg().state_dict()
    features = Features.from_state_dict(state, form=name)
    wanted = activations(image(0), form.taps, average=form.average)[0 if form.pixels else 1 :]
    found = features(image(0))
    assert len(found) == len(wanted) == len(features.weights) == len(form.weights)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-4, atol=1e-5)
    if name in WEIGHTS:
        assert sum(weight.numel() for weight in features.parameters()) == WEIGHTS[name]


def test_nothing_deeper_than_the_last_tap_is_needed():
    state = {key: value for key, value in vgg().state_dict().items() if "features.2." not in key}
    with pytest.raises(KeyError):
        Features.from_state_dict(state, form="nearest")
    shallow = {
        key: value for key, value in vgg().state_dict().items() if key[9:11] in ("0.", "2.")
    }
    assert len(Features.from_state_dict(shallow, form="nearest").layers) == VGG_TAPS[0] + 1


def test_the_originals_means_are_swapped():
    sound = Features.from_state_dict(vgg().state_dict())
    original = Features.from_state_dict(vgg().state_dict(), compat_means=True)
    torch.testing.assert_close(original.mean, sound.mean.flip(0))
    assert torch.equal(original.std, sound.std)


@pytest.mark.parametrize("build", [random_features, Features.from_state_dict])
def test_an_unknown_form_is_refused(build):
    with pytest.raises(ReposeError, match=r"wrong-value.*'posewarp'.*posewarp1"):
        build(0 if build is random_features else {}, form="posewarp")


def test_scales_are_the_channels_standard_deviations():
    features = Features.from_state_dict(vgg().state_dict(), form="posewarp16")
    images = torch.cat([image(seed) * 0.3 * (seed + 1) for seed in range(3)])
    features.measure(images.split(2))
    wanted = activations(images, RELUS, average=True)[1:]
    assert [len(scale) for scale in features.scales] == [a.shape[1] for a in wanted]
    for scale, activation in zip(features.scales, wanted, strict=True):
        np.testing.assert_allclose(scale, activation.std((0, 2, 3)) + 0.1, rtol=1e-4)


def test_measuring_repeats_itself_and_does_not_depend_on_the_batches():
    images = torch.cat([image(seed) for seed in range(3)])
    found = []
    for batch in (2, 2, 1, 6):
        features = random_features(0, form="posewarp12")
        features.measure(images.split(batch))
        found.append(features.scales)
    for one, again, other, whole in zip(*found, strict=True):
        assert torch.equal(one, again)
        torch.testing.assert_close(one, other, rtol=1e-5, atol=0)
        torch.testing.assert_close(one, whole, rtol=1e-5, atol=0)


def test_a_channel_that_never_fires_divides_by_a_tenth():
    features = random_features(0, form="posewarp12")
    features.measure([torch.zeros(1, 3, 8, 8)])
    middle = features.scales[0]  # but for the border, where the image ends
    assert (middle >= 0.1).all()
    constant = Features([torch.nn.Identity()], [0], [1.0], [0.5] * 3, [0.5] * 3, scaled=True)
    constant.measure([torch.full((2, 3, 4, 4), 0.25)])
    torch.testing.assert_close(constant.scales[0], torch.full((3,), 0.1))


def test_a_scaled_form_wants_to_be_measured_first():
    with pytest.raises(RuntimeError, match="measure"):
        _ = random_features(0, form="posewarp12").scales
    with pytest.raises(ValueError, match="no images"):
        random_features(0, form="posewarp12").measure([])
    assert random_features(0).scales is None
