"""What the numbers allow to say, in sentences that claim nothing the intervals do not carry."""

from collections.abc import Sequence

from repose.report.compare import PEOPLE, Comparison
from repose.report.methods import COPY, Method
from repose.report.results import Results
from repose.report.tables import number

LISTED = 4  # models, more than which are counted
FEW = 10  # people, below which intervals rest on little


def headline(comparisons: Sequence[Comparison], results: Results) -> str:
    """Say in one sentence how the leading model does against copying the source."""
    name, found = results.leader.label, _against_copy(comparisons, results.leader)
    people = PEOPLE[results.main_split]
    if found is None:
        return f"{name} was trained, but not scored against copying the source."
    times = f"{number(found.estimate.value, 2)} times the foreground error of copying the source"
    if not found.estimate.has_interval:
        return f"On one person {name} makes {times}; that says nothing about others."
    if found.verdict == "no difference shown":
        return f"On {people}, {name} is not shown to differ from copying the source."
    return f"On {people}, {name} makes {times}."


def findings(comparisons: Sequence[Comparison], results: Results) -> list[str]:
    """Say with numbers what stands behind the headline, and how the models compare.

    With one family every other model gets its sentence; with several, all share two, and the
    table of comparisons has the rest.
    """
    leader, said = results.leader, []
    if (found := _against_copy(comparisons, leader)) is not None:
        e = found.estimate
        said.append(
            f"Foreground error (L1) of {leader.label} over that of the copied source:"
            f" {number(e.value, 2)}, {_interval(found, 2)}; {e.pairs} pairs of {_people(found)}."
        )
    against = [
        c
        for c in comparisons
        if c.method == leader.name and c.other != COPY and c.score.name == "ssim_fg"
    ]
    if results.has_other_families:
        return [*said, *_all_against_copy(comparisons, results), *_leader(against, results)]
    return said + [_against_model(c, leader, results.labels[c.other]) for c in against]


def _all_against_copy(comparisons: Sequence[Comparison], results: Results) -> list[str]:
    """Say of all models but the leader, whose numbers stand above, which ones beat copying."""
    words = {
        "better": "shown to make less foreground error than copying",
        "no difference shown": "not shown to differ from copying",
        "worse": "shown to make more of it than copying",
    }
    found: dict[str, list[str]] = {verdict: [] for verdict in words}
    for c in comparisons:
        if c.other == COPY and c.neutral == 1 and c.method != results.leader.name:
            told = f"{results.labels[c.method]} ({number(c.estimate.value, 2)})"
            found[c.verdict].append(told)
    parts = [f"{words[verdict]}: {', '.join(names)}" for verdict, names in found.items() if names]
    return [f"Of the other models, {'; '.join(parts)}."] if parts else []


def _leader(against: Sequence[Comparison], results: Results) -> list[str]:
    """Say which other models the leading one is better than, and which not."""
    words = {"better": "better than", "worse": "worse than",
             "no difference shown": "not shown to differ from"}  # fmt: skip
    parts = []
    for verdict, spoken in words.items():
        names = [results.labels[c.other] for c in against if c.verdict == verdict]
        told = ", ".join(names) if len(names) <= LISTED else f"{len(names)} others"
        parts += [f"{spoken} {told}"] if names else []
    if not parts:
        return []
    label = results.leader.label
    return [f"In foreground similarity (SSIM fg), as trained here, {label} is {'; '.join(parts)}."]


def _against_copy(comparisons: Sequence[Comparison], leader: Method) -> Comparison | None:
    mine = (c for c in comparisons if c.method == leader.name and c.other == COPY)
    return next((c for c in mine if c.neutral == 1), None)


def _against_model(c: Comparison, leader: Method, other: str) -> str:
    size = number(c.estimate.value, 3, signed=True)
    numbers = f"{size}, {_interval(c, 3, signed=True)}"
    spoken = "foreground similarity (SSIM fg)"
    if c.verdict == "no difference shown":
        return f"Between {leader.label} and {other} no difference in {spoken} is shown: {numbers}."
    return f"As trained here, {leader.label} is {c.verdict} than {other} in {spoken}: {numbers}."


def _interval(c: Comparison, digits: int, *, signed: bool = False) -> str:
    if not c.estimate.has_interval:
        return "no interval from one person"
    low, high = (number(end, digits, signed=signed) for end in (c.estimate.low, c.estimate.high))
    return f"95 % interval {low} to {high}"


def _people(c: Comparison) -> str:
    return "1 person" if c.estimate.persons == 1 else f"{c.estimate.persons} people"


def warnings(results: Results) -> list[str]:
    """Say what a reader must know before any number."""
    said = []
    random = [method.label for method in results.methods if method.random_features]
    if random:
        said.append(
            f"random_features: the losses on features of {', '.join(random)} used an untrained"
            " network in place of VGG19 with ImageNet weights. These scores say nothing about the"
            " papers' losses; give train.features a file of weights for that."
        )
    if results.main_split != "test":
        said.append(
            f"No person was kept apart for testing: these are {PEOPLE[results.main_split]}."
        )
    if results.persons == 1:
        said.append("Only one person was scored: no interval can be formed, nothing generalises.")
    elif results.persons < FEW:
        said.append(
            f"Only {results.persons} people were scored: the intervals rest on how alike these few"
            " are."
        )
    return [*said, *_trained_once(results)]


def _trained_once(results: Results) -> list[str]:
    """Say which models may owe their place to the seed of their one training."""
    trained = [method for method in results.methods if method.trained]
    once = [method.label for method in trained if not method.members]
    if len(trained) < 2:
        return []
    whose = "Each model was" if len(once) == len(trained) else f"{', '.join(once)}: each"
    if once:
        return [
            f"{whose} trained once: a difference between models may be one between two"
            " trainings, which no interval here covers."
        ]
    return ["The intervals are over people, given these trainings; how far trainings under"
            " other seeds lie apart is told by the spread over seeds."]  # fmt: skip
