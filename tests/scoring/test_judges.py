"""The VGG loss of a pair, and networks from files."""

import numpy as np
import pytest
import torch
from torchvision.models import alexnet, vgg

from repose.errors import ReposeError
from repose.files import sha256
from repose.losses import Features
from repose.metrics.inception import KINDS
from repose.metrics.lpips import BACKBONES
from repose.scoring import judges
from repose.training.backbones import URLS

CPU = torch.device("cpu")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# ReLUs of block1_conv1 .. block4_conv4 in torchvision's VGG19.
TWELVE = (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26)


@pytest.fixture(scope="module")
def layers():
    torch.manual_seed(0)
    return vgg.make_layers(vgg.cfgs["E"])


@pytest.fixture(scope="module")
def features(layers):
    state = {f"features.{name}": values for name, values in layers.state_dict().items()}
    return Features.from_state_dict(state, form=judges.VGG_FORM)


def pictures(count):
    return list(np.random.default_rng(1).integers(0, 256, (count, 16, 16, 3), dtype=np.uint8))


def activations(layers, image):
    """As the loss sees an image, but with averages pooled, in float64 by hand."""
    x = torch.from_numpy(image).permute(2, 0, 1)[None].double() / 255
    mean, std = (
        [[[m]] for m in values] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    x = (x - torch.tensor([mean])) / torch.tensor([std])
    found = []
    for index, layer in enumerate(layers):
        if isinstance(layer, torch.nn.MaxPool2d):
            x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
        elif isinstance(layer, torch.nn.ReLU):
            x = x.clamp(min=0)
            found += [x[0]] if index in TWELVE else []
        else:
            weight, bias = layer.weight.double(), layer.bias.double()
            x = torch.nn.functional.conv2d(x, weight, bias, padding=1)
    return found


@torch.no_grad()
def test_vgg_loss_is_the_normalised_distance(layers, features):
    """Balakrishnan et al. 2018: each channel's L1 over its deviation + 0.1, mean over layers."""
    true, generated = pictures(4)[:2], pictures(4)[2:]
    judges.measure_vgg(features, true)
    of_true = [activations(layers, image) for image in true]
    scales = [
        torch.stack(layer).transpose(0, 1).flatten(1).std(1, correction=0) + 0.1
        for layer in zip(*of_true, strict=True)
    ]
    for image, wanted, found in zip(
        generated, of_true, judges.vgg_scores(features, generated, true), strict=True
    ):
        ours = activations(layers, image)
        terms = [
            ((a - b).abs().mean((1, 2)) / scale).mean()
            for a, b, scale in zip(ours, wanted, scales, strict=True)
        ]
        assert found["vgg_loss"] == pytest.approx(float(sum(terms) / 12), rel=1e-4)
    assert judges.vgg_scores(features, true, true) == [{"vgg_loss": 0.0}] * 2


def test_without_weights_each_says_what_is_missing():
    for load, key in (
        (lambda: judges.load_lpips("vgg", "", ""), "lpips_weights"),
        (lambda: judges.load_vgg("", ""), "vgg_weights"),
        (lambda: judges.load_inception("tf", "", ""), "inception_weights"),
    ):
        network, told = load()
        assert network is None
        assert not told.protocols
        assert key in told.notes[0]
    assert np.isnan(judges.vgg_scores(None, pictures(1), pictures(1))[0]["vgg_loss"])


@pytest.mark.parametrize(
    ("load", "named"),
    [
        (judges.load_vgg, "torchvision's weights of vgg19"),
        (lambda *file: judges.load_inception("tf", *file), "Inception graph of 2015-12-05"),
        (lambda *file: judges.load_inception("torchvision", *file), "inception_v3"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, load, named):
    path = tmp_path / "other.pth"
    torch.save({"features.0.weight": torch.zeros(3)}, path)
    with pytest.raises(ReposeError, match=rf"wrong-weights.*other\.pth; .*{named}"):
        load(str(path), sha256(path))


def test_no_random_network_stands_in_for_weights():
    with pytest.raises(ReposeError, match="missing-weights"):
        judges.load_vgg("random_features", "")


@pytest.fixture(scope="module")
def alexnet_weights(tmp_path_factory):
    """A file of the layers that LPIPS looks at, without the large classifier."""
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    with torch.device("meta"):
        shapes = alexnet(weights=None).features.state_dict()
    state = {f"features.{name}": torch.zeros(value.shape) for name, value in shapes.items()}
    torch.save(state, path)
    return path


def test_the_part_that_is_seen_is_said(alexnet_weights):
    file = str(alexnet_weights), sha256(alexnet_weights)
    _, told = judges.load_lpips("alex", *file, "of the middle 176x256 px")
    assert told.protocols["lpips"].endswith("own size; of the middle 176x256 px")


def test_another_network_is_named():
    with pytest.raises(ReposeError, match="unknown-network"):
        judges.load_inception("keras", "", "")


def test_every_network_can_be_downloaded():
    assert set(judges.INCEPTIONS) == set(KINDS)
    assert {"vgg19", *judges.INCEPTIONS.values()} <= set(URLS)


def other_weights(path, kind):
    """Write a file that is not AlexNet's weights."""
    shaped = dict.fromkeys(alexnet(weights=None).state_dict(), torch.zeros(1))
    saved = {
        "another network": {"layer.weight": torch.zeros(1)},
        "other shapes": shaped,
        "a tensor": torch.zeros(3, 2),
        "a checkpoint": {"step": 3, "state_dict": shaped},
    }
    written = {"empty": b"", "rubbish": b"\x80rubbish", "text": b"<html>Not found</html>"}
    if kind in saved:
        torch.save(saved[kind], path)
    else:
        path.write_bytes(written[kind])


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize(
    "kind",
    ["empty", "rubbish", "text", "another network", "other shapes", "a tensor", "a checkpoint"],
)
def test_weights_of_something_else_are_refused(tmp_path, kind):
    weights = tmp_path / "other.pth"
    other_weights(weights, kind)
    with pytest.raises(ReposeError, match=r"wrong-weights.*other\.pth; .*alexnet"):
        judges.load_lpips("alex", str(weights), sha256(weights))


def test_weights_that_were_not_promised_are_refused(alexnet_weights):
    for promised in ("", "0" * 64):
        with pytest.raises(ReposeError, match=r"wrong-weights.*alexnet\.pth; set the sha256"):
            judges.load_lpips("alex", str(alexnet_weights), promised)


def test_every_lpips_network_can_be_downloaded():
    assert set(BACKBONES.values()) <= set(URLS)
