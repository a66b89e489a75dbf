"""What the two networks are taught: the weighted sum of the losses."""

from dataclasses import dataclass

import torch
from torch import Tensor

from repose import losses
from repose.losses import Features
from repose.parts import part_masks
from repose.training.batches import Batch


@dataclass(frozen=True)
class Objective:
    """The weights of the losses; a loss of weight 0 is not computed.

    Args:
        features: The network behind the perceptual loss.
        perceptual: Its weight.
        adversarial: Weight of the discriminator's judgement; at 0 there is no discriminator.
        l1: Weight of L1 over the whole image.
        l1_foreground: Weight of L1 over the target's body.
        real_label: What the discriminator is taught to say of real images.
    """

    features: Features | None
    perceptual: float
    adversarial: float
    l1: float
    l1_foreground: float
    real_label: float

    def generator(
        self, generated: Tensor, batch: Batch, logits: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the generator's losses by name, unweighted, and their weighted sum as `loss`.

        Args:
            generated: (B, 3, S, S) in [-1, 1].
            batch: What it was generated from, and the true target.
            logits: (B,), what the discriminator says of the generated images.
        """
        terms: dict[str, Tensor] = {}
        target = batch.target
        if self.features is not None and self.perceptual:
            terms["perceptual"] = losses.perceptual(self.features, generated, target)
        if logits is not None:
            terms["adversarial"] = losses.adversarial_generator(logits)
        if self.l1:
            terms["l1"] = losses.l1(generated, target)
        if self.l1_foreground:
            foreground = body(batch.target_joints, target.shape[-1])
            terms["l1_foreground"] = losses.l1_foreground(generated, target, foreground)
        weighted = [getattr(self, name) * value for name, value in terms.items()]
        return {"loss": torch.stack(weighted).sum(), **terms}

    def discriminator(self, real: Tensor, generated: Tensor) -> Tensor:
        """Return the discriminator's loss from its logits (B,) on real and generated images."""
        return losses.adversarial_discriminator(real, generated, self.real_label)


@torch.no_grad()
def body(joints: Tensor, size: int) -> Tensor:
    """Draw roughly where a body is in the image: the union of its part masks, flattened.

    A weighting for learning, not the mask that scores are computed with: the thickness goes by
    the projected torso, so the limbs are thinner where it leans towards or away from the camera.

    Args:
        joints: (B, 19, 3) px.
        size: Side of the image, px.

    Returns:
        (B, 1, S, S) bool, drawn at half the resolution.
    """
    # Flattened to z = 0 a body fits into one slice, which is all that is needed of its masks.
    flat = joints * joints.new_tensor([1.0, 1.0, 0.0])
    masks = part_masks(flat, size, (1, size // 2, size // 2))  # (B, P, 1, S/2, S/2)
    drawn = masks.any(dim=1)
    return drawn.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
