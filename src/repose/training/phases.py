"""What learns when: the phases of a training, told as data.

A phase is written as `networks: steps`, such as `generator.coarse: 22000` or
`generator.fine, discriminator: 38000`. What a phase does not name keeps its weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from repose.errors import ReposeError, nearest
from repose.recipes import read_phase, wrong_phases
from repose.training.values import LOSSES


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
        learn, count = read_phase(text)
        _check_names(learn, networks)
        first = phases[-1].end if phases else 0
        phases.append(Phase(learn, first, first + count))
    if phases[-1].end != steps:
        said = f"add up to {phases[-1].end} steps, train.steps is {steps}"
        raise wrong_phases(said, "make them equal")
    return tuple(phases)


def everything(steps: int) -> tuple[Phase, ...]:
    """Return the one phase in which all networks learn."""
    return (Phase(("generator", "discriminator"), 0, steps),)


def learning(phase: Phase, name: str, network: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of a network that learn in a phase."""
    parts = [part.partition(".")[2] for part in phase.learn if part.partition(".")[0] == name]
    return [weight for part in parts for weight in network.get_submodule(part).parameters()]


def check_losses(settings: Mapping[str, Any], phases: Sequence[Phase], critic: bool) -> None:
    """Refuse a phase in which the generator would learn from nothing.

    Args:
        settings: Of the train stage.
        phases: Of the training.
        critic: Whether a discriminator is trained.

    Raises:
        ReposeError: wrong-value.
    """
    alone = any(settings[f"weight_{name}"] for name in LOSSES if name not in ("adversarial", "kl"))
    for phase in phases:
        judged = critic and phase.teaches("discriminator")
        if phase.teaches("generator") and not (alone or judged):
            raise ReposeError(
                "wrong-value",
                f"no loss teaches the generator in steps {phase.first + 1} to {phase.end}",
                mend="set a train.weight_ of a loss above 0",
            )


def _check_names(learn: tuple[str, ...], networks: Mapping[str, nn.Module]) -> None:
    taught: set[int] = set()
    for name in learn:
        network, _, part = name.partition(".")
        if network not in networks:
            what = f"names '{name}', which is not trained here"
            mend = nearest(network, ("generator", "discriminator"))
            if network == "discriminator":
                mend = "the model has none, or train.weight_adversarial is 0"
            raise wrong_phases(what, mend)
        try:
            weights = {id(weight) for weight in networks[network].get_submodule(part).parameters()}
        except AttributeError:
            known = [child for child, _ in networks[network].named_children()]
            raise wrong_phases(
                f"names '{name}', which is not there", nearest(part, known)
            ) from None
        if not weights or weights & taught:
            why = "which is named already" if weights else "which has no weights"
            raise wrong_phases(f"names '{name}', {why}", "name each part once")
        taught |= weights
