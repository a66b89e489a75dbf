"""What each stage may be told, read from its source, and the check of a config against it.

A stage is a module of `repose.stages` with a frozen dataclass `Config` and a function `run`.
Both are read as text: a command line, or a graph of fourteen stages, is checked in milliseconds
because nothing heavy is imported.
"""

import ast
import math
import pkgutil
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import repose.stages
from repose.errors import ReposeError, brief, nearest
from repose.recipes import RECIPE, check_phases, network_block

SCALARS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}

# The settings of the graph itself; every other block of a config belongs to a stage.
GRAPH = {
    "data_set": "str",
    "videos": "tuple[str, ...]",
    "shards": "int",
    "methods": "tuple[str, ...]",
    "models": "mapping",
    "benchmarks": "tuple[str, ...]",
    "seeds": "int",
}


@dataclass(frozen=True)
class Signature:
    """A stage as its source declares it: types are the annotations as text."""

    summary: str
    config: dict[str, str]
    paths: dict[str, str]


def stages() -> list[str]:
    """Return the names of all stages."""
    return sorted(module.name for module in pkgutil.iter_modules(repose.stages.__path__))


@cache
def signature(stage: str) -> Signature:
    """Read a stage's Config fields and the keyword arguments of its `run`."""
    tree = _source(f"repose.stages.{stage}")
    paths: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "run":
            for argument in node.args.kwonlyargs:
                assert argument.annotation is not None
                paths[argument.arg] = ast.unparse(argument.annotation)
    summary = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    return Signature(summary, _config_fields(tree), paths)


@cache
def network_fields(network: str) -> dict[str, str]:
    """Read the Config fields of a network in `repose.models`.

    Raises:
        ReposeError: unknown-network.
    """
    if network not in networks():
        said, mend = f"no network '{network}' in models/", nearest(network, networks())
        raise ReposeError("unknown-network", said, mend=mend)
    return _config_fields(_source(f"repose.models.{network}"))


@cache
def networks() -> list[str]:
    """Return the names of all networks: the modules of `repose.models` with a Config."""
    folder = Path(repose.__file__).parent / "models"  # not by import, see _source
    names = [module.name for module in pkgutil.iter_modules([str(folder)])]
    return [name for name in names if _config_fields(_source(f"repose.models.{name}"))]


def check(config: Mapping[str, Any], source: str = "config") -> None:
    """Check a whole config: every block, every key, every type.

    Args:
        config: The merged config of the graph.
        source: Where it came from, for the error.

    Raises:
        ReposeError: unknown-key, missing-key or wrong-type; it names the key and the nearest
            right one.
    """
    known = {*GRAPH, *stages()}
    for key in config:
        if key not in known:
            raise ReposeError(
                "unknown-key", f"unknown key '{key}'", path=source, mend=nearest(key, known)
            )
    _check_block(config, GRAPH | dict.fromkeys(stages(), "mapping"), "", source)
    _check_graph(config, source)
    for stage in stages():
        _check_block(config[stage], signature(stage).config, f"{stage}.", source)
    for name, block in config["models"].items():
        if not isinstance(block, Mapping) or type(block.get("network")) is not str:
            raise ReposeError("missing-key", f"models.{name} needs 'network'", path=source)
        fields = {"network": "str"} | network_fields(block["network"])
        _check_block(network_block(block), fields, f"models.{name}.", source)
        recipe = block.get(RECIPE, {})
        _check_keys(recipe, signature(RECIPE).config, f"models.{name}.{RECIPE}.", source)
    for method in config["methods"]:
        if method not in config["models"]:
            raise ReposeError(
                "unknown-model",
                f"methods names '{method}', which models does not define",
                path=source,
                mend=nearest(method, config["models"]),
            )
    check_phases(config)


