"""Pose estimators, one file each, behind the interface in `base`.

`load("mediapipe")` gives an estimator. A new one is one more module here with a function
`build(settings: Settings) -> PoseEstimator`; nothing else has to know its name.
"""

import importlib
import importlib.util
import pkgutil

from repose.errors import ReposeError, nearest
from repose.poses.base import Clip, Pose, PoseEstimator, Settings

__all__ = ["Clip", "Pose", "PoseEstimator", "Settings", "load", "names"]


def load(name: str, settings: Settings | None = None) -> PoseEstimator:
    """Make a pose estimator ready.

    Args:
        name: A module of this package that builds an estimator: `mediapipe`, `truth`, ...
        settings: Thresholds; the estimator's published ones when None.

    Raises:
        ReposeError: unknown-estimator, naming the nearest right one; or whatever the
            estimator itself lacks.
    """
    if not name.isidentifier() or importlib.util.find_spec(f"{__name__}.{name}") is None:
        raise _unknown(name)
    module = importlib.import_module(f"{__name__}.{name}")
    if not hasattr(module, "build"):
        raise _unknown(name)
    estimator: PoseEstimator = module.build(settings or Settings())
    return estimator


def names() -> tuple[str, ...]:
    """List the estimators that `load` knows."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(
        name for name in modules if hasattr(importlib.import_module(f"{__name__}.{name}"), "build")
    )


def _unknown(name: str) -> ReposeError:
    return ReposeError(
        "unknown-estimator", f"no pose estimator '{name}'", mend=nearest(name, names())
    )
