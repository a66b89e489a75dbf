"""Which outputs were made with other settings than a config has now.

Snakemake sees this by its own records. Results that came from elsewhere, such as a DVC remote,
have none; their manifests know.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import yaml

from repose.errors import ReposeError
from repose.manifests import BESIDE, NOT_OURS, manifest_path, read_manifest
from repose.recipes import RECIPE, network_block, spread_seeds, training_block
from repose.report.methods import BASELINES
from repose.settings import check, restore_types, stages
from repose.training.values import WHERE
from repose.verification import find_outputs

BASE = Path("config/config.yaml")


class Job(Protocol):
    """What Snakemake knows of a job's files."""

    input: Iterable[str]
    output: Iterable[str]


def why_stale(stage: str, output: Path, config: Mapping[str, Any]) -> str:
    """Say why an output is not what this config would make; "" when it is.

    Args:
        stage: The stage that made it.
        output: Its file or folder, which exists.
        config: The whole config of the graph.
    """
    try:
        settings = read_manifest(output)["settings"]
    except ReposeError as error:
        # A damaged one is for its owner to restore: the stage that reads it says so.
        return "it has no manifest" if error.code == "no-manifest" else ""
    for key, value in json.loads(json.dumps(_expected(stage, output, settings, config))).items():
        if key not in settings:
            return f"made before {stage}.{key} was a setting"
        if settings[key] != value:
            return f"made with {stage}.{key} {_short(settings[key])}, now {_short(value)}"
    return ""


def why_not_made(stage: str, job: Job, config: Mapping[str, Any], began: float) -> str:
    """Say why a job that is said to be done cannot have been; "" when its outputs bear it out.

    A scheduler that calls a job done before it began leaves older outputs in their place, or has
    others made of them.

    Args:
        stage: The stage that the job ran.
        job: What it read and wrote.
        config: The whole config of the graph.
        began: When the run began, by the clock of the file system.
    """
    read = max(filter(None, map(_written, job.input)), default=0.0)
    for output in map(Path, job.output):
        if output.name.endswith(BESIDE):
            continue
        written = _written(output)
        if written is None:
            return f"{output}: it has no manifest"
        if reason := why_stale(stage, output, config):
            return f"{output}: {reason}"
        if written < began or max(written, _marked(output)) < read:
            return f"{output}: it is older than the run, or than what it is made of"
    return ""


def _written(path: Path | str) -> float | None:
    """Return when a manifest was written, None for what has none."""
    try:
        return manifest_path(Path(path)).stat().st_mtime
    except OSError:
        return None


def _marked(folder: Path) -> float:
    """Return when Snakemake last marked a folder as made, 0 for what has no such mark.

    It touches the outputs of a group of jobs once more when the group is done: files, and of a
    folder this mark, not the manifest within.
    """
    marks = [folder / name for name in NOT_OURS]
    return max((mark.stat().st_mtime for mark in marks if mark.is_file()), default=0.0)


def stale_below(root: Path, config: Mapping[str, Any]) -> Iterator[str]:
    """Name the outputs of a config's data set below a folder that it would not make so.

    Args:
        root: The data set's own folder, or the one that holds it.
        config: The whole config of the graph.
    """
    home = root if root.name == config["data_set"] else root / config["data_set"]
    if not home.is_dir():
        raise ReposeError(
            "missing-folder",
            f"no results of the data set '{config['data_set']}'",
            path=root,
            mend="name the config that they were made with",
        )
    for output in find_outputs(home):
        stage = output.relative_to(home).parts[0]
        reason = why_stale(stage, output, config) if stage in stages() else ""
        if reason:
            yield f"{output}: {reason}"


def load_config(overlays: list[Path]) -> dict[str, Any]:
    """Read config/config.yaml with overlays as Snakemake does, and check it.

    Raises:
        ReposeError: missing-file, bad-config, or as in `check`.
    """
    config = merge([BASE, *overlays])
    restore_types(config)
    check(config, " + ".join(map(str, reversed([BASE, *overlays]))))
    spread_seeds(config)
    return config


def merge(paths: Iterable[Path], above: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Lay config files over each other as Snakemake does, and values above all of them.

    Raises:
        ReposeError: missing-file or bad-config.
    """
    config: dict[str, Any] = {}
    for path in paths:
        try:
            _update(config, yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        except FileNotFoundError as error:
            mend = "run it where the config lies"
            raise ReposeError("missing-file", "no such file", path=path, mend=mend) from error
        except yaml.YAMLError as error:
            raise ReposeError("bad-config", f"not YAML ({error})", path=path) from error
    _update(config, above or {})
    return config


def _expected(
    stage: str, output: Path, settings: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Spell the settings that a manifest would hold; beyond its block, those that it does hold."""
    method = output.name.partition(".")[0]
    block = dict(config[stage])
    if stage == RECIPE:  # what does not change the outcome stands in no manifest
        block = training_block(config, method)
        block = {key: value for key, value in block.items() if key not in WHERE}
    model = config["models"].get(method)
    more = {
        "shards": config["shards"],
        "model": None if model is None else network_block(model),
        "methods": [*config["methods"], *BASELINES],
    }
    if config["videos"]:
        more["videos"] = config["videos"]
    return block | {k: v for k, v in more.items() if k in settings and v is not None}


def _update(config: dict[str, Any], overlay: Mapping[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, Mapping):
            # Never YAML's own mapping: blocks that were merged by `<<` share those within them.
            known = config.get(key)
            config[key] = known if isinstance(known, dict) else {}
            _update(config[key], value)
        else:
            config[key] = value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
