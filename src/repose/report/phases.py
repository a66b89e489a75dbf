"""What each phase of a training reached: losses on pairs trained on, and on pairs never seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from repose.files import read_json
from repose.report.methods import Method
from repose.report.origins import of_line, of_table
from repose.report.published import lines_of, scores_of, sources
from repose.report.tables import Cell, Row, Table, plain, whole_number

PHASES = "phases.json"  # in the folder of a training
LOSSES = {
    "perceptual": "VGG loss",
    "discriminator": "D loss",
    "l1": "L1",
    "l1_foreground": "L1 fg",
}
PAIRS = {"train": "training pairs", "unseen": "unseen pairs"}
# Where published.csv keeps what a column shows.
PUBLISHED = {
    ("perceptual", "train"): "vgg_train",
    ("perceptual", "unseen"): "vgg_test",
    ("discriminator", "train"): "d_loss",
}

Place = tuple[str, str]  # a loss and the pairs it was taken on


@dataclass(frozen=True)
class Phase:
    """One row: what learnt, for how long, and the losses at its end, with where they stand."""

    label: str
    learnt: str
    steps: int | None
    losses: Mapping[Place, float]
    origin: str
    origins: Mapping[Place, str] = field(default_factory=dict)


def phases_table(
    methods: Sequence[Method], train: Sequence[Path], published: pd.DataFrame
) -> Table | None:
    """Set the losses at the end of every phase under the published ones of seed 002.

    Args:
        methods: In the order of the tables.
        train: Folders of the trained models; those without `phases.json` are left out.
        published: Rows of `published.csv`.

    Returns:
        None where no training wrote down its phases.
    """
    files = {folder.name: folder / PHASES for folder in train}
    told = [m for m in methods if m.trained and files[m.name].is_file()]
    ours = read_phases(methods, train)
    if not ours:
        return None
    shown = [(loss, pairs) for loss in LOSSES for pairs in PAIRS]
    shown = [place for place in shown if any(place in phase.losses for phase in ours)]
    theirs = published[published["score"].isin([*PUBLISHED.values(), "steps"])]
    if not set(PUBLISHED) & set(shown):  # nothing of theirs has a place
        theirs = theirs.iloc[:0]
    groups: list[tuple[str, list[Phase]]] = [
        *((f"Published: {paper}", list(_published(rows)))
          for paper, rows in theirs.groupby("paper", sort=False)),
        ("This run", ours),
    ]  # fmt: skip
    rows: list[Row] = []
    for heading, own in groups:
        rows += [Row(heading, heading=True), *(_row(phase, shown) for phase in own)]
    losses = (f"{LOSSES[loss]}, {PAIRS[pairs]}" for loss, pairs in shown)
    notes = [*_notes(told), *sources(theirs)]
    title = "What each phase of a training reached"
    return Table("phases", title, ["", "learnt", "steps", *losses], rows, notes)


def _row(phase: Phase, shown: Sequence[Place]) -> Row:
    own, place_of = phase.origin, phase.origins
    cells = [Cell(phase.learnt, origin=own), whole_number(phase.steps, own)]
    cells += [plain(phase.losses.get(p), 4, place_of.get(p, own)) for p in shown]
    return Row(phase.label, cells)


def _read(method: Method, path: Path) -> Iterator[Phase]:
    phases: list[dict[str, Any]] = read_json(path)
    for phase in phases:
        label = f"{method.label}, phase {phase['phase']}" if phase["of"] > 1 else method.label
        losses = {
            (loss, pairs): value
            for pairs in PAIRS
            for loss, value in phase["losses"].get(pairs, {}).items()
            if value is not None
        }
        learnt = ", ".join(_learnt(phase["learn"], method))
        origin = of_table(f"train/{method.name}/{PHASES}")
        yield Phase(label, learnt, phase["steps"], losses, origin)


def _learnt(names: Sequence[str], method: Method) -> list[str]:
    """Keep the networks that were there: a phase of all names the discriminator in any case."""
    trained = method.run.get("parameters", {})
    return [name for name in names if not trained or name.partition(".")[0] in trained]


def _published(printed: pd.DataFrame) -> Iterator[Phase]:
    for row, values in printed.groupby("row", sort=False):
        by_score = scores_of(values)
        losses = {place: by_score[name] for place, name in PUBLISHED.items() if name in by_score}
        learnt = "generator" + (", discriminator" if "d_loss" in by_score else "")
        steps = int(by_score["steps"]) if "steps" in by_score else None
        lines = lines_of(values)
        origins = {place: lines[name] for place, name in PUBLISHED.items() if name in lines}
        origin = lines.get("steps", of_line(int(values.index[0])))
        yield Phase(str(row), learnt, steps, losses, origin, origins)


def read_phases(methods: Sequence[Method], train: Sequence[Path]) -> list[Phase]:
    """Return what every training reached at the end of its phases, if it wrote that down."""
    files = {folder.name: folder / PHASES for folder in train}
    told = [m for m in methods if m.trained and files[m.name].is_file()]
    return [phase for method in told for phase in _read(method, files[method.name])]


def _notes(methods: Sequence[Method]) -> Iterator[str]:
    yield (
        "Ours: means over the same pairs at the end of each phase, of people trained on and of"
        " others. Not comparable with published ones: other people, pairs, sizes and numbers of"
        " steps. No intervals are given: the people are few, and each model was trained once."
    )
    having = [m for m in methods if m.run.get("config", {}).get("weight_perceptual")]
    if forms := [f"{m.label}: {m.run['config']['perceptual']}" for m in having
                 if "perceptual" in m.run["config"]]:  # fmt: skip
        yield f"VGG loss: in the form that each model learns by ({', '.join(forms)})."
    if random := [method.label for method in having if method.random_features]:
        yield (
            f"random_features: the VGG loss of {', '.join(random)} was taken with an untrained"
            " network in place of VGG19 with ImageNet weights; its size means nothing elsewhere."
        )
    yield (
        "D loss: cross entropy of true plus that of generated images, 1.39 at chance, twice what"
        " a mean over both would be; of pg2 half that of true images, a quarter of generated ones"
        " and a quarter of sources, 0.69 at chance."
    )
