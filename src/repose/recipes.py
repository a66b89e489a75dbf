"""A model's block of the config: its network, and what its training has otherwise than all."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from repose.errors import ReposeError

RECIPE = "train"  # the key within a model's block, named after the block that it changes


def network_block(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model's block says of the network, without its recipe."""
    return {key: value for key, value in block.items() if key != RECIPE}


def training_block(config: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Return the settings that a model is trained with: those of all, changed by its own."""
    return {**config[RECIPE], **config["models"].get(method, {}).get(RECIPE, {})}


def read_phase(text: str) -> tuple[tuple[str, ...], int]:
    """Read a phase as it is written: what learns, and for how many steps.

    Raises:
        ReposeError: wrong-value.
    """
    names, _, count = text.rpartition(":")
    learn = tuple(name.strip() for name in names.split(","))
    if not (all(learn) and count.strip().isdecimal() and int(count) > 0):
        raise wrong_phases(f"has '{text}'", "write it as 'generator, discriminator: 1000'")
    return learn, int(count)


def check_phases(config: Mapping[str, Any]) -> None:
    """Check that the phases of every method add up to its steps.

    Raises:
        ReposeError: wrong-value, naming the method.
    """
    for method in config["methods"]:
        recipe = training_block(config, method)
        steps = [read_phase(text)[1] for text in recipe["phases"]]
        if steps and sum(steps) != recipe["steps"]:
            raise wrong_phases(
                f"of {method} add up to {sum(steps)} steps, its train.steps is {recipe['steps']}",
                f"make them equal; models.{method}.train stands above train",
            )


def spread_seeds(config: dict[str, Any]) -> None:
    """Make a method of each training of a method, where `seeds` wants several; in place.

    The first keeps its name and seed. The others, `<method>_seed1` and so on, differ in
    `train.seed` alone, by one each.

    Raises:
        ReposeError: wrong-value, when there is no seed, or a model has the name of such a one.
    """
    if config["seeds"] < 1:
        raise ReposeError("wrong-value", "'seeds' is below 1", mend="1: each model once")
    methods = []
    for method in config["methods"]:
        methods.append(method)
        first = training_block(config, method)["seed"]
        for number in range(1, config["seeds"]):
            name = f"{method}_seed{number}"
            block = copy.deepcopy(dict(config["models"][method]))
            block[RECIPE] = {**block.get(RECIPE, {}), "seed": first + number}
            if config["models"].setdefault(name, block) != block:
                said = f"'seeds' makes a model {name}, which models defines, too"
                raise ReposeError("wrong-value", said, mend="give that one another name")
            methods.append(name)
    config["methods"] = methods


def shadowed(config: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """Say which of the settings that were given for all trainings a method has its own of.

    Args:
        config: The whole config of the graph.
        given: What the command line says.
    """
    for key in given.get(RECIPE) or ():
        for method in config["methods"]:
            if key in config["models"].get(method, {}).get(RECIPE, {}):
                yield f"train.{key} is not that of {method}: set models.{method}.train.{key}"


def wrong_phases(what: str, mend: str) -> ReposeError:
    """Make the error of phases that cannot be."""
    return ReposeError("wrong-value", f"train.phases {what}", mend=mend)
