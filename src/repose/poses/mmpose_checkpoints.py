"""Checkpoints of mmpose: their tensors are taken out, and nothing in them is run."""

import re
from typing import Any

from repose.errors import ReposeError


def fill_model(model: Any, weights: str, config: str) -> None:
    """Load a checkpoint; a tensor that it lacks is an error, one that nothing needs is not.

    Args:
        model: A network of torch.
        weights: The file.
        config: What the weights are of, for the message.

    Raises:
        ReposeError: wrong-weights.
    """
    try:
        # mmpose's own hooks rename what older versions called otherwise; sizes are compared there.
        lacking = model.load_state_dict(read_checkpoint(weights), strict=False).missing_keys
        said = f"{len(lacking)} tensors missing, such as {lacking[0]}" if lacking else ""
    except RuntimeError as error:
        said = " ".join(str(error).split())[:200]
    if said:
        raise ReposeError(
            "wrong-weights",
            f"not weights of {config}: {said}",
            path=weights,
            mend="take the checkpoint that belongs to the config",
        )


def read_checkpoint(path: str) -> dict[str, Any]:
    """Read the tensors of a checkpoint of mmengine; nothing in it is run.

    Raises:
        ReposeError: wrong-weights.
    """
    import torch

    try:
        with torch.serialization.safe_globals(_harmless()):
            content = torch.load(path, map_location="cpu", weights_only=True)
        state = content.get("state_dict", content)
        return {
            name.removeprefix("module."): tensor
            for name, tensor in state.items()
            if isinstance(tensor, torch.Tensor)
        }
    # torch raises many kinds at a damaged file, and UnpicklingError at what is not allowed.
    except Exception as error:
        said = re.sub(r"(?s).*WeightsUnpickler error:\s*", "", str(error)).split("\n")[0][:200]
        raise ReposeError(
            "wrong-weights",
            f"no checkpoint that can be read without running it ({said})",
            path=path,
            mend="take the file that OpenMMLab publishes",
        ) from error


def _harmless() -> list[Any]:
    """What the metadata of mmpose's checkpoints hold besides tensors: arrays and numbers."""
    import numpy as np
    from mmengine.logging.history_buffer import HistoryBuffer

    made = np._core.multiarray  # type: ignore[attr-defined]
    named = [
        (getattr(made, name), f"{package}.multiarray.{name}")
        for name in ("_reconstruct", "scalar")
        for package in ("numpy.core", "numpy._core")
    ]
    kinds = [type(np.dtype(kind)) for kind in ("f4", "f8", "i8", "i4", "u1", "?")]
    return [bytes, HistoryBuffer, np.ndarray, np.dtype, *kinds, *named]
