"""The forms of the losses on activations: each is one paper's choice of layers and weights."""

from collections.abc import Mapping
from dataclasses import dataclass

from repose.errors import ReposeError, nearest

# torchvision's `features` layers of VGG19: the ReLUs behind block1_conv1 .. block5_conv4.
VGG_RELUS = (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29, 31, 33, 35)
# Of these, block1_conv2 .. block5_conv2, with the weights of Knoche et al.'s code.
VGG_TAPS = (3, 8, 13, 22, 31)
VGG_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


@dataclass(frozen=True)
class Form:
    """Which activations a loss compares, and how they are weighted.

    Attributes:
        taps: Indices of the layers of torchvision's VGG19 whose outputs are compared.
        weights: One for each compared activation, the pixels' first where `pixels` is set.
        average: VGG19 pools by the mean instead of the maximum.
        pixels: The network's input, the normalised image, is compared, too.
        scaled: Differences are divided by each channel's standard deviation + 0.1.
    """

    taps: tuple[int, ...]
    weights: tuple[float, ...]
    average: bool = False
    pixels: bool = False
    scaled: bool = False


def _posewarp(layers: int) -> Form:
    return Form(VGG_RELUS[:layers], (1 / layers,) * layers, average=True, scaled=True)


FORMS: Mapping[str, Form] = {
    # Knoche et al. 2020, their code.
    "knoche": Form(VGG_TAPS, VGG_WEIGHTS),
    # Balakrishnan et al. 2018: up to block4_conv4 in their code, all 16 layers in their text.
    "posewarp12": _posewarp(12),
    "posewarp16": _posewarp(16),
    # Esser et al. 2018: pixels and block1_conv2 .. block5_conv2.
    "vunet": Form(VGG_TAPS, (1.0,) * 6, pixels=True),
    # Siarohin et al. 2018, for `nearest`: block1_conv2 alone, so nothing deeper is computed.
    "nearest": Form(VGG_TAPS[:1], (1.0,)),
}


def named_form(name: str) -> Form:
    """Return the form of a name.

    Raises:
        ReposeError: wrong-value, with the nearest name that there is.
    """
    if name not in FORMS:
        raise ReposeError(
            "wrong-value", f"no form '{name}' of the perceptual loss", mend=nearest(name, FORMS)
        )
    return FORMS[name]
