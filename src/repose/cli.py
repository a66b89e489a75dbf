"""Every stage as a command: its Config's fields and its run's arguments become flags.

The modules of `repose.commands` join them with arguments of their own.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from repose import __version__
from repose.ancestry import fingerprint, named_files
from repose.commands import commands
from repose.errors import ReposeError
from repose.jobs import recorded
from repose.making import made_of
from repose.manifests import require_manifests
from repose.settings import SCALARS, Signature, signature, stages

# What a stage writes, what it keeps for itself, and what no stage made: the others among its
# paths are outputs of stages before it, and count only with their manifests.
WRITTEN = (
    *("output", "output_stills", "output_poses", "output_pairs", "output_splits"),
    *("summary", "copy_source", "true_jpeg90", "run_directory"),
)
GIVEN = ("videos", "published")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one stage or command.

    Returns:
        0, or what the command returns; 2 after an error that the user can mend, printed as one
        line on stderr; 130 after Ctrl-C.
    """
    options = vars(_parser().parse_args(arguments))
    stage = options.pop("stage")
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, _terminate)
    try:
        if stage in commands():
            return int(_command(stage).run(argparse.Namespace(**options)))
        _run(stage, options, sys.argv[1:] if arguments is None else arguments)
    except ReposeError as error:
        print(f"repose {stage}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None:  # not a file of the user's: the trace is worth more
            raise
        found = ReposeError("os-error", error.strerror or "cannot be used", path=error.filename)
        print(f"repose {stage}: {found}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"repose {stage}: interrupted; nothing half-written is left", file=sys.stderr)
        return 130
    return 0


def _run(stage: str, options: dict[str, Any], words: Sequence[str]) -> None:
    contract = signature(stage)
    read = [n for n, kind in contract.paths.items() if "Path" in kind and n not in WRITTEN]
    for name in read:
        require_manifests(options[name], optional=name in GIVEN)
    inputs = [path for name in read for path in _listed(options[name])]
    inputs += named_files(options[name] for name in contract.config)
    written = [name for name in WRITTEN if name in contract.paths and name != "run_directory"]
    outputs = [path for name in written for path in _listed(options[name])]
    module = import_module(f"repose.stages.{stage}")
    fields = contract.config
    config = {name: options.pop(name) for name in fields}
    config = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    found = {path: fingerprint(path) for path in inputs}
    with made_of(found) as making, recorded(stage, words, outputs, making):
        module.run(module.Config(**config), **options)


def _listed(value: Any) -> list[Path]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _command(name: str) -> ModuleType:
    return import_module(f"repose.commands.{name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="repose", description="Pose-guided person image generation, stage by stage."
    )
    parser.add_argument("--version", action="version", version=f"repose {__version__}")
    verbs = parser.add_subparsers(dest="stage", required=True, metavar="STAGE | COMMAND")
    for stage in stages():
        contract = signature(stage)
        command = verbs.add_parser(stage, help=contract.summary, description=contract.summary)
        _add_flags(command, contract)
    for name in commands():
        module = _command(name)
        summary = (module.__doc__ or "").partition("\n")[0]
        module.add_arguments(verbs.add_parser(name, help=summary, description=summary))
    return parser


def _add_flags(command: argparse.ArgumentParser, contract: Signature) -> None:
    for name, kind in (contract.config | contract.paths).items():
        options: dict[str, Any] = {"required": True, "help": kind}
        if kind.endswith("| None"):
            options |= {"required": False, "default": None}
            kind = kind.removesuffix("| None").strip()
        if kind.startswith(("tuple[", "list[")):
            kind = kind.partition("[")[2].rstrip("]").split(",")[0]
            options["nargs"] = "*"
        options["type"] = _boolean if kind == "bool" else SCALARS.get(kind, Path)
        command.add_argument("--" + name.replace("_", "-"), **options)


def _boolean(word: str) -> bool:
    if word not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"'{word}' is not true or false")
    return word == "true"


def _terminate(number: int, _frame: FrameType | None) -> None:
    # By default they end the process at once, and would leave files beside their final names.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
