"""What a generated image is judged by while a model learns: tensors in, one scalar out.

forms        which activations each paper's loss compares, and how
features     the frozen networks behind the losses on activations
activations  perceptual, Gram and nearest-neighbour losses: what such a network makes of images
pixels       L1, over the whole image or within a mask
adversarial  what the two networks of a game are taught

Those on images take them in [-1, 1], (B, 3, H, W), RGB; all return one scalar. They are computed
in float32 whatever the precision of the network, because differences of near-equal numbers are
all they are.
"""

from repose.losses.activations import gram, nearest, perceptual
from repose.losses.adversarial import adversarial_discriminator, adversarial_generator
from repose.losses.features import IMAGENET_MEAN, IMAGENET_STD, Features, random_features
from repose.losses.forms import FORMS, VGG_TAPS, VGG_WEIGHTS, Form, named_form
from repose.losses.pixels import l1, l1_foreground, l1_masked

__all__ = [
    "FORMS",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "VGG_TAPS",
    "VGG_WEIGHTS",
    "Features",
    "Form",
    "adversarial_discriminator",
    "adversarial_generator",
    "gram",
    "l1",
    "l1_foreground",
    "l1_masked",
    "named_form",
    "nearest",
    "perceptual",
    "random_features",
]
