"""The limbs of Balakrishnan et al. 2018, and of Suresh and Sonarkar 2019, on canonical joints.

A limb runs between two ends, each the mean of its joints that are known; with none of them known
the limb is missing. The similarity that moves a limb is fitted to all of its joints.

The MPII joint set has the top of the head, which the canonical joints lack: it is taken where the
axis of our head capsule ends, 1.3 c - 0.3 neck, with c the mean of the ears that are known (rule
*head_top*). Its neck is the upper neck; ours is the mid-point of the shoulders.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from repose.geometry.helmert import Fit
from repose.geometry.similarity import fit_similarity
from repose.skeleton import JOINT, JOINTS

HEAD_TOP = "head_top"
HEAD_TOP_SHARE = 0.3  # how far beyond the ears, of the way from the neck to them
# Standard deviation across a limb, share of the image's side: 11 and 13 of 256 px.
LIMB, TORSO = 11 / 256, 13 / 256

Ends = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class LimbSkeleton:
    """A choice of joints and limbs.

    Attributes:
        joints: names of its joints, in order: canonical ones or `head_top`.
        limbs: for each limb, the one or two joints at either end.
        across: standard deviation of each limb's prior across it, share of the image's side.
    """

    joints: tuple[str, ...]
    limbs: tuple[Ends, ...]
    across: tuple[float, ...]


def _bones(*pairs: str) -> tuple[Ends, ...]:
    return tuple(((a,), (b,)) for a, b in (pair.split() for pair in pairs))


SHOULDERS = ("r_shoulder", "l_shoulder")

SKELETONS = {
    "mpii14": LimbSkeleton(
        joints=(
            *(HEAD_TOP, "neck"),
            *("r_shoulder", "r_elbow", "r_wrist", "l_shoulder", "l_elbow", "l_wrist"),
            *("r_hip", "r_knee", "r_ankle", "l_hip", "l_knee", "l_ankle"),
        ),
        limbs=(
            *_bones(f"{HEAD_TOP} neck"),
            *_bones("r_shoulder r_elbow", "r_elbow r_wrist"),
            *_bones("l_shoulder l_elbow", "l_elbow l_wrist"),
            *_bones("r_hip r_knee", "r_knee r_ankle", "l_hip l_knee", "l_knee l_ankle"),
            (SHOULDERS, ("r_hip", "l_hip")),
        ),
        across=(*(LIMB,) * 9, TORSO),
    ),
    "upper7": LimbSkeleton(
        joints=(HEAD_TOP, "r_wrist", "l_wrist", "r_elbow", "l_elbow", "r_shoulder", "l_shoulder"),
        limbs=(
            *_bones("r_wrist r_elbow", "r_elbow r_shoulder"),
            *_bones("l_wrist l_elbow", "l_elbow l_shoulder"),
            ((HEAD_TOP,), SHOULDERS),
        ),
        across=(LIMB,) * 5,
    ),
}


def skeleton_points(joints: Tensor, skeleton: LimbSkeleton) -> Tensor:
    """Pick a skeleton's joints, and derive the top of the head by its rule.

    Args:
        joints: (B, 19, 2 or 3) px, canonical; what is not finite is missing.
        skeleton: Which to pick.

    Returns:
        (B, J, 2) px (x, y); NaN where missing.
    """
    flat = joints[..., :2]
    flat = torch.where(torch.isfinite(flat).all(-1, keepdim=True), flat, torch.nan)
    ears = torch.stack((flat[:, JOINT["l_ear"]], flat[:, JOINT["r_ear"]])).nanmean(0)
    top = torch.lerp(flat[:, JOINT["neck"]], ears, 1 + HEAD_TOP_SHARE)
    every = torch.cat((flat, top[:, None]), 1)
    index = [len(JOINTS) if name == HEAD_TOP else JOINT[name] for name in skeleton.joints]
    return every[:, torch.tensor(index, device=joints.device)]


def limb_ends(points: Tensor, skeleton: LimbSkeleton, *, right_shoulder: bool = False) -> Tensor:
    """Find both ends of each limb.

    Args:
        points: (B, J, 2) px, as `skeleton_points` returns them.
        skeleton: Theirs.
        right_shoulder: End at the right shoulder alone instead of between the shoulders, where
            a limb's second end is there: the slip of Suresh and Sonarkar's code.

    Returns:
        (B, L, 2, 2) px; NaN where no joint of that end is known.
    """
    limbs = skeleton.limbs
    if right_shoulder:
        limbs = tuple((a, b[:1] if b == SHOULDERS else b) for a, b in limbs)
    return points[:, _table(limbs, skeleton, points.device)].nanmean(3)


def fit_limbs(
    source: Tensor, target: Tensor, skeleton: LimbSkeleton, *, mirrors: bool = False
) -> tuple[Fit, Tensor]:
    """Fit the similarity of each limb.

    Args:
        source: (B, J, 2) px, as `skeleton_points` returns them.
        target: (B, J, 2) px.
        skeleton: Theirs.
        mirrors: Mirror a limb where that fits better: a trunk seen from behind.

    Returns:
        The fit, with matrices (B, L, 3, 3) `source_from_target` in px, and which limbs have a
        joint that both poses know, (B, L) bool; the others cannot be placed.
    """
    table = _table(skeleton.limbs, skeleton, source.device).flatten(1)  # (L, 4)
    # An end of one joint stands in the table twice.
    weights = torch.ones_like(table, dtype=source.dtype)
    weights[:, 1::2] = (table[:, 1::2] != table[:, ::2]).to(source.dtype)
    ours, theirs = source[:, table], target[:, table]
    known = torch.isfinite(ours).all(-1) & torch.isfinite(theirs).all(-1)
    fit = fit_similarity(ours, theirs, weights, allow_mirrors=mirrors)
    return fit, known.any(-1)


def _table(limbs: tuple[Ends, ...], skeleton: LimbSkeleton, device: torch.device) -> Tensor:
    """Return the joints of each limb's ends, (L, 2, 2), one joint written twice."""
    index = {name: place for place, name in enumerate(skeleton.joints)}
    rows = [[[index[end[0]], index[end[-1]]] for end in limb] for limb in limbs]
    return torch.tensor(rows, device=device)
