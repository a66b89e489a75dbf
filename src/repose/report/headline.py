"""What the numbers allow to say, in sentences that claim nothing the intervals do not carry."""

from collections.abc import Sequence

from repose.report.compare import PEOPLE, Comparison
from repose.report.methods import COPY, Method
from repose.report.tables import number

SPOKEN = {"l1_fg": "foreground error (L1)", "ssim_fg": "foreground similarity (SSIM)"}


def headline(comparisons: Sequence[Comparison], leader: Method, people: str) -> str:
    """Say in one or two sentences how the leading model does, and what 3D brings.

    Args:
        comparisons: As in the table of comparisons.
        leader: The model that the report is about.
        people: Whom the scores were measured on, such as "people not seen in training".
    """
    mine = [c for c in comparisons if c.method == leader.name]
    against_copy = next((c for c in mine if c.other == COPY and c.neutral == 1), None)
    if against_copy is None:
        return f"{leader.label} was trained; nothing was scored against copying the source."
    said = [_against_copy(against_copy, leader, people)]
    for c in mine:
        if c.other != COPY and c.score.name == "ssim_fg":
            said.append(_against_model(c, leader))
    return " ".join(said)


def _against_copy(c: Comparison, leader: Method, people: str) -> str:
    e = c.estimate
    start = f"On {e.persons} {people}, {leader.label} makes {number(e.value, 2)} times"
    start += f" the foreground error of copying the source ({interval(c, 2)}"
    if not e.has_interval:
        return f"{start}, so this need not hold for anyone else)."
    if c.verdict == "no difference shown":
        return f"{start}: no difference is shown)."
    return f"{start})."


def _against_model(c: Comparison, leader: Method) -> str:
    size = number(c.estimate.value, 3, signed=True)
    spoken = SPOKEN[c.score.name]
    numbers = f"{size}, {interval(c, 3, signed=True)}"
    if c.verdict == "no difference shown":
        return (
            f"Between {leader.label} and {c.other} no difference in {spoken} is shown ({numbers})."
        )
    return f"{leader.label} is {c.verdict} than {c.other} in {spoken} ({numbers})."


def interval(c: Comparison, digits: int, *, signed: bool = False) -> str:
    """Spell an interval in words; with one person there is none."""
    if not c.estimate.has_interval:
        return f"{c.estimate.persons} person: no interval"
    low, high = (number(end, digits, signed=signed) for end in (c.estimate.low, c.estimate.high))
    return f"95 % interval {low} to {high}"


def warnings(methods: Sequence[Method], persons: int, split: str) -> list[str]:
    """Say what a reader must know before any number."""
    said = []
    random = [method.label for method in methods if method.random_features]
    if random:
        said.append(
            f"random_features: the perceptual loss of {', '.join(random)} used an untrained"
            " network in place of VGG19 with ImageNet weights. These scores say nothing about the"
            " paper's loss; give train.features a file of weights for that."
        )
    if split != "test":
        said.append(f"No person was kept apart for testing: these are {PEOPLE[split]}.")
    if persons < 2:
        said.append("Only one person was scored: no interval can be formed, nothing generalises.")
    elif persons < 10:
        said.append(
            f"Only {persons} people were scored, so the intervals are wide and rest on how alike"
            " these few are."
        )
    return said
