"""The paper's size has exactly the weights of its code, block by block."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from repose.models import build_model
from repose.recipes import network_block
from tests.models.toys import TOY

# Depth 33, the noise channel and the bare decoder are the original's; everything else is ours.
ORIGINAL = {"depth": 33, "compat": ["noise", "bare_decoder"]}


def paper() -> dict[str, Any]:
    text = Path("config/config.yaml").read_text()  # the tests run at the repository's root
    return yaml.safe_load(text)["models"]["warp3d"]


def weights(*modules: nn.Module) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


def built(**changes: Any) -> nn.Module:
    with torch.device("meta"):  # shapes only
        return build_model(paper() | changes, 256)


def test_the_originals_weights_block_by_block():
    generator = built(**ORIGINAL).generator
    lifting, decoder = generator.lifting, generator.projection
    assert weights(lifting.stem, lifting.body) == 1_446_016
    assert weights(lifting.norm, lifting.lift) == 9_735_232
    assert weights(lifting.body3d) == 664_704
    assert weights(generator.pose) == 182_912
    assert weights(decoder.body3d) == 1_494_720
    assert weights(decoder.body, decoder.norm, decoder.head) == 7_694_404
    assert weights(generator.inpainter) == 25_787_439
    assert weights(generator) == 47_005_427


def test_the_originals_discriminator():
    assert weights(built().discriminator) == 10_475_841
    assert built().discriminator.stem.weight.shape == (64, 614, 7, 7)


def test_what_the_sound_version_adds_and_leaves_out():
    ours, theirs = built().generator, built(compat=["noise", "bare_decoder"]).generator
    assert weights(theirs.inpainter) - weights(ours.inpainter) == 64 * 7 * 7 + 3 * 3 * 3
    # Each of two normalisations has twice the weights of the bias that it replaces.
    middles = [width // 4 for width in paper()["decoder_widths"]]
    assert weights(ours.projection) - weights(theirs.projection) == 2 * sum(middles)


@pytest.mark.parametrize("warp", ["3d", "2d"])
def test_ablations_have_the_same_weights(warp):
    reference = built().generator
    ablation = built(warp=warp, pose="2d").generator
    shapes = {name: weight.shape for name, weight in ablation.state_dict().items()}
    assert shapes == {name: weight.shape for name, weight in reference.state_dict().items()}


def test_the_config_names_every_field():
    assert set(paper()) == set(TOY)


def test_fresh_weights_follow_the_seed():
    one, other = (torch.manual_seed(3) and build_model(TOY, 32) for _ in range(2))
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


# Generator and critic of each block of the config as it stands, at its own image size. The
# originals' counts, but where a docstring says what the sound version has otherwise.
COUNTS = {
    "posewarp": (7_863_314, 6_625_409),
    "posewarp7": (7_790_637, 6_580_609),
    "deformable": (82_093_123, 2_805_568),
    "deformable_full": (82_093_123, 2_805_568),
    "deformable_market": (61_118_531, 2_805_568),
    "deformable17": (61_117_379, 632_673),
    "vunet25d": (46_042_118, 0),
    "vunet": (46_042_118, 0),
    "vunet_market": (46_188_422, 0),
    "pg2": (122_103_235 + 12_696_067, 10_896_257),
    "pg2_market": (70_795_075 + 6_206_339, 4_324_737),
}
# What brings the original's own numbers back.
COMPAT = {
    "deformable": ("layer_norm", 82_080_611, 2_803_782),
    "deformable_baseline": ("layer_norm", 48_655_449, 2_803_782),
    "deformable_market": ("layer_norm", 61_109_085, 2_803_782),
    "deformable_market_baseline": ("layer_norm", 36_072_533, 2_803_782),
    "vunet25d": ("idle", 47_272_966, 0),
    "vunet_market": ("idle", 47_419_270, 0),
    "pg2_market": ("bare_finest", 70_795_075 + 6_058_883, 4_324_737),
}


def counted(name: str, **changes: Any) -> tuple[int, int]:
    blocks = yaml.safe_load(Path("config/config.yaml").read_text())["models"]
    size = 128 if name in ("deformable17", *(n for n in blocks if "market" in n)) else 256
    with torch.device("meta"):
        model = build_model(network_block(blocks[name]) | changes, size)
    critic = [model.discriminator] if model.discriminator else []
    return weights(model.generator), weights(*critic)


@pytest.mark.parametrize("name", COUNTS)
def test_every_family_of_the_config_has_its_weights(name):
    assert counted(name) == COUNTS[name]


@pytest.mark.parametrize("name", COMPAT)
def test_the_originals_weights_come_back_by_name(name):
    option, generator, critic = COMPAT[name]
    assert counted(name, compat=[option]) == (generator, critic)
