"""What the two networks are taught: the weighted sum of the losses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from repose import losses
from repose.losses import Features
from repose.parts import part_masks
from repose.parts.pose_mask import pose_mask
from repose.training.batches import Batch


@dataclass(frozen=True)
class Ramp:
    """A weight that rises in a line from `least` to 1 between two steps."""

    first: int = 0
    last: int = 0
    least: float = 1.0

    def at(self, step: int) -> float:
        """Return its value at a step, counted from 0."""
        if step >= self.last:
            return 1.0
        share = max(step - self.first, 0) / max(self.last - self.first, 1)
        return self.least + (1 - self.least) * share


@dataclass(frozen=True)
class Objective:
    """The losses and their weights; a loss of weight 0 is not computed.

    Args:
        weights: By name: perceptual, adversarial, l1 (over the whole image), l1_foreground (over
            the target's body), pose_mask (L1 inside PG2's mask of the target pose), nearest,
            gram, kl (which the generator computes).
        real_label: What the discriminator is taught to say of real images.
        features: The network behind the perceptual loss and the Gram matrices.
        texture: The network behind the nearest-neighbour loss.
        triplet: Teach the discriminator that the source, too, is no image of the target (PG2).
        nearest_window: Side of the window of the nearest-neighbour loss, px, odd.
        pose_mask_px: Radius of the lines of the pose mask, px.
        kl_ramp: How the weight of `kl` rises.
    """

    weights: Mapping[str, float]
    real_label: float = 1.0
    features: Features | None = None
    texture: Features | None = None
    triplet: bool = False
    nearest_window: int = 3
    pose_mask_px: float = 4.0
    kl_ramp: Ramp = field(default_factory=Ramp)

    def generator(
        self, made: Mapping[str, Tensor], batch: Batch, logits: Tensor | None, step: int
    ) -> dict[str, Tensor]:
        """Return the generator's losses by name, unweighted, and their weighted sum as `loss`.

        Args:
            made: What the generator returned: `image` (B, 3, S, S) in [-1, 1], perhaps `kl`.
            batch: What it was generated from, and the true target.
            logits: What the discriminator says of the generated images; None leaves its loss out.
            step: Counted from 0.
        """
        terms = self.terms(made, batch, logits)
        weights = {**self.weights, "kl": self.weights.get("kl", 0) * self.kl_ramp.at(step)}
        weighted = [weights[name] * value for name, value in terms.items()]
        return {"loss": torch.stack(weighted).sum(), **terms}

    def terms(
        self, made: Mapping[str, Tensor], batch: Batch, logits: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the losses that have a weight, by name; arguments as in `generator`."""
        image, target = made["image"], batch.target
        computed: dict[str, Callable[[], Tensor]] = {}  # in the order in which they are added
        if self.features is not None:
            features = self.features
            computed["perceptual"] = lambda: losses.perceptual(features, image, target)
        if logits is not None:
            computed["adversarial"] = lambda: losses.adversarial_generator(logits)
        computed["l1"] = lambda: losses.l1(image, target)
        computed["l1_foreground"] = lambda: self._l1_foreground(image, batch)
        computed["pose_mask"] = lambda: self._pose_mask(image, batch)
        if self.texture is not None:
            texture = self.texture
            computed["nearest"] = lambda: losses.nearest(
                texture, image, target, self.nearest_window
            )
        if self.features is not None:
            computed["gram"] = lambda: losses.gram(features, image, target)
        if "kl" in made:
            computed["kl"] = lambda: made["kl"]
        return {name: term() for name, term in computed.items() if self.weights.get(name)}

    def discriminator(self, real: Tensor, generated: Sequence[Tensor]) -> Tensor:
        """Return the discriminator's loss from its logits on real and on other images.

        Args:
            real: Of any shape.
            generated: On generated images; with `triplet` also on the sources.
        """
        return losses.adversarial_discriminator(real, *generated, real_label=self.real_label)

    def _l1_foreground(self, image: Tensor, batch: Batch) -> Tensor:
        foreground = body(batch.target_joints, image.shape[-1])
        return losses.l1_foreground(image, batch.target, foreground)

    def _pose_mask(self, image: Tensor, batch: Batch) -> Tensor:
        mask = pose_mask(batch.target_joints, image.shape[-1], self.pose_mask_px)
        return losses.l1_masked(image, batch.target, mask)


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
    flat = functional.pad(joints[..., :2], (0, 1))
    masks = part_masks(flat, size, (1, size // 2, size // 2))  # (B, P, 1, S/2, S/2)
    drawn = masks.any(dim=1)
    return drawn.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
