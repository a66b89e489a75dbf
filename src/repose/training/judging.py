"""What a discriminator says of true, generated and source images, whoever asks."""

import torch
from torch import Tensor, nn

from repose.training.batches import Batch


def judge(critic: nn.Module, batch: Batch, made: Tensor, *, triplet: bool) -> list[Tensor]:
    """Return the logits of the true, the generated and, for a triplet, the source images.

    A critic that normalises over the batch sees them together, for its statistics tell them apart
    otherwise; others see them one after the other, which takes less memory.

    Args:
        critic: The discriminator.
        batch: The true images, and what they were to be generated from.
        made: (B, 3, S, S), the generated ones.
        triplet: Show the sources, too.
    """
    shown = [batch.target, made, *([batch.source] if triplet else [])]
    given = batch.source, batch.source_joints, batch.target_joints
    if not _sees_together(critic):
        return [critic(given[0], image, *given[1:]) for image in shown]
    source, *joints = (value.repeat(len(shown), *[1] * (value.dim() - 1)) for value in given)
    return list(critic(source, torch.cat(shown), *joints).chunk(len(shown)))


def judge_generated(critic: nn.Module, batch: Batch, made: Tensor, *, triplet: bool) -> Tensor:
    """Return the logits of the generated images alone; arguments as in `judge`."""
    if _sees_together(critic):
        return judge(critic, batch, made, triplet=triplet)[1]
    logits: Tensor = critic(batch.source, made, batch.source_joints, batch.target_joints)
    return logits


def _sees_together(critic: nn.Module) -> bool:
    return bool(getattr(critic, "sees_together", False))
