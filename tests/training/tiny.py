"""A whole training in a fraction of a second: the real stage, with the settings of the tests."""

import json
import shlex
from dataclasses import asdict
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import yaml

from repose.manifests import write_manifest
from repose.recipes import RECIPE
from repose.settings import flags
from repose.stages import train
from tests.training.toy import MODEL, make_crops, make_pairs

CONFIG = Path(__file__).parents[2] / "config"


def config(**changes: Any) -> train.Config:
    """Return the settings of config/test.yaml, some of them changed."""
    block = stored("config.yaml")["train"] | stored("test.yaml")["train"] | {"device": "cpu"}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in (block | changes).items()}
    return train.Config(**values)


def stored(name: str) -> dict[str, Any]:
    """Read a file of settings."""
    return dict(yaml.safe_load((CONFIG / name).read_text(encoding="utf-8")))


def models() -> dict[str, dict[str, Any]]:
    """Return every model of config/config.yaml, as small as config/test.yaml makes its network."""
    whole, small = stored("config.yaml")["models"], stored("test.yaml")["models"]
    sizes = {whole[name]["network"]: block for name, block in small.items()}
    return {
        name: merged(block, sizes[block["network"]] | small.get(name, {}))
        for name, block in whole.items()
    }


def merged(block: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    """Lay a small block over a whole one, and its recipe over that one's."""
    recipe = block.get(RECIPE, {}) | small.get(RECIPE, {})
    return block | small | ({RECIPE: recipe} if recipe else {})


def stretched(recipe: dict[str, Any], steps: int) -> dict[str, Any]:
    """Give a recipe another number of steps; its phases keep their shares of them."""
    phases = [text.rpartition(":") for text in recipe.get("phases", [])]
    counts = [int(count) for _, _, count in phases]
    ends = [round(steps * end / sum(counts)) for end in accumulate(counts)]
    lengths = [end - start for start, end in pairwise([0, *ends])] if ends else []
    written = [f"{names}: {n}" for (names, _, _), n in zip(phases, lengths, strict=True)]
    return recipe | {"steps": steps, "phases": written}


def make_data(folder: Path, size: int = 32) -> dict[str, Any]:
    """Write crops and pairs; returns the paths that the stage is given."""
    crops = make_crops(folder / "crops", size=size)
    pairs = make_pairs(folder / "pairs.parquet")
    for path in (crops, pairs):
        write_manifest(path, {})
    return {"crops": [crops], "pairs": pairs}


def run(folder: Path, data: dict[str, Any], model: Any = MODEL, **changes: Any) -> Path:
    """Train in `folder`: the run directory is `runs` in it, the output `weights`."""
    train.run(
        config(**changes),
        model=json.dumps(model),
        run_directory=folder / "runs",
        output=folder / "weights",
        **data,
    )
    return folder / "weights"


def words(folder: Path, data: dict[str, Any], model: Any = MODEL, **changes: Any) -> list[str]:
    """Spell the same training as the words of a command line."""
    paths = {**data, "run_directory": folder / "runs", "output": folder / "weights"}
    block = asdict(config(**changes)) | {"model": json.dumps(model)}
    return ["train", *shlex.split(flags(block | {k: _spelt(v) for k, v in paths.items()}))]


def _spelt(value: Any) -> Any:
    return [str(path) for path in value] if isinstance(value, list) else str(value)
