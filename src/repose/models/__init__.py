"""The networks: a file with a frozen dataclass `Config` and `build(config, size)` is one.

To add one, write `models/<name>.py` and name it in a block of the config's `models`:
`{network: <name>, ...fields of its Config}`.

blocks      layers that several networks share
refusal     what cannot be built, in words of the config
shortcuts   pixels on the routes of features (warp3d, posewarp, vunet25d)
window      the part of a square image that a network works on, and heat maps on it
warp3d      Knoche et al. 2020: lifting, moving, pose, projection, inpainter, discriminator
posewarp    Balakrishnan et al. 2018: unet, limb_layers, limb_critic
deformable  Siarohin et al. 2018: strided, pulling, patch_critics
vunet25d    Esser et al. 2018, Yuan 2019: normalised, latent_unet, views, collage
pg2         Ma et al. 2017: two_stages, dcgan
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import Any, cast

from torch import nn

from repose.errors import ReposeError, nearest


def load(name: str) -> ModuleType:
    """Return the module of a network.

    Raises:
        ReposeError: unknown-network, with the nearest one that there is.
    """
    if name in {module.name for module in pkgutil.iter_modules(__path__)}:
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, "build"):
            return module
    raise ReposeError("unknown-network", f"no network '{name}'", mend=nearest(name, networks()))


def networks() -> list[str]:
    """Return the names of all networks: the modules here that can `build` one."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return [n for n in names if hasattr(importlib.import_module(f"{__name__}.{n}"), "build")]


def build_model(block: Mapping[str, Any], size: int) -> nn.Module:
    """Build the model that a block of the config describes, with fresh weights.

    Args:
        block: `network` and a value for each field of that network's `Config`.
        size: side of its square images in px.

    Returns:
        A module with `generator` and `discriminator` (None where it has none).

    Raises:
        ReposeError: missing-key, unknown-key or unknown-network.
    """
    fields = dict(block)
    name = fields.pop("network", None)
    if name is None:
        raise ReposeError("missing-key", "model without 'network'", mend="name a file of models/")
    module = load(str(name))
    known = [field.name for field in dataclasses.fields(module.Config)]
    for key in fields:
        if key not in known:
            raise ReposeError(
                "unknown-key", f"network '{name}' has no '{key}'", mend=nearest(key, known)
            )
    for key in known:
        if key not in fields:
            raise ReposeError("missing-key", f"network '{name}' needs '{key}'", mend="set it")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return cast(nn.Module, module.build(module.Config(**values), size))
