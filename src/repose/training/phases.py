"""What learns when: the phases of a training, told as data.

A phase is written as `networks: steps`, such as `generator.coarse: 22000` or
`generator.fine, discriminator: 38000`. What a phase does not name keeps its weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from repose.errors import ReposeError, nearest


@dataclass(frozen=True)
class Phase:
    """Some consecutive steps in which the same networks learn.

    Attributes:
        learn: Networks, or parts of them: `generator`, `generator.coarse`, `discriminator`.
        first: Its first step, counted from 0.
        end: One past its last step.
    """

    learn: tuple[str, ...]
    first: int
    end: int

    def teaches(self, network: str) -> bool:
        """Say whether a network, or a part of it, learns."""
        return any(name.partition(".")[0] == network for name in self.learn)


def read_phases(
    written: Sequence[str], steps: int, networks: Mapping[str, nn.Module]
) -> tuple[Phase, ...]:
    """Read phases as the config writes them.

    Args:
        written: One text per phase, in order; none: everything learns in all steps.
        steps: Of the whole training.
        networks: What there is to teach.

    Raises:
        ReposeError: wrong-value, where a phase is not `networks: steps`, names what is not there,
            or where the phases do not add up to the steps.
    """
    if not written:
        return everything(steps)
    phases: list[Phase] = []
    for text in written:
        names, _, count = text.rpartition(":")
        learn = tuple(name.strip() for name in names.split(","))
        if not (count.strip().isdecimal() and int(count) > 0):
            raise _wrong(f"has '{text}'", "write it as 'generator, discriminator: 1000'")
        for name in learn:
            _check_name(name, networks)
        first = phases[-1].end if phases else 0
        phases.append(Phase(learn, first, first + int(count)))
    if phases[-1].end != steps:
        raise _wrong(f"adds up to {phases[-1].end} steps, train.steps is {steps}", "make it equal")
    return tuple(phases)


def everything(steps: int) -> tuple[Phase, ...]:
    """Return the one phase in which all networks learn."""
    return (Phase(("generator", "discriminator"), 0, steps),)


def learning(phase: Phase, name: str, network: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of a network that learn in a phase."""
    parts = [part.partition(".")[2] for part in phase.learn if part.partition(".")[0] == name]
    return [weight for part in parts for weight in network.get_submodule(part).parameters()]


def _check_name(name: str, networks: Mapping[str, nn.Module]) -> None:
    network, _, part = name.partition(".")
    if network not in networks:
        hint = "train.weight_adversarial is 0" if network == "discriminator" else ""
        mend = hint or nearest(network, networks)
        raise _wrong(f"names '{name}', which is not trained here", mend)
    try:
        networks[network].get_submodule(part)
    except AttributeError:
        known = [child for child, _ in networks[network].named_children()]
        raise _wrong(f"names '{name}', which is not there", nearest(part, known)) from None


def _wrong(what: str, mend: str) -> ReposeError:
    return ReposeError("wrong-value", f"train.phases {what}", mend=mend)
