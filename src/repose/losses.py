"""What a generated image is judged by while a model learns: L1, perceptual and adversarial losses.

All take images in [-1, 1], (B, 3, H, W), RGB, and return one scalar. They are computed in float32
whatever the precision of the network, because differences of near-equal numbers are all they are.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init
from torchvision.models import vgg19

# torchvision's `features` layers of VGG19 whose outputs (after the ReLU) are compared:
# block1_conv2 .. block5_conv2, with the weights of Knoche et al.'s code.
VGG_TAPS = (3, 8, 13, 22, 31)
VGG_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
# What torchvision's ImageNet weights expect of an image in [0, 1].
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Features(nn.Module):
    """A frozen convolutional network whose activations at several depths describe an image.

    Attributes:
        weights: one weight per returned activation, used by `perceptual`.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        layers: Sequence[nn.Module],
        taps: Sequence[int],
        weights: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        """Freeze the layers; `taps` are the indices of the layers whose outputs are returned."""
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.taps = frozenset(taps)
        self.weights = tuple(weights)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))
        self.requires_grad_(False)
        self.eval()

    @classmethod
    def from_state_dict(
        cls, state: Mapping[str, Tensor], *, compat_means: bool = False
    ) -> "Features":
        """Build VGG19 up to block5_conv2 from weights under torchvision's names.

        The original feeds Keras weights with images on a scale of 0..255; torchvision's were
        trained on normalised ones. So the loss has another absolute size here, and the weight it
        gets in the sum is not the original's in effect even where it is in name.

        Args:
            state: `features.{index}.weight` and `.bias`; other keys (the classifier) are ignored.
            compat_means: subtract blue's mean from red and red's from blue, as the original does.

        Raises:
            KeyError: a needed weight is missing.
        """
        with torch.device("meta"):  # its own fresh weights would cost seconds and random numbers
            layers = list(vgg19(weights=None).features.children())[: VGG_TAPS[-1] + 1]
        for index, layer in enumerate(layers):
            if isinstance(layer, nn.ReLU):
                layers[index] = nn.ReLU()  # torchvision's work in place, over a tapped output
            elif isinstance(layer, nn.Conv2d):
                layer.weight = nn.Parameter(state[f"features.{index}.weight"].detach().clone())
                layer.bias = nn.Parameter(state[f"features.{index}.bias"].detach().clone())
        mean = IMAGENET_MEAN[::-1] if compat_means else IMAGENET_MEAN
        return cls(layers, VGG_TAPS, VGG_WEIGHTS, mean, IMAGENET_STD)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the activations of an image in [-1, 1], shallow to deep."""
        x = ((image + 1) / 2 - self.mean) / self.std
        activations = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in self.taps:
                activations.append(x)
        return activations


def random_features(seed: int, width: int = 16, levels: int = 3) -> Features:
    """Build the fallback for when no trained weights are at hand: a small random VGG.

    Random filters still see edges, corners and texture, each level at half the resolution, so the
    loss rewards structure that L1 alone blurs away; what they lack is any sense of meaning. The
    same seed gives the same network on every machine. Every level counts alike.

    Args:
        seed: of the He-normal weights (He et al. 2015).
        width: channels of the first level; each level doubles them.
        levels: resolutions compared, at least 1.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    taps = []
    channels = 3
    for level in range(levels):
        if level:
            layers.append(nn.AvgPool2d(2))
        out = width * 2**level
        conv = skip_init(nn.Conv2d, channels, out, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
        layers += [conv, nn.ReLU()]
        taps.append(len(layers) - 1)
        channels = out
    return Features(layers, taps, [1 / levels] * levels, IMAGENET_MEAN, IMAGENET_STD)


def perceptual(features: Features, generated: Tensor, target: Tensor) -> Tensor:
    """Compare two images by the L1 distance of their activations (Johnson et al. 2016).

    Returns:
        sum over depths of weight * mean |difference|; the target carries no gradient.
    """
    with torch.no_grad():
        wanted = features(target)
    distances = [
        weight * (ours.float() - theirs.float()).abs().mean()
        for weight, ours, theirs in zip(features.weights, features(generated), wanted, strict=True)
    ]
    return torch.stack(distances).sum()


def l1(generated: Tensor, target: Tensor) -> Tensor:
    """Average the absolute difference over all pixels and channels."""
    return (generated.float() - target.float()).abs().mean()


def l1_foreground(generated: Tensor, target: Tensor, foreground: Tensor) -> Tensor:
    """Average the absolute difference over the pixels of a mask; 0 where the mask is empty.

    Args:
        generated: (B, 3, H, W).
        target: (B, 3, H, W).
        foreground: (B, 1, H, W), bool or in [0, 1]; all images of the batch share one average.
    """
    weight = foreground.to(torch.float32)
    difference = (generated.float() - target.float()).abs().mean(dim=1, keepdim=True)
    return (difference * weight).sum() / weight.sum().clamp(min=1)


def adversarial_generator(generated_logits: Tensor) -> Tensor:
    """Reward logits that call the generated image real (Goodfellow et al. 2014, sec. 3)."""
    return functional.softplus(-generated_logits.float()).mean()


def adversarial_discriminator(
    real_logits: Tensor, generated_logits: Tensor, real_label: float
) -> Tensor:
    """Teach real images the label `real_label` and generated ones 0, by cross entropy.

    Args:
        real_logits: (B,).
        generated_logits: (B,), of images cut off from the generator's graph.
        real_label: 1 as in the paper; 0.875 is the original code's one-sided smoothing.
    """
    real = real_logits.float()
    label = torch.full_like(real, real_label)
    return (
        functional.binary_cross_entropy_with_logits(real, label)
        + functional.softplus(generated_logits.float()).mean()
    )
