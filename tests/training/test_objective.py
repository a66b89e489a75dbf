"""The weighted sum of the losses, as it is told."""

import numpy as np
import pytest
import torch

from repose import losses
from repose.errors import ReposeError
from repose.losses import random_features
from repose.parts.pose_mask import pose_mask
from repose.training.batches import Batch
from repose.training.objective import Objective, Ramp, body
from repose.training.teaching import build_objective
from repose.training.values import LOSSES, check_values
from tests.models.toys import SIZE, images, poses
from tests.training import tiny


@pytest.fixture(scope="module")
def batch():
    return Batch(np.zeros((2, 2)), images(2), images(2, seed=1), poses(2), poses(2, seed=1), None)


def made(**more):
    return {"image": images(2, seed=2), **more}


def test_each_loss_counts_with_its_weight(batch):
    features, texture = random_features(0), random_features(0, form="nearest")
    weights = {name: 0.5 + index for index, name in enumerate(LOSSES)}
    objective = Objective(weights, 1.0, features, texture, nearest_window=3, pose_mask_px=2.0)
    kl, logits = torch.tensor(0.7), torch.tensor([0.3, -1.0])
    found = objective.generator(made(kl=kl), batch, logits, 0)
    image, target = made()["image"], batch.target
    mask = pose_mask(batch.target_joints, SIZE, 2.0)
    wanted = {
        "perceptual": losses.perceptual(features, image, target),
        "adversarial": losses.adversarial_generator(logits),
        "l1": losses.l1(image, target),
        "l1_foreground": losses.l1_foreground(image, target, body(batch.target_joints, SIZE)),
        "pose_mask": losses.l1_masked(image, target, mask),
        "nearest": losses.nearest(texture, image, target, 3),
        "gram": losses.gram(features, image, target),
        "kl": kl,
    }
    assert list(found) == ["loss", *LOSSES]
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value)
    total = sum(weights[name] * value for name, value in wanted.items())
    torch.testing.assert_close(found["loss"], total)


def test_a_loss_without_weight_or_judge_is_not_computed(batch):
    objective = Objective({"l1": 1.0, "adversarial": 1.0, "perceptual": 0.0})
    assert set(objective.generator(made(), batch, None, 0)) == {"loss", "l1"}


def test_a_ramp_rises_between_its_steps():
    ramp = Ramp(10, 20, 0.2)
    assert [ramp.at(step) for step in (0, 10, 15, 20, 99)] == pytest.approx([0.2, 0.2, 0.6, 1, 1])
    assert Ramp().at(0) == 1


def test_the_latents_weigh_more_as_time_goes_on(batch):
    objective = Objective({"l1": 1.0, "kl": 2.0}, kl_ramp=Ramp(0, 10, 0.0))
    given = made(kl=torch.tensor(3.0)), batch, None
    early, middle, late = (objective.generator(*given, step)["loss"] for step in (0, 5, 10))
    torch.testing.assert_close(middle - early, torch.tensor(3.0))
    torch.testing.assert_close(late - early, torch.tensor(6.0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nearest_window": 4}, "nearest_window is 4.*odd"),
        ({"kl_warmup": (5, 2)}, "kl_warmup"),
        ({"weight_gram": -1.0}, "weight_gram is -1.0"),
    ],
)
def test_values_that_teach_nothing_are_refused(change, said):
    with pytest.raises(ReposeError, match=said):
        check_values(vars(tiny.config(**change)))


def test_settings_become_an_objective(tmp_path):
    from repose.data.samples import Crops

    data = tiny.make_data(tmp_path)
    crops = Crops(data["crops"], 1)

    def built(**changes):
        return build_objective(vars(tiny.config(**changes)), crops, torch.device("cpu"))

    plain = built(weight_perceptual=0.0)
    assert plain.features is None
    assert plain.texture is None
    rich = built(weight_nearest=1.0, weight_gram=1.0, perceptual="posewarp12", triplet=True)
    assert rich.texture is not None
    assert rich.triplet
    once, again = (built(perceptual="posewarp12").features.scales for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))  # measured, not drawn
    with pytest.raises(ReposeError, match="posewarp12"):
        built(perceptual="posewrap12")
