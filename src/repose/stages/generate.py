"""Generate the target image of every fixed pair with a trained model."""

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from repose.data.images import write_images
from repose.data.samples import Crops, as_images
from repose.data.tables import read_table, stack, table_metadata
from repose.errors import ReposeError
from repose.files import sha256, whole_folder, write_json
from repose.manifests import check_manifest, write_manifest
from repose.models import build_model
from repose.progress import Progress
from repose.training import machine
from repose.training.artefacts import TIMES
from repose.training.depth_swap import swap_depths
from repose.training.fitness import check_depth
from repose.training.inference import generate

WEIGHTS = "generator.safetensors"
COLUMNS = {4: "helmert", 3: "affine"}  # of the transform table, by the size of a matrix


@dataclass(frozen=True)
class Config:
    """How images are generated; units stand in the config."""

    batch: int
    views: int
    device: str
    threads: int


def run(
    config: Config,
    *,
    model: str,
    weights: Path,
    crops: list[Path],
    pairs: Path,
    transforms: Path,
    output: Path,
) -> None:
    """Generate the images.

    Args:
        config: How to generate.
        model: The model's block of the config, as JSON; the one that the weights were made with.
        weights: The folder that training wrote.
        crops: Folders of crops, one per shard.
        pairs: The pair table.
        transforms: The transforms of those pairs; where they were fitted by another rule than the
            model's (its `compat` has `reflections`, or not), the generator fits its own.
        output: Folder for images.pack and images.parquet; views.pack and views.parquet with the
            model's inner views of the first pairs side by side; times.json; and, of a model that
            is told which limbs are in front, what `swap_depths` writes.
    """
    device = machine.prepare(config.device, config.threads)
    seen = Crops(crops, cache_mb=0)
    block: dict[str, Any] = json.loads(model)
    generator = _load(weights, block, seen.size).to(device)
    check_depth(generator, seen, crops[0])
    table = read_table(pairs, "pairs")
    source, target = (
        seen.rows(table[f"{end}_clip"], table[f"{end}_frame"]) for end in ("source", "target")
    )
    rows = np.stack([source, target], axis=1)
    mirrors = "reflections" in block.get("compat", ())
    moves = _transforms(generator, seen, rows, transforms, table, mirrors)
    views: list[np.ndarray] = []
    shown: dict[str, str] = {}
    clock = Clock()

    def images() -> Iterator[tuple[int, np.ndarray]]:
        numbers = iter(table["pair"])
        with Progress("generate", len(table)) as progress:
            for made in clock.timed(generate(generator, seen, rows, moves, config.batch, device)):
                if len(views) < config.views:
                    views.extend(_side_by_side(made)[: config.views - len(views)])
                    shown["views"] = ",".join(_view_names(made))
                for image in as_images(made["image"]):
                    yield next(numbers), image
                    progress.advance()

    metadata = {"weights_sha256": sha256(weights / WEIGHTS), "network": block["network"]}
    with whole_folder(output) as folder:
        count = write_images(folder, images(), metadata)
        numbered = zip(table["pair"], views, strict=False)
        write_images(folder, numbered, metadata | shown, name="views")
        write_json(folder / TIMES, clock.times(count, device))
        if generator.needs_depth and hasattr(generator, "swap_depth"):  # a stickman has no depth
            swap_depths(folder, generator, seen, table, rows, device, metadata)
        write_manifest(folder, dataclasses.asdict(config) | {"model": block})
    print(f"generate: {count} images with {block['network']} on {device}; {output}")


class Clock:
    """Seconds that generating takes, without what is done with the images."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, batches: Iterator[dict[str, Tensor]]) -> Iterator[dict[str, Tensor]]:
        """Pass batches on, and time how long each takes to come."""
        while True:
            began = time.perf_counter()
            made = next(batches, None)
            if made is None:
                return
            made = {name: view.cpu() for name, view in made.items()}  # waits for the device
            self.seconds += time.perf_counter() - began
            yield made

    def times(self, images: int, device: torch.device) -> dict[str, Any]:
        """Say how long it took, and on what."""
        each = self.seconds / max(images, 1)
        said = {"seconds": round(self.seconds, 3), "images": images, "seconds_per_image": each}
        return {**said, "machine": machine.hardware(device)}


def _load(folder: Path, block: Mapping[str, Any], size: int) -> nn.Module:
    """Build a generator and give it the weights, after proving that they are its own."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise ReposeError(
            "missing-weights", "no trained weights", path=path, mend="run the train stage first"
        )
    check_manifest(folder)
    generator = cast(nn.Module, build_model(block, size).generator)
    try:
        with safe_open(path, "pt") as file:
            trained: dict[str, Any] = json.loads(file.metadata()["repose"])["model"]
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        generator.load_state_dict(state)
    # A text nested too deep for JSON is a RuntimeError, too.
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise _wrong(path, f"these weights do not fit the model ({error})") from error
    if trained != dict(block):
        raise _wrong(path, "the weights were trained with another model block")
    return generator


def _wrong(path: Path, message: str) -> ReposeError:
    return ReposeError("wrong-weights", message, path=path, mend="run the train stage again")


def _transforms(
    generator: nn.Module,
    crops: Crops,
    rows: np.ndarray,
    path: Path,
    pairs: pd.DataFrame,
    mirrors: bool,
) -> Tensor | None:
    """Look up the transforms that a generator would fit, (N, P, k, k).

    None where it fits nothing, or by another rule than the table's: then it fits as it generates.
    """
    example = torch.from_numpy(crops.joints[rows[:1]])
    fitted = cast(Any, generator).fit(example[:, 0], example[:, 1])
    if fitted is None:
        return None
    side = fitted.shape[-1]
    # Only Helmert fits know mirrors. A table that does not say how it was fitted is not trusted.
    if side == 4 and table_metadata(path).get("compat_reflections") != mirrors:
        return None
    table = read_table(path, "transforms").set_index("pair")
    missing = set(pairs["pair"]) - set(table.index)
    if missing:
        raise ReposeError(
            "missing-transforms",
            f"no transforms of {len(missing)} pairs, such as {min(missing)}",
            path=path,
            mend="run the transforms stage again",
        )
    values = stack(table.loc[pairs["pair"], COLUMNS[side]])
    return torch.from_numpy(values.reshape(len(pairs), -1, side, side))


def _view_names(made: Mapping[str, Tensor]) -> list[str]:
    """Name what a generator shows of its inner life; the image itself where that is nothing."""
    return [name for name, view in made.items() if view.dim() == 4 and name != "image"] or [
        "image"
    ]


def _side_by_side(made: Mapping[str, Tensor]) -> np.ndarray:
    """Return the inner views of a batch, masks as grey pictures: (B, S, n S, 3) uint8."""
    views = [made[name] for name in _view_names(made)]
    shown = [view * 2 - 1 if view.shape[1] == 1 else view for view in views]
    return as_images(torch.cat([view.expand_as(made["image"]) for view in shown], dim=3))
