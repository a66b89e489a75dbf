"""Several data sets in one graph: the config of each, and what a profile asks for their rules."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from repose.errors import ReposeError
from repose.recipes import spread_seeds
from repose.settings import check, restore_types
from repose.staleness import BASE, load_config, merge

KEY = "benchmarks"
OWN = (KEY, "data_set")  # of the graph as a whole, not of each of its data sets

Config = dict[str, Any]


def benchmark_configs(
    names: Sequence[str], overlays: Sequence[Path], above: Mapping[str, Any], folder: Path
) -> dict[str, Config]:
    """Make the config of each benchmark: its own overlay, below that of the whole graph.

    Args:
        names: Its overlays, `<folder>/<name>.yaml`.
        overlays: Config files of the whole graph, which hold for all of them.
        above: What the command line says, which holds for all of them, too.
        folder: Where the overlays lie.

    Returns:
        By name, what `common.smk` still has to check.

    Raises:
        ReposeError: wrong-value, when two fill one folder or one is named twice; missing-file or
            bad-config.
    """
    for name in names:
        if not re.fullmatch(r"[a-zA-Z]\w*", name, re.ASCII) or list(names).count(name) > 1:
            said = f"'{KEY}' has '{name}'" + (" twice" if list(names).count(name) > 1 else "")
            mend = "name overlays in config/ once each, without .yaml: letters, digits and _"
            raise ReposeError("wrong-value", said, mend=mend)
    shared = {key: value for key, value in merge(overlays, above).items() if key not in OWN}
    configs = {name: merge([BASE, folder / f"{name}.yaml"], shared) for name in names}
    filled: dict[str, str] = {}
    for name, config in configs.items():
        restore_types(config)
        data_set = config["data_set"]
        if config[KEY] or data_set in filled:
            said = f"{KEY}: {name} names others" if config[KEY] else f"{name} fills {data_set}"
            mend = "each benchmark is one data set, with a `data_set` of its own"
            raise ReposeError("wrong-value", said, path=f"{folder}/{name}.yaml", mend=mend)
        filled[data_set] = name
    return configs


def load_configs(overlays: Sequence[Path]) -> list[Config]:
    """Read and check the config of one data set, or of each benchmark that it names.

    Raises:
        ReposeError: as in `load_config` and `benchmark_configs`.
    """
    config = load_config(list(overlays))
    if not config[KEY]:
        return [config]
    configs = benchmark_configs(config[KEY], overlays, {}, BASE.parent)
    for name, own in configs.items():
        check(own, f"{BASE.parent}/{name}.yaml")
        spread_seeds(own)
    return list(configs.values())


def for_each(
    asked: Mapping[str, Any], benchmarks: Iterable[str], rules: Iterable[str]
) -> dict[str, Any]:
    """Ask for a rule of every benchmark what is asked for the rule of that name.

    Args:
        asked: By rule; what is asked for one benchmark's rule by its own name stands above.
        benchmarks: Their names.
        rules: The rules that each of them has.
    """
    kinds = [rule for rule in rules if rule in asked]
    spread = {f"{benchmark}_{kind}": asked[kind] for benchmark in benchmarks for kind in kinds}
    return spread | dict(asked)
