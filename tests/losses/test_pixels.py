import numpy as np
import pytest
import torch

from repose.losses import l1, l1_foreground, l1_masked
from tests.losses.made import image


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


def test_masked_l1_divides_by_the_size_of_the_image():
    a, b = image(0), image(1)
    mask = torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    mask[0, :, :16, :8] = True
    difference = np.abs(a.numpy() - b.numpy())
    wanted = (difference * mask.numpy()).mean()
    assert l1_masked(a, b, mask).item() == pytest.approx(wanted, rel=1e-6)
    both = (difference * (1 + mask.numpy())).mean()
    assert (l1(a, b) + l1_masked(a, b, mask)).item() == pytest.approx(both, rel=1e-6)
    assert l1_masked(a, b, torch.zeros_like(mask)) == 0
    black, white, whole = -torch.ones_like(a), torch.ones_like(a), torch.ones_like(mask)
    assert l1_masked(black, white, whole) == 2


@pytest.mark.parametrize("loss", [l1_foreground, l1_masked])
def test_nothing_is_taught_outside_the_mask(loss):
    made, mask = image(0).requires_grad_(), torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    mask[:, :, 5:9, 3:30] = True
    loss(made, image(1), mask).backward()
    taught = made.grad != 0
    assert torch.equal(taught, mask.expand_as(taught))
