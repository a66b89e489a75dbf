"""The original's sizes have exactly the weights of its code, block by block."""

from typing import Any

import pytest
import torch
from torch import nn

from repose.models import build_model
from tests.models.deformable_toy import TOY
from tests.models.toys import poses

# The original's two sizes, and seed 003's.
MARKET = TOY | {
    "window": [128, 64],
    "sigma_px": 6.0,
    "warped_levels": 4,
    "encoder_widths": [64, 128, 256, 512, 512, 512],
    "decoder_widths": [512, 512, 512, 256, 128],
    "dropout": 0.5,
    "dropped_blocks": 3,
    "critic_widths": [64, 128, 256, 512],
    "compat": ["layer_norm"],
}
FASHION = MARKET | {
    "window": [0, 0],
    "encoder_widths": [64, 128, 256, 512, 512, 512, 512],
    "decoder_widths": [512, 512, 512, 512, 256, 128],
}
SEED003 = MARKET | {
    "window": [128, 72],
    "joints": "coco17",
    "critic": "small",
    "critic_widths": [64, 128],
    "critic_linears": [64, 16],
}


def weights(*modules: nn.Module) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


def drawn(block: dict[str, Any], size: int) -> nn.Module:
    with torch.device("meta"):  # shapes only
        return build_model(block, size)


@pytest.mark.parametrize(
    ("block", "size", "moved", "baseline"),
    [(MARKET, 128, 61_109_085, 36_072_533), (FASHION, 256, 82_080_611, 48_655_449)],
)
def test_the_originals_weights(block, size, moved, baseline):
    for skip in ("mask", "full"):
        assert weights(drawn(block | {"warp_skip": skip}, size).generator) == moved
    assert weights(drawn(block | {"warp_skip": "none"}, size).generator) == baseline
    assert weights(drawn(block, size).discriminator) == 2_803_782
    learned = drawn(block | {"warp_skip": "stn"}, size).generator
    assert weights(learned.pull) == 73 * 64 + 65 * 32 + 33 * 6
    assert weights(learned) == moved + weights(learned.pull)


def test_the_originals_weights_block_by_block():
    generator = drawn(MARKET, 128).generator
    body = 16 * (64 * 128 + 128 * 256 + 256 * 512 + 2 * 512 * 512)  # 4 x 4 kernels without bias
    for encoder, channels in ((generator.appearance, 21), (generator.pose, 18)):
        assert weights(encoder.stem) == 9 * channels * 64 + 64
        assert weights(encoder.body) == body + 4 * 2
    inputs, outputs = [1024, 1536, 1536, 1024, 512], [512, 512, 512, 256, 128]
    ups = 16 * sum(one * other for one, other in zip(inputs, outputs, strict=True))
    assert weights(generator.decoder.body) == ups + 5 * 2
    assert weights(generator.decoder.head) == 9 * 256 * 3 + 3
    baseline = drawn(MARKET | {"warp_skip": "none"}, 128).generator
    assert weights(baseline.encoder.stem) == 9 * 39 * 64 + 64


def test_what_the_sound_normalisation_adds():
    ours, theirs = (drawn(MARKET | {"compat": c}, 128) for c in ([], ["layer_norm"]))
    normalised = 2 * (128 + 256 + 512 + 512) + 3 * 512 + 256 + 128
    layers = 2 * 4 + 5
    more = 2 * (normalised - layers)  # a scale and a shift per channel instead of per layer
    assert weights(ours.generator) - weights(theirs.generator) == more
    more = 2 * (128 + 256 + 512 - 3)
    assert weights(ours.discriminator) - weights(theirs.discriminator) == more


def test_the_weights_of_seed_003():
    model = drawn(SEED003 | {"compat": []}, 128)
    assert weights(model.generator) == 61_117_379
    convolutions = 9 * 3 * 64 + 25 * 64 * 128 + 100 * 128
    assert weights(model.discriminator.body) == convolutions
    assert [layer.in_features for layer in model.discriminator.linears] == [6441, 64, 16]
    assert model.generator.window.shape == (128, 96)  # five halvings


@pytest.mark.parametrize(
    ("block", "size", "patches"), [(MARKET, 128, 3 * 1), (FASHION, 256, 7 * 7)]
)
def test_the_critic_judges_patches(block, size, patches):
    narrow = {"encoder_widths": [2] * 3, "decoder_widths": [2] * 2, "critic_widths": [2] * 4}
    model = build_model(block | narrow | {"dropped_blocks": 0, "warped_levels": 2}, size)
    shown = torch.rand(2, 3, size, size)
    assert model.discriminator(shown, shown, poses(2), poses(2)).shape == (2, patches)
