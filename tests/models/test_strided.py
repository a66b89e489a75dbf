import torch

from repose.models.strided import Decoder, Encoder, LayerNorm


def test_a_layer_norm_is_that_of_the_original():
    x = 3 + 2 * torch.randn(2, 4, 5, 6)
    wanted = (x - x.mean((1, 2, 3), keepdim=True)) / (
        x.std((1, 2, 3), correction=0, keepdim=True) + 1e-3
    )
    norm = LayerNorm()
    torch.testing.assert_close(norm(x), wanted)
    flat = torch.full((1, 2, 3, 3), 7.0, requires_grad=True)
    norm(flat).sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_a_decoder_joins_each_level_and_activates_all_that_it_joins():
    levels = Encoder(3, [4, 6, 8], "instance")(torch.randn(2, 3, 16, 24))
    assert [tuple(level.shape[1:]) for level in levels] == [(4, 16, 24), (6, 8, 12), (8, 4, 6)]
    decoder, seen = Decoder([4, 6, 8], [5, 7], "instance", 0.0, 0), []
    decoder.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    assert decoder(levels).shape == (2, 3, 16, 24)
    assert seen[0].shape == (2, 7 + 4, 16, 24)
    assert torch.equal(seen[0][:, 7:], levels[0].clamp(min=0))
    assert seen[0].min() == 0
