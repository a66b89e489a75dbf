"""The latents of the variational U-Net: where they lie, how they are drawn, and their prior."""

import torch

from repose.models import build_model
from repose.models.latent_unet import Prior, divergence, merge_groups, split_groups
from repose.parts.part_crops import CROPS
from tests.models.vunet_toy import MARKET, PAPER, build, given


def test_latents_lie_at_the_coarsest_scales():
    for block, size, sides in ((PAPER, 256, [4, 8]), (MARKET, 128, [2, 4])):
        torch.manual_seed(0)
        generator = build_model(block | {"width": 2, "widest": 4}, size).generator
        crops = torch.zeros(1, len(CROPS) * 3, 64, 64)
        assert crops.shape[-1] == generator.viewer.side
        means, _ = generator.enc_down(generator.enc_up(crops), sample=False)
        assert [mean.shape[-1] for mean in means] == sides


def test_training_draws_latents_and_evaluation_takes_means():
    generator = build()
    torch.manual_seed(1)
    one, other = (generator(*given())["image"] for _ in range(2))
    assert not torch.equal(one, other)
    generator.eval()
    one, other = (generator(*given())["image"] for _ in range(2))
    assert torch.equal(one, other)


def test_divergence_is_half_the_squared_distance():
    q, p = torch.randn(3, 4, 2, 2), torch.randn(3, 4, 2, 2)
    normal = torch.distributions.Normal
    wanted = torch.distributions.kl_divergence(normal(q, 1.0), normal(p, 1.0)).sum() / 3
    torch.testing.assert_close(divergence([q], [p]), wanted)
    torch.testing.assert_close(divergence([q, q], [p, q]), wanted)
    assert divergence([q], [q]) == 0


def test_groups_are_the_pixels_of_blocks():
    latent = torch.arange(2 * 3 * 4 * 6.0).view(2, 3, 4, 6)
    groups = split_groups(latent)
    for index, (row, column) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        assert torch.equal(groups[index], latent[:, :, row::2, column::2])
    assert torch.equal(merge_groups(groups), latent)


def test_the_prior_sees_the_groups_before():
    torch.manual_seed(0)
    prior = Prior(4, 0.0, single=False)
    features, latent = torch.randn(2, 1, 4, 4, 4)
    wanted = split_groups(prior(features, latent))
    for group, (row, column) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        other = latent.clone()
        other[:, :, row::2, column::2] += 1
        made = split_groups(prior(features, other))
        same = [torch.equal(a, b) for a, b in zip(made, wanted, strict=True)]
        assert same == [index <= group for index in range(4)]


def test_a_single_latent_pixel_has_a_prior_of_one_group():
    generator = build(bottleneck_factor=0)
    _, latents = generator.enc_down(generator.enc_up(torch.zeros(1, 24, 16, 16)), sample=True)
    assert [latent.shape[-1] for latent in latents] == [1, 2]
    made = generator(*given())
    (made["image"].mean() + made["kl"]).backward()
    assert all(weight.grad is not None for weight in generator.parameters())


def test_idle_weights_change_no_image():
    plain_net, idle = build(), build(compat=["idle"])
    idle.load_state_dict(plain_net.state_dict(), strict=False)
    images_made = [net.eval()(*given())["image"] for net in (plain_net, idle)]
    assert torch.equal(*images_made)