def restore_types(config: dict[str, Any]) -> None:
    """Turn text back into numbers and truth values where a block's key wants one, in place.

    Snakemake reads what stands inside a block of `--config 'train={steps: 7}'` as text, and YAML
    reads 1e-4, which has no point, as text, too.
    """
    for stage in stages():
        _restore_block(config.get(stage), signature(stage).config)
    models = config.get("models")
    for block in models.values() if isinstance(models, dict) else ():
        if isinstance(block, dict) and block.get("network") in networks():
            _restore_block(block, network_fields(block["network"]))
            _restore_block(block.get(RECIPE), signature(RECIPE).config)


def _restore_block(block: Any, fields: Mapping[str, str]) -> None:
    for key, value in block.items() if isinstance(block, dict) else ():
        if "str" in fields.get(key, "str"):
            continue
        if isinstance(value, str):
            block[key] = _typed(value)
        elif isinstance(value, list):
            block[key] = [_typed(v) if isinstance(v, str) else v for v in value]


def _typed(text: str) -> int | float | bool | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


def flags(block: Mapping[str, Any]) -> str:
    """Spell a config block as command line flags, quoted for a shell.

    Sorted, so that a config whose keys change places is not a changed config.
    """
    words: list[str] = []
    for key, value in sorted(block.items()):
        flag = "--" + key.replace("_", "-")
        if isinstance(value, str) and value.startswith("-"):  # no flag, whatever it looks like
            words.append(f"{flag}={value}")
            continue
        values = value if isinstance(value, list | tuple) else [value]
        words += [flag, *(str(v).lower() if isinstance(v, bool) else str(v) for v in values)]
    return shlex.join(words)


def _check_graph(config: Mapping[str, Any], source: str) -> None:
    """Check what becomes part of file names and shell commands."""
    for key, names in (("data_set", [config["data_set"]]), ("methods", config["methods"])):
        for name in names:
            if not re.fullmatch(r"(?!(runs|logs|papers|score)$)\w+", name, re.ASCII):
                raise ReposeError(
                    "wrong-value",
                    f"'{key}' has '{name}'",
                    path=source,
                    mend="letters, digits and _ only; runs, logs, papers, score are folders",
                )
    if not config["methods"] or config["shards"] < 1:
        raise ReposeError(
            "wrong-value", "no method or no shard", path=source, mend="at least one of each"
        )


def _check_block(block: Any, fields: Mapping[str, str], prefix: str, source: str) -> None:
    """Check that every field of a block has a value, and each the right type."""
    _check_keys(block, fields, prefix, source)
    for key in fields:
        if key not in block:
            raise ReposeError("missing-key", f"'{prefix}{key}' is not set", path=source)


def _check_keys(block: Any, fields: Mapping[str, str], prefix: str, source: str) -> None:
    """Check the keys that a block has, and their types."""
    if not isinstance(block, Mapping):
        raise ReposeError("wrong-type", f"'{prefix[:-1]}' must be a block of keys", path=source)
    for key in block:
        if key not in fields:
            raise ReposeError(
                "unknown-key",
                f"unknown key '{prefix}{key}'",
                path=source,
                mend=nearest(str(key), fields),
            )
    for key, value in block.items():
        if not _fits(value, fields[key]):
            raise ReposeError(
                "wrong-type",
                f"'{prefix}{key}' is {brief(value)}",
                path=source,
                mend=f"it must be {fields[key]}",
            )


def _fits(value: Any, kind: str) -> bool:
    if kind == "mapping":
        return isinstance(value, Mapping)
    if kind.startswith("tuple["):
        items = [item.strip() for item in kind[len("tuple[") : -1].split(",")]
        if not isinstance(value, list | tuple):
            return False
        if items[-1] == "...":
            items = items[:1] * len(value)
        return len(items) == len(value) and all(map(_fits, value, items))
    if kind == "float":  # an integer in YAML is a float like any other
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is SCALARS[kind]


def _config_fields(tree: ast.Module) -> dict[str, str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            return {
                field.target.id: ast.unparse(field.annotation)
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            }
    return {}


def _source(module: str) -> ast.Module:
    # Not find_spec: for a submodule it would import the parent, and with it torch.
    path = Path(repose.__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))
