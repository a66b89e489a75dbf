"""mmpose without a compiler: imported over mmcv-lite, its models built from config and weights.

mmpose names three packages that have to be compiled or that it does not need to estimate: mmcv's
operators and two names of mmdet, for networks that are not top-down, and xtcocotools, for its own
training and scoring. Where one is missing something stands in for it that raises when it is used.
"""

import importlib
import importlib.util
import logging
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from repose.errors import ReposeError, nearest
from repose.poses.mmpose_checkpoints import fill_model
from repose.poses.weights import prove

VERSION = "1.3.2"
MISSING = "a package that mmpose needs for this, and not to estimate poses, is not installed"


def load_model(
    config: str, weights: str, sha256: str, device: str, *, random_weights: bool = False
) -> tuple[Any, str]:
    """Build a model of mmpose and fill it from a local file.

    Args:
        config: Name of a config in the installed package, without `.py`, or a file. A config is
            Python that is run: take one that you trust.
        weights: The checkpoint.
        sha256: What that must be; "" takes any.
        device: "auto", "cpu" or "cuda".
        random_weights: Whether to leave the weights random when `weights` is "".

    Returns:
        The model, in `eval` mode, with `cfg` and `dataset_meta`; and what it is, for a version.

    Raises:
        ReposeError: missing-mmpose, wrong-mmpose, unknown-config, wrong-config, missing-weights,
            wrong-weights, no-device.
    """
    random = random_weights and not weights
    digest = "random" if random else prove(weights, sha256, f"mmpose's {config or 'model'}")[:12]
    place = choose_device(device)
    import_mmpose()
    path = find_config(config)
    with quiet():
        model = _build(path)
        if not random:
            fill_model(model, weights, config)
    model.to(place).eval()
    return model, f"{path.stem}+{digest}"


def choose_device(name: str) -> str:
    """Return "cpu" or "cuda".

    Raises:
        ReposeError: no-device.
    """
    import torch

    if name == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if name != "auto":
        raise ReposeError("no-device", f"there is no device '{name}' here", mend="take auto")
    return "cpu"


def import_mmpose() -> None:
    """Import mmpose, with what stands in for the packages that it lacks.

    Raises:
        ReposeError: missing-mmpose or wrong-mmpose.
    """
    mend = "install requirements/all.txt, or as docs/poses.md says"
    if importlib.util.find_spec("mmpose") is None:
        raise ReposeError("missing-mmpose", "mmpose is not installed", mend=mend)
    found = metadata.version("mmpose")
    if found != VERSION:
        raise ReposeError("wrong-mmpose", f"mmpose is {found}, needs {VERSION}", mend=mend)
    with quiet():
        if not _imports("xtcocotools.mask"):
            _stand_in("xtcocotools.coco", COCO=_absent("COCO"))
            _stand_in("xtcocotools.cocoeval", COCOeval=_absent("COCOeval"))
            _stand_in("xtcocotools.mask")
        if not _imports("mmcv.ops"):
            name = "MultiScaleDeformableAttention"
            _stand_in("mmcv.ops", **{name: _absent(name)})
        if not _imports("mmdet.utils"):
            from mmpose.utils import reduce_mean
            from mmpose.utils.typing import ConfigType

            _stand_in("mmdet.utils", ConfigType=ConfigType, reduce_mean=reduce_mean)
        import mmpose.apis  # noqa: F401


def find_config(config: str) -> Path:
    """Find a config by its name in the installed mmpose, or as a file.

    Raises:
        ReposeError: unknown-config.
    """
    if config.endswith(".py") and Path(config).is_file():
        return Path(config)
    spec = importlib.util.find_spec("mmpose")
    assert spec is not None
    assert spec.origin is not None
    known = {path.stem: path for path in Path(spec.origin).parent.glob(".mim/configs/**/*.py")}
    name = Path(config).name.removesuffix(".py")
    if name not in known:
        raise ReposeError(
            "unknown-config", f"mmpose has no config '{config}'", mend=nearest(name, list(known))
        )
    return known[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep remarks about what stands in, which is as it should be, off the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _build(path: Path) -> Any:
    from mmengine.config import Config
    from mmengine.model.utils import revert_sync_batchnorm
    from mmengine.registry import init_default_scope
    from mmpose.apis.inference import dataset_meta_from_config
    from mmpose.models.builder import build_pose_estimator

    try:
        # A config of a project imports that project's package.
        config = Config.fromfile(path)
        config.model.train_cfg = None
        init_default_scope(config.get("default_scope", "mmpose"))
        model = revert_sync_batchnorm(build_pose_estimator(config.model))
        metas = (dataset_meta_from_config(config, part) for part in ("test", "train"))
        model.dataset_meta = next((meta for meta in metas if meta), None)
    except (ImportError, AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ReposeError(
            "wrong-config",
            f"the config makes no model ({type(error).__name__}: {str(error)[:200]})",
            path=path,
            mend="docs/poses.md tells what each config needs installed",
        ) from error
    model.cfg = config
    return model


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    # ValueError: xtcocotools' own wheel was built for another numpy.
    except (ImportError, AttributeError, AssertionError, ValueError):
        # Half a package must not stay behind; mmcv itself is whole.
        start = name if name.startswith("mmcv") else name.split(".")[0]
        for key in [key for key in sys.modules if f"{key}.".startswith(f"{start}.")]:
            del sys.modules[key]
        return False
    return True


def _stand_in(name: str, **content: Any) -> None:
    """Put a module in the place of a missing one, and into its package."""
    module = types.ModuleType(name)
    vars(module).update(content)
    package, _, last = name.rpartition(".")
    if package not in sys.modules:
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = []
    sys.modules[name] = module
    setattr(sys.modules[package], last, module)


def _absent(name: str) -> type:
    """Return a class whose making is an error."""

    def refuse(self: Any, *_args: Any, **_named: Any) -> None:
        raise RuntimeError(f"{name}: {MISSING}")

    # A network names the class among its layers, which torch wants to be of its own kind.
    from torch import nn

    return type(name, (nn.Module,), {"__init__": refuse})
