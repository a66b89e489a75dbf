"""What the two networks of a game are taught, from logits of any shape: positive for real."""

import torch
from torch import Tensor
from torch.nn import functional


def adversarial_generator(generated_logits: Tensor) -> Tensor:
    """Reward logits that call the generated image real (Goodfellow et al. 2014, sec. 3)."""
    return functional.softplus(-generated_logits.float()).mean()


def adversarial_discriminator(
    real_logits: Tensor,
    generated_logits: Tensor,
    source_logits: Tensor | None = None,
    *,
    real_label: float,
) -> Tensor:
    """Teach real images the label `real_label` and generated ones 0, by cross entropy.

    With `source_logits` the source image is judged, too: a real person, but in the wrong pose. The
    real images then weigh 1/2, the generated ones and the sources 1/4 each, as in the code of Ma
    et al. (2017); without, both cross entropies are summed.

    Args:
        real_logits: (B,), or (B, n) with a logit per patch, which all count alike.
        generated_logits: likewise, of images cut off from the generator's graph.
        source_logits: likewise, of the source images.
        real_label: 1 as in the paper; 0.875 is the one-sided smoothing of Knoche et al.'s code.
    """
    real = real_logits.float()
    label = torch.full_like(real, real_label)
    right = functional.binary_cross_entropy_with_logits(real, label)
    wrong = functional.softplus(generated_logits.float()).mean()
    if source_logits is None:
        return right + wrong
    unmoved = functional.softplus(source_logits.float()).mean()
    return 0.5 * right + 0.25 * wrong + 0.25 * unmoved
