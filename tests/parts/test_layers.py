"""Three-layer poses against plain loops, and in poses whose depth everybody sees."""

import numpy as np
import pytest
import torch

from benchmarks.people import poses as people
from benchmarks.plain import vunet25d as plain
from repose.parts.layers import (
    LIMBS,
    depth_labels,
    measure_overlaps,
    paint_layers,
    see_bodies,
    swap_labels,
)
from repose.skeleton import FLIP, JOINT
from tests.models.toys import SIZE, poses

WIDTH, THICKNESS = 0.2, 0.35
AT = {name: index for index, name in enumerate(LIMBS)}
RED, GREEN, BLUE = (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0)


def labels_of(joints: torch.Tensor, thickness: float = THICKNESS) -> torch.Tensor:
    return depth_labels(see_bodies(joints, SIZE, WIDTH), thickness)


def folded(z: float) -> torch.Tensor:
    """Return a person (1, 19, 3) whose left forearm lies across the torso, z away."""
    joints = poses(1, jitter_px=0)
    joints[0, JOINT["l_wrist"]] = SIZE * torch.tensor([0.45, 0.4, z])
    joints[0, JOINT["l_elbow"]] = SIZE * torch.tensor([0.66, 0.4, z])
    return joints


def holed(count: int = 8) -> torch.Tensor:
    """Return poses of any view; some lack joints, one has a limb of no length."""
    joints = people(count, 7, size=SIZE)
    joints[1, JOINT["l_elbow"]] = torch.nan
    joints[2, JOINT["r_hip"]] = torch.nan
    joints[3, JOINT["l_shoulder"]] = joints[3, JOINT["r_shoulder"]] = torch.nan
    joints[4, JOINT["r_knee"]] = joints[4, JOINT["r_ankle"]]
    joints[5] += torch.tensor([SIZE, 0.0, 0])
    return joints


def test_labels_and_pictures_are_those_of_a_plain_loop():
    joints = holed()
    bodies = see_bodies(joints, SIZE, WIDTH)
    labels = depth_labels(bodies, THICKNESS)
    pictures = paint_layers(joints, bodies, labels, sides=False)
    for index, pose in enumerate(joints.double().numpy()):
        wanted = plain.depth_labels(pose, SIZE, THICKNESS, WIDTH)
        np.testing.assert_array_equal(labels[index], wanted)
        painted = 2 * plain.paint_layers(pose, wanted, SIZE, WIDTH) - 1
        np.testing.assert_allclose(pictures[index], painted, atol=1e-6)
    assert set(labels.flatten().tolist()) == {-1, 0, 1}


def test_regions_depths_and_roots_are_those_of_a_plain_loop():
    joints = holed()
    bodies = see_bodies(joints, SIZE, WIDTH)
    for index, pose in enumerate(joints.double().numpy()):
        regions, depths, roots = plain.bodies(pose, SIZE, WIDTH)
        np.testing.assert_array_equal(bodies.regions[index], regions)
        seen = regions.copy()
        np.testing.assert_allclose(bodies.depths_px[index][seen], depths[seen], atol=1e-3)
        np.testing.assert_array_equal(bodies.roots[index][seen[:8]], roots[seen[:8]])


@pytest.mark.parametrize(("z", "label"), [(-0.3, 1), (0.3, -1), (0.0, 0), (-0.02, 0)])
def test_a_forearm_is_in_front_of_behind_or_beside_the_torso(z, label):
    labels = labels_of(folded(z))[0]
    assert labels[AT["l_forearm"]] == label
    assert not labels[[AT["r_upper_arm"], AT["r_forearm"], AT["l_shin"], AT["r_shin"]]].any()


def test_joined_limbs_do_not_hide_each_other_at_their_joint():
    """A bent arm held out: the elbow is shared, and depth along it is no depth between bodies."""
    joints = poses(1, jitter_px=0)
    joints[0, JOINT["l_elbow"], 2] = -9
    joints[0, JOINT["l_wrist"], 2] = 9
    assert not labels_of(joints)[0, : AT["l_thigh"]].any()


