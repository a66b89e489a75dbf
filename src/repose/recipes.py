"""A model's block of the config: its network, and what its training has otherwise than all."""

from collections.abc import Mapping
from typing import Any

RECIPE = "train"  # the key within a model's block, named after the block that it changes


def network_block(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model's block says of the network, without its recipe."""
    return {key: value for key, value in block.items() if key != RECIPE}


def training_block(config: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Return the settings that a model is trained with: those of all, changed by its own."""
    return {**config[RECIPE], **config["models"].get(method, {}).get(RECIPE, {})}
