"""Frozen networks whose activations describe an image.

VGG19, or a small random network where no trained weights are at hand; either serves all forms.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init
from torchvision.models import vgg19

from repose.losses.forms import named_form

# What torchvision's ImageNet weights expect of an image in [0, 1].
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# Added to the activations' standard deviations, so that a channel that never fires divides by
# something (Balakrishnan et al.'s code).
LEAST_SCALE = 0.1


RANDOM_WIDTH = 16  # channels of the first level of the random network; each level doubles them
RANDOM_LEVELS = 3  # its resolutions


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
        *,
        pixels: bool = False,
        scaled: bool = False,
    ) -> None:
        """Freeze the layers.

        Args:
            layers: applied in turn to an image in [0, 1] minus `mean`, divided by `std`.
            taps: indices of the layers whose outputs are returned.
            weights: one for each output that is returned.
            mean: of each channel.
            std: of each channel.
            pixels: return the layers' input first.
            scaled: `perceptual` divides by what `measure` finds, which must come first.
        """
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.taps = frozenset(taps)
        self.weights = tuple(weights)
        self.pixels, self.scaled = pixels, scaled
        self._measured = False
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))
        self.requires_grad_(False)
        self.eval()

    @classmethod
    def from_state_dict(
        cls, state: Mapping[str, Tensor], *, form: str = "knoche", compat_means: bool = False
    ) -> "Features":
        """Build VGG19 up to the last layer that the form compares, from torchvision's weights.

        The originals feed Keras weights with images on a scale of 0..255; torchvision's were
        trained on normalised ones. So the losses have another absolute size here, and the weight
        one gets in the sum is not the original's in effect even where it is in name. (A scaled
        form is free of that, but for the 0.1.)

        Args:
            state: `features.{index}.weight` and `.bias`; other keys (the classifier) are ignored.
            form: a key of `FORMS`.
            compat_means: subtract blue's mean from red and red's from blue, as the original does.

        Raises:
            KeyError: a needed weight is missing.
            ReposeError: wrong-value, for an unknown form.
        """
        wanted = named_form(form)
        with torch.device("meta"):  # its own fresh weights would cost seconds and random numbers
            layers = list(vgg19(weights=None).features.children())[: wanted.taps[-1] + 1]
        for index, layer in enumerate(layers):
            if isinstance(layer, nn.ReLU):
                layers[index] = nn.ReLU()  # torchvision's work in place, over a tapped output
            elif isinstance(layer, nn.MaxPool2d) and wanted.average:
                layers[index] = nn.AvgPool2d(2)
            elif isinstance(layer, nn.Conv2d):
                layer.weight = nn.Parameter(state[f"features.{index}.weight"].detach().clone())
                layer.bias = nn.Parameter(state[f"features.{index}.bias"].detach().clone())
        mean = IMAGENET_MEAN[::-1] if compat_means else IMAGENET_MEAN
        return cls(
            layers,
            wanted.taps,
            wanted.weights,
            mean,
            IMAGENET_STD,
            pixels=wanted.pixels,
            scaled=wanted.scaled,
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the activations of an image in [-1, 1], shallow to deep."""
        x = ((image + 1) / 2 - self.mean) / self.std
        activations = [x] if self.pixels else []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in self.taps:
                activations.append(x)
        return activations

    @torch.no_grad()
    def measure(self, images: Iterable[Tensor]) -> None:
        """Measure what a scaled form divides by: each channel's standard deviation + 0.1.

        Over all positions of all images, in float64, one batch in memory at a time. Balakrishnan
        et al. read theirs from a file about their own training set; here they are measured on the
        images at hand, which should be the training set's. The same images in the same batches
        give the same scales.

        Args:
            images: batches (B, 3, H, W) in [-1, 1], on the device of the network; not none.
        """
        sums: list[Tensor] = []  # per activation: sum and sum of squares, (2, C)
        counts: list[int] = []
        for batch in images:
            found = [activation.double() for activation in self(batch)]
            moments = [torch.stack((x.sum((0, 2, 3)), x.square().sum((0, 2, 3)))) for x in found]
            sizes = [x[:, 0].numel() for x in found]
            sums = [a + b for a, b in zip(sums, moments, strict=True)] if sums else moments
            counts = [a + b for a, b in zip(counts, sizes, strict=True)] if counts else sizes
        if not counts:
            raise ValueError("no images to measure activations on")
        for index, (total, count) in enumerate(zip(sums, counts, strict=True)):
            mean, square = total / count
            scale = (square - mean.square()).clamp(min=0).sqrt() + LEAST_SCALE
            self.register_buffer(f"scale{index}", scale.float())
        self._measured = True

    @property
    def scales(self) -> list[Tensor] | None:
        """What each activation's channels are divided by: (C,) each, or None where by nothing.

        Raises:
            RuntimeError: the form is scaled, and nothing was measured.
        """
        if not self.scaled:
            return None
        if not self._measured:
            raise RuntimeError("Features.measure comes before a scaled perceptual loss")
        return [self.get_buffer(f"scale{index}") for index in range(len(self.weights))]


def random_features(seed: int, *, form: str = "knoche") -> Features:
    """Build the fallback for when no trained weights are at hand: a small random VGG.

    Random filters still see edges, corners and texture, each level at half the resolution, so the
    loss rewards structure that L1 alone blurs away; what they lack is any sense of meaning. The
    same seed gives the same network on every machine, whatever the form. It has its own taps, one
    per level; the form says whether pixels come first and whether differences are scaled. All
    weights are equal: 1 each where they are so in the form, else they add up to 1. The form
    `nearest` has the first level only.

    Args:
        seed: of the He-normal weights (He et al. 2015).
        form: a key of `FORMS`.

    Raises:
        ReposeError: wrong-value, for an unknown form.
    """
    wanted = named_form(form)
    layers = _random_layers(seed, RANDOM_WIDTH, min(RANDOM_LEVELS, len(wanted.taps)))
    taps = [index for index, layer in enumerate(layers) if isinstance(layer, nn.ReLU)]
    outputs = len(taps) + wanted.pixels
    weights = [1.0 if set(wanted.weights) == {1.0} else 1 / outputs] * outputs
    return Features(
        layers,
        taps,
        weights,
        IMAGENET_MEAN,
        IMAGENET_STD,
        pixels=wanted.pixels,
        scaled=wanted.scaled,
    )


def _random_layers(seed: int, width: int, levels: int) -> list[nn.Module]:
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    channels = 3
    for level in range(levels):
        if level:
            layers.append(nn.AvgPool2d(2))
        out = width * 2**level
        conv = skip_init(nn.Conv2d, channels, out, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
        layers += [conv, nn.ReLU()]
        channels = out
    return layers