def test_crossed_legs_have_one_in_front():
    joints = poses(1, jitter_px=0)
    for side, x, z in (("l", 0.44, -0.2), ("r", 0.56, 0.2)):
        joints[0, JOINT[f"{side}_ankle"]] = SIZE * torch.tensor([x, 0.88, z])
        joints[0, JOINT[f"{side}_knee"]] = SIZE * torch.tensor([0.5, 0.7, z])
    labels = labels_of(joints)[0]
    assert labels[AT["l_shin"]] == 1
    assert labels[AT["r_shin"]] == -1


def test_depth_turned_round_turns_all_labels():
    joints = people(16, 2, size=SIZE)
    turned = joints * torch.tensor([1.0, 1, -1])
    labels = labels_of(joints)
    assert labels.any()
    assert torch.equal(labels_of(turned), -labels)


def test_a_mirrored_person_has_mirrored_labels():
    joints = people(16, 2, size=SIZE)
    mirrored = joints[:, FLIP] * torch.tensor([-1.0, 1, 1]) + torch.tensor([SIZE, 0.0, 0])
    swap = [LIMBS.index(("r_" if name.startswith("l_") else "l_") + name[2:]) for name in LIMBS]
    # Pixels on an edge may fall to the other side.
    assert (labels_of(mirrored)[:, swap] == labels_of(joints)).float().mean() > 0.97


def test_thickness_decides():
    joints = people(16, 2, size=SIZE)
    counts = [labels_of(joints, thickness).abs().sum() for thickness in (0.0, 0.35, 1.0, 9.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] == 0


def test_without_depth_or_shoulders_all_is_level():
    flat = people(4, 2, size=SIZE) * torch.tensor([1.0, 1, 0])
    assert not labels_of(flat).any()
    lost = people(4, 2, size=SIZE)
    lost[:, JOINT["l_shoulder"]] = torch.nan
    assert not labels_of(lost).any()
    assert not labels_of(torch.full((1, 19, 3), torch.nan)).any()


@pytest.mark.parametrize(("label", "colour"), [(1, RED), (0, GREEN), (-1, BLUE)])
def test_labels_are_colours(label, colour):
    joints = folded(0.0)
    bodies = see_bodies(joints, SIZE, WIDTH)
    labels = torch.zeros(1, 8, dtype=torch.long)
    labels[0, AT["l_forearm"]] = label
    picture = paint_layers(joints, bodies, labels, sides=False)[0]
    arm, torso = bodies.regions[0, AT["l_forearm"]], bodies.regions[0, 8]
    others = bodies.regions[0, :8].clone()
    others[AT["l_forearm"]] = False
    out = arm & ~torso & ~others.any(0)
    assert out.any()
    assert (picture[:, out] == torch.tensor(colour)[:, None]).all()
    on_torso = picture[:, arm & torso & ~others.any(0)]
    seen = colour if label >= 0 else (-1.0, 0.0, -1.0)  # the torso hides what is behind it
    assert (on_torso == torch.tensor(seen)[:, None]).all()


def test_six_channels_tell_left_from_right():
    joints = poses(1, jitter_px=0)
    bodies = see_bodies(joints, SIZE, WIDTH)
    labels = torch.ones(1, 8, dtype=torch.long)
    left, right = paint_layers(joints, bodies, labels, sides=True)[0].chunk(2)
    below = slice(SIZE // 4, None)
    assert torch.equal(left[:, below], right[:, below].flip(2))
    assert (left[0, below, : SIZE // 3] == -1).all()  # no arm on this side
    assert (right[0, below, : SIZE // 3] == 1).any()


def test_the_limb_that_overlaps_most_is_swapped():
    joints = torch.cat([folded(-0.3), folded(0.3), poses(1, jitter_px=0)])
    bodies = see_bodies(joints, SIZE, WIDTH)
    labels = depth_labels(bodies, THICKNESS)
    swapped, limb = swap_labels(bodies, labels)
    assert swapped.shape == labels.shape
    assert ((swapped != labels).sum(1) == 1).all()
    rows = torch.arange(3)
    assert torch.equal(swapped[rows, limb][:2], -labels[rows, limb][:2])
    assert (labels[rows, limb] != 0).tolist() == [True, True, False]
    area = measure_overlaps(bodies).area_px
    assert area[2, limb[2]] == area[2].max()
    assert swapped[2, limb[2]] == -1
    labelled = torch.where(labels[:2] != 0, area[:2], -1)
    assert torch.equal(labelled.argmax(1), limb[:2])
