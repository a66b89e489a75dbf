"""Kill a small training at random moments, and certify that nothing came of it."""

import argparse
import json
import multiprocessing
import random
import shlex
import shutil
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from repose.errors import ReposeError
from repose.recipes import network_block, training_block
from repose.settings import flags

if TYPE_CHECKING:
    from repose.drill.scene import Scene

OVERLAYS = [Path("config/test.yaml")]

# Enough steps and checkpoints for a dozen kills in each training.
SHORT = {
    "steps": 30,
    "checkpoint_every": 3,
    "log_every": 1,
    "watch_every": 10,
    "device": "cpu",
    "threads": 1,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("--kills", type=int, default=50, help="how many (50)")
    parser.add_argument("--seed", type=int, default=0, help="draws data and moments (0)")
    parser.add_argument(
        "--folder", type=Path, default=Path("results/drill"), help="where to work (results/drill)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        nargs="+",
        default=OVERLAYS,
        help="files over config/config.yaml, later ones win (config/test.yaml)",
    )


def run(options: argparse.Namespace) -> int:
    """Drill; returns 0 when all trainings ended as the undisturbed one, else 1."""
    if options.kills < 1:
        raise ReposeError("wrong-value", f"--kills is {options.kills}", mend="1 or more")
    words = _words(options.config)
    options.folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="trainings-", dir=options.folder))
    failure, text = _drill(place, words, options.kills, options.seed)
    (options.folder / "certificate.txt").write_text(text, encoding="utf-8")
    print(text, end="")
    if failure:
        print(f"repose drill: see {place}", file=sys.stderr)
    else:
        shutil.rmtree(place)
    return int(bool(failure))


def _drill(place: Path, words: list[str], kills: int, seed: int) -> tuple[str, str]:
    """Return what went wrong, or "", and the certificate."""
    from repose.drill import certificate
    from repose.drill.plan import draw
    from repose.drill.scene import Scene
    from repose.drill.trial import Trial, WrongError, compare
    from repose.drill.victim import Victim
    from repose.progress import Progress

    import_module("repose.stages.train")  # for those that are forked from here
    _make_data(place, seed)
    began, chance, tally, failure = time.monotonic(), random.Random(seed), Counter[str](), ""
    still = Scene(place / "undisturbed")
    outputs = {"undisturbed": still.output}
    try:
        still.folder.mkdir()
        with Victim(_at(still, words, place), still.log, fresh=False) as victim:
            pace = still.measure(victim)
            if victim.wait() != 0:
                raise WrongError(f"the undisturbed training failed: see {still.log}")
        blows = draw(chance)
        with Progress("drill", kills) as progress:
            while tally["kills"] < kills:
                scene = Scene(place / f"killed-{tally['trainings']:04d}")
                scene.folder.mkdir()
                Trial(scene, _at(scene, words, place), pace, tally, chance).run(blows, kills)
                compare(scene.output, still.output)
                progress.advance(tally["kills"] - progress.done)
                if "killed" in outputs:
                    shutil.rmtree(outputs["killed"].parent)
                outputs["killed"] = scene.output
    except (WrongError, TimeoutError) as error:
        failure = str(error)
    seconds = time.monotonic() - began
    return failure, certificate.write(seed, tally, outputs, seconds, failure)


def _make_data(place: Path, seed: int) -> None:
    """Make crops and pairs, in a process of its own.

    Nothing may have started threads when this one is forked later.
    """
    from repose.drill.data import make_data

    maker = multiprocessing.get_context("fork").Process(target=make_data, args=(place, seed))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise ReposeError("os-error", "the data of the drill cannot be made", path=place)


def _words(overlays: list[Path]) -> list[str]:
    """Spell the training of the first method as flags."""
    from repose.staleness import load_config

    config = load_config(overlays)
    method = config["methods"][0]
    model = json.dumps(network_block(config["models"][method]))
    recipe = training_block(config, method) | SHORT | {"phases": []}  # other steps, other phases
    return ["train", *shlex.split(flags(recipe)), "--model", model]


def _at(scene: "Scene", words: list[str], data: Path) -> list[str]:
    """Complete a command line with the paths of one training."""
    paths = {
        "--crops": data / "crops",
        "--pairs": data / "pairs.parquet",
        "--run-directory": scene.runs,
        "--output": scene.output,
    }
    return [*words, *(str(word) for pair in paths.items() for word in pair)]
