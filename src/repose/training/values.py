"""The values that training is given: what they decide, and which ones it cannot run with."""

import math
from collections.abc import Mapping
from typing import Any

from repose.errors import ReposeError

# Settings that change where and how fast a run computes, not what comes out of it.
WHERE = ("device", "threads", "workers", "cache_mb", "checkpoint_every", "keep_checkpoints")
# Those that do not change the weights.
FREE = (*WHERE, "watch_every", "watch_pairs", "examine_pairs")

COUNTS = ("steps", "batch", "micro_batches", "checkpoint_every", "log_every", "watch_every")
LEAST = dict.fromkeys(COUNTS, 1)
# The losses of the generator, in the order in which they are added.
LOSSES = (
    "perceptual",
    "adversarial",
    "l1",
    "l1_foreground",
    "pose_mask",
    "nearest",
    "gram",
    "kl",
)


def check_values(settings: Mapping[str, Any]) -> None:
    """Refuse settings of the train stage that would fail later, or train nothing.

    Raises:
        ReposeError: wrong-value, naming the first.
    """

    def refuse(name: str, mend: str) -> None:
        raise ReposeError("wrong-value", f"train.{name} is {settings[name]}", mend=mend)

    for name, least in LEAST.items():
        if settings[name] < least:
            refuse(name, f"it must be {least} or more")
    if settings["batch"] % settings["micro_batches"]:
        refuse("micro_batches", f"it must divide train.batch, which is {settings['batch']}")
    if not 0 < settings["lr"] < math.inf:  # NaN compares false
        refuse("lr", "it must be a finite number above 0")
    for name in (f"weight_{loss}" for loss in LOSSES):
        if not 0 <= settings[name] < math.inf:
            refuse(name, "it must be a finite number, 0 or more")
    if settings["nearest_window"] < 1 or settings["nearest_window"] % 2 == 0:
        refuse("nearest_window", "it must be odd")
    ramp = settings["kl_warmup"]
    if len(ramp) != 2 or not 0 <= ramp[0] <= ramp[1]:
        refuse("kl_warmup", "two steps, the first not after the last")
    if settings["examine_pairs"] < 0:
        refuse("examine_pairs", "it must be 0 or more")
    if not settings["pose_mask_px"] > 0:
        refuse("pose_mask_px", "it must be above 0")
    if settings["precision"] not in ("fp32", "bf16"):
        refuse("precision", "fp32 or bf16")
