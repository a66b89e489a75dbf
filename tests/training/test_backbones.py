"""Backbones come from a proven file or not at all."""

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models.vgg import cfgs, make_layers

from repose.errors import ReposeError
from repose.files import sha256
from repose.losses import FORMS, IMAGENET_MEAN, IMAGENET_STD, perceptual
from repose.training import backbones
from repose.training.backbones import load_backbone, perceptual_features


@pytest.mark.parametrize("name", ["alexnet.pth", "alexnet.safetensors"])
def test_a_proven_file_is_loaded(tmp_path, name):
    path = tmp_path / name
    weights = {"features.0.weight": torch.rand(4, 3, 2, 2)}
    (save_file if path.suffix == ".safetensors" else torch.save)(weights, path)
    loaded = load_backbone("alexnet", str(path), sha256(path).upper(), without="")
    assert torch.equal(loaded["features.0.weight"], weights["features.0.weight"])


def test_the_perceptual_loss_gets_its_weights_from_the_file(tmp_path):
    layers = make_layers(cfgs["E"], batch_norm=False)[:32]
    weights = {f"features.{key}": value for key, value in layers.state_dict().items()}
    path = tmp_path / "vgg.safetensors"
    save_file(weights, path)
    features = perceptual_features(str(path), sha256(path), compat_means=False)
    image = torch.rand(1, 3, 16, 16) * 2 - 1
    normal = ((image + 1) / 2 - torch.tensor(IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(
        IMAGENET_STD
    ).view(3, 1, 1)
    torch.testing.assert_close(features(image)[-1], layers(normal))


def test_a_missing_file_names_its_mend():
    with pytest.raises(ReposeError, match=r"missing-weights.*/no/such\.pth.*random_features"):
        perceptual_features("/no/such.pth", "", compat_means=False)


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "vgg.pth"
    torch.save({}, path)
    with pytest.raises(ReposeError, match=f"wrong-weights.*{sha256(path)}"):
        load_backbone("vgg19", str(path), "0" * 64, without="")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x80\x04c__builtin__\neval\n."])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(ReposeError, match="wrong-weights"):
        load_backbone("alexnet", str(path), sha256(path), without="")


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"features.0.weight": torch.zeros(1)}, path)
    with pytest.raises(ReposeError, match="not torchvision's VGG19"):
        perceptual_features(str(path), sha256(path), compat_means=False)


@pytest.mark.parametrize("found", [torch.zeros(3, 2), {"step": 3}, [("a", torch.zeros(1))]])
def test_a_file_that_is_no_state_dict_is_refused(tmp_path, found):
    path = tmp_path / "x.pth"
    torch.save(found, path)
    with pytest.raises(ReposeError, match=r"wrong-weights.*no state dict"):
        load_backbone("alexnet", str(path), sha256(path), without="")


def test_each_user_is_told_what_goes_without():
    with pytest.raises(ReposeError, match="or '' for a run without"):
        load_backbone("alexnet", "/no/such.pth", "", without="")


def test_a_download_that_fails_says_what_to_do(monkeypatch):
    def fail(*_args, **_options):
        raise OSError("no network")

    monkeypatch.setattr(backbones, "load_state_dict_from_url", fail)
    with pytest.raises(ReposeError, match=r"missing-weights.*no network.*random_features"):
        perceptual_features("download", "", compat_means=False)


def test_random_features_are_the_same_everywhere():
    image, other = torch.rand(2, 1, 3, 32, 32) * 2 - 1
    a, b = (perceptual_features("random_features", "", compat_means=False) for _ in range(2))
    assert torch.equal(perceptual(a, image, other), perceptual(b, image, other))


@pytest.mark.parametrize("form", ["posewarp16", "vunet", "nearest"])
def test_each_loss_gets_the_form_that_it_names(tmp_path, form):
    layers = make_layers(cfgs["E"], batch_norm=False)
    weights = {f"features.{key}": value for key, value in layers.state_dict().items()}
    path = tmp_path / "vgg.safetensors"
    save_file(weights, path)
    trained = perceptual_features(str(path), sha256(path), compat_means=False, form=form)
    random = perceptual_features("random_features", "", compat_means=False, form=form)
    assert trained.weights == FORMS[form].weights
    assert len(trained.layers) == FORMS[form].taps[-1] + 1
    for features in (trained, random):
        assert features.pixels == FORMS[form].pixels
        assert features.scaled == FORMS[form].scaled
    with pytest.raises(ReposeError, match=r"wrong-value.*vunet"):
        perceptual_features("random_features", "", compat_means=False, form="vnet")


def test_unknown_backbones_are_named():
    with pytest.raises(ReposeError, match=r"did you mean 'vgg1[69]'"):
        load_backbone("vgg18", "download", "", without="")
