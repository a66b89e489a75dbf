import pytest
import torch
from torch import Tensor, nn

from repose.models.blocks import (
    Bottleneck,
    GroupNorm,
    PartialConv,
    Residual3d,
    channels_last,
    init_he,
)


def normalised(values: Tensor) -> Tensor:
    return (values - values.mean()) / (values.var(unbiased=False) + 1e-5).sqrt()


def test_statistics_run_over_a_group_and_the_whole_volume():
    x = torch.randn(2, 6, 3, 4, 5)
    y = GroupNorm(3, 6)(x)
    torch.testing.assert_close(y[1, 2:4], normalised(x[1, 2:4]))


def test_rows_have_statistics_of_their_own():
    x = torch.randn(2, 6, 3, 4, 5)
    y = GroupNorm(3, 6, rows=True)(x)
    torch.testing.assert_close(y[1, 2:4, :, 3], normalised(x[1, 2:4, :, 3]))


def test_as_many_groups_as_divide_the_channels():
    assert GroupNorm(32, 48).num_groups == 24


def test_normalisation_keeps_half_precision():
    norm = GroupNorm(2, 4)
    x = torch.randn(1, 4, 5, 5).bfloat16() + 30
    with torch.autocast("cpu", torch.bfloat16):
        y = norm(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), norm(x.float()), atol=0.05, rtol=0.05)


def test_he_initialisation_has_its_variance():
    layer = nn.Conv2d(64, 64, 3)
    init_he(layer)
    assert layer.weight.var().item() == pytest.approx(2 / (64 * 9), rel=0.05)
    assert not layer.bias.any()


@pytest.mark.parametrize(
    ("options", "side"), [({}, 8), ({"stride": 2}, 4), ({"up": True}, 16), ({"dilation": 2}, 8)]
)
@pytest.mark.parametrize("outputs", [8, 16])
def test_bottleneck_sizes(options, side, outputs):
    assert Bottleneck(8, outputs, 4, **options)(torch.randn(2, 8, 8, 8)).shape == (
        (2, outputs, side, side)
    )


def test_residuals_pass_their_input_on():
    x = torch.randn(1, 4, 3, 3, 3)
    block = Residual3d(4, 2)
    nn.init.zeros_(block.conv2.weight)
    torch.testing.assert_close(block(x), x)


def partial_convolution(x: Tensor, masks: Tensor, layer: PartialConv) -> tuple[Tensor, Tensor]:
    """Liu et al. 2018, equations 1 and 2, window by window with a mask for every channel."""
    weight, k, s = layer.conv.weight, layer.kernel, layer.stride
    padded = nn.functional.pad(x * masks, (k // 2,) * 4)
    padded_masks = nn.functional.pad(masks, (k // 2,) * 4)
    rows, columns = (-(-n // s) for n in x.shape[2:])
    y = torch.zeros(len(x), weight.shape[0], rows, columns)
    seen = torch.zeros(len(x), 1, rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = (..., slice(i * s, i * s + k), slice(j * s, j * s + k))
            known = padded_masks[window].flatten(1).sum(1)
            ratio = torch.where(known > 0, weight[0].numel() / known, 0.0)
            sums = torch.einsum("bchw,ochw->bo", padded[window], weight)
            y[..., i, j] = sums * ratio[:, None] + layer.bias
            seen[:, 0, i, j] = (known > 0).float()
    return y, seen


@pytest.mark.parametrize("stride", [1, 2])
def test_partial_convolution_is_that_of_the_paper(stride):
    layer = PartialConv(5, 4, 3, stride=stride, original_ratio=False)
    nn.init.normal_(layer.bias)
    one, other = (torch.rand(2, 2, 1, 8, 8) > 0.6).float()
    masks = torch.cat([one.expand(-1, 2, -1, -1), other.expand(-1, 3, -1, -1)], dim=1)
    x = torch.randn(2, 5, 8, 8) * masks
    y, seen = layer(x, masks.mean(dim=1, keepdim=True))
    wanted, wanted_seen = partial_convolution(x, masks, layer)
    torch.testing.assert_close(y, wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(seen, wanted_seen)


def test_the_original_ratio_divides_by_the_channels():
    layer = PartialConv(5, 4, 3, original_ratio=False)
    original = PartialConv(5, 4, 3, original_ratio=True)
    original.load_state_dict(layer.state_dict())
    x, known = torch.randn(1, 5, 8, 8), torch.ones(1, 1, 8, 8)
    torch.testing.assert_close(5 * original(x, known)[0], layer(x, known)[0])


def test_channels_last_changes_the_layout_only():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    x = torch.randn(2, 3, 9, 9)
    wanted = network(x)
    y = channels_last(network)(x)
    assert y.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, wanted)
