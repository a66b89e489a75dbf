"""Phases: what is written is what learns, and nothing else moves."""

import pytest
from torch import nn

from repose.errors import ReposeError
from repose.training.phases import Phase, everything, learning, read_phases


class TwoStages(nn.Module):
    def __init__(self):
        super().__init__()
        self.coarse, self.fine, self.quiet = nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()


NETWORKS = {"generator": TwoStages(), "discriminator": nn.Linear(2, 1)}


def test_phases_follow_one_another():
    written = ["generator.coarse: 5", "discriminator: 2", "generator.fine, discriminator : 13"]
    assert read_phases(written, 20, NETWORKS) == (
        Phase(("generator.coarse",), 0, 5),
        Phase(("discriminator",), 5, 7),
        Phase(("generator.fine", "discriminator"), 7, 20),
    )


def test_no_phases_teach_everything_always():
    assert read_phases([], 7, NETWORKS) == everything(7)
    for name, network in NETWORKS.items():
        learnt = learning(everything(7)[0], name, network)
        assert [id(p) for p in learnt] == [id(p) for p in network.parameters()]


def test_a_part_of_a_network_learns_alone():
    phase = Phase(("generator.fine", "discriminator"), 0, 1)
    generator = NETWORKS["generator"]
    learnt = {id(p) for p in learning(phase, "generator", generator)}
    assert learnt == {id(p) for p in generator.fine.parameters()}
    assert phase.teaches("generator")
    assert not Phase(("discriminator",), 0, 1).teaches("generator")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["generator 20"], "write it as"),
        (["generator: many"], "write it as"),
        (["generator: 0", "generator: 20"], "write it as"),
        (["generator: 19"], "add up to 19 steps"),
        ([": 20"], "write it as"),
        (["generator, generator.coarse: 20"], "named already"),
        (["generator.coarse, generator.coarse: 20"], "named already"),
        (["generator.quiet: 20"], "has no weights"),
        (["generatr: 20"], "did you mean 'generator'"),
        (["generator.corse: 20"], "did you mean 'coarse'"),
    ],
)
def test_what_cannot_be_taught_is_named(written, said):
    with pytest.raises(ReposeError, match="wrong-value") as error:
        read_phases(written, 20, NETWORKS)
    assert said in str(error.value)


def test_a_discriminator_without_a_loss_is_missed():
    alone = {"generator": NETWORKS["generator"]}
    with pytest.raises(ReposeError, match="weight_adversarial is 0"):
        read_phases(["discriminator: 3"], 3, alone)
