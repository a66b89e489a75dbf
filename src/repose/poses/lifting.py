"""From 2D keypoints to 3D joints by a lifter of mmpose, called directly.

mmpose's own call sees past frames alone in a video, pads the future, and runs MotionBERT on single
frames. Here every window has its frame in the middle, as the lifters were trained; where it
reaches over an end of the clip, that end's frame is repeated.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from repose.errors import ReposeError
from repose.poses.base import Array, Known
from repose.skeleton import FLIP, JOINT, JOINT_SETS, JOINTS, convert

# The pictures that the lifters were trained on, and the person in them (stats_info of mmpose's
# h36m.py): a mean box of 400 px around (528, 427) in a picture 1000 px wide.
WIDTH_PX = 1000.0
CENTRE_PX = np.array([528.0, 427.0], np.float32)
SIDE_PX = 400.0
PERSON_SIDES = 1.15  # a person's box over that of the keypoints: scalp and soles lie outside
MM_PER_PX = 4.0  # of that person: what MotionBERT's codec takes where it knows no camera

WINDOWS = 128  # lifted at once
MOTIONBERT_FRAMES = 243  # most that its positions are learnt for

_ORDER = JOINT_SETS["h36m17"]
_SPINE, _HEAD = (index for index, name in enumerate(_ORDER) if name == "-")
_KNOWN = [index for index, name in enumerate(_ORDER) if name != "-"]
_FROM = [JOINT[_ORDER[index]] for index in _KNOWN]
_MIRROR = np.arange(len(_ORDER))
_MIRROR[_KNOWN] = [_ORDER.index(JOINTS[FLIP[joint]]) for joint in _FROM]


class Lifter:
    """A lifter of mmpose, ready to be called.

    Args:
        model: SimpleBaseline3D, VideoPose3D or MotionBERT as mmpose builds it.

    Raises:
        ReposeError: wrong-config, when the model is something else.
    """

    def __init__(self, model: Any) -> None:
        self.codec: Any = getattr(getattr(model, "head", None), "decoder", None)
        self.kind = type(self.codec).__name__
        runs = {
            "ImagePoseLifting": self._run_image,
            "VideoPoseLifting": self._run_video,
            "MotionBERTLabel": self._run_motionbert,
        }
        if self.kind not in runs:
            raise ReposeError(
                "wrong-config",
                f"the config of the lifter is of a {type(model).__name__} with {self.kind}",
                mend="take SimpleBaseline3D, VideoPose3D or MotionBERT: docs/poses.md",
            )
        self.model = model
        self._run = runs[self.kind]
        data = model.cfg.test_dataloader.dataset
        self.length = int(data.get("seq_len", 1))
        self.causal = bool(data.get("causal", False))

    def lift_clip(self, points: Array, known: Known) -> Array:
        """Lift the keypoints of a clip.

        Args:
            points: (T, 17, 2) px, "coco17".
            known: (T,) frames with somebody in them, one at least; others are interpolated.

        Returns:
            (T, 17, 3) mm, "h36m17", camera axes, pelvis at 0.
        """
        joints = h36m_from_coco(fill(points, known))
        centres, sides = boxes(joints)
        # One scale for the clip: a stretched arm must not shrink the person.
        scale = np.full(1, np.median(sides[known]))
        if self.kind != "MotionBERTLabel":
            where = windows(len(joints), self.length, causal=self.causal)
            return self._lift(joints[where], centres, np.broadcast_to(scale, len(joints)))[:, 0]
        lifted = np.empty((len(joints), len(_ORDER), 3), np.float32)
        for piece in pieces(len(joints), MOTIONBERT_FRAMES):
            centre = centres[piece].mean(axis=0)[None]
            lifted[piece] = self._lift(joints[None, piece], centre, scale)[0]
        return lifted

    def lift_each(self, points: Array) -> Array:
        """Lift single pictures, (N, 17, 2) px; each stands still in a window of its own."""
        joints = h36m_from_coco(points)
        frames = 1 if self.kind == "MotionBERTLabel" else self.length
        still = np.repeat(joints[:, None], frames, axis=1)
        return self._lift(still, *boxes(joints))[:, 0]

    def _lift(self, sequences: Array, centres: Array, sides: Array) -> Array:
        """Lift (N, L, 17, 2) px around (N, 2) centres to (N, L or 1, 17, 3) mm."""
        scale = SIDE_PX / np.maximum(sides * PERSON_SIDES, 1e-3)
        placed = (sequences - centres[:, None, None]) * scale[:, None, None, None] + CENTRE_PX
        device = next(self.model.parameters()).device
        lifted = []
        with torch.inference_mode():
            for start in range(0, len(placed), WINDOWS):
                some = torch.from_numpy(placed[start : start + WINDOWS].astype(np.float32))
                lifted.append(self._run(some.to(device)).cpu().numpy())
        return np.concatenate(lifted)

    def _run_image(self, points: Tensor) -> Tensor:
        codec = self.codec
        mean, std, target_mean, target_std = (
            points.new_tensor(values)
            for values in (
                *(codec.keypoints_mean, codec.keypoints_std),
                *(codec.target_mean, codec.target_std),
            )
        )
        found = self._run_layers((points - mean) / std) * target_std + target_mean
        root = torch.zeros_like(found[:, :1])
        return torch.cat([root, found], dim=1)[:, None] * 1000

    def _run_video(self, points: Tensor) -> Tensor:
        found = self._run_layers(points / (WIDTH_PX / 2) - 1)
        return (found - found[:, :1])[:, None] * 1000

    def _run_layers(self, points: Tensor) -> Tensor:
        """Call a temporal convolution, (N, L, 17, 2) -> (N, 17, 3), which wants (N, 34, L)."""
        found = self.model(points.permute(0, 2, 3, 1).flatten(1, 2), None, mode="tensor")
        # Trained with a trajectory beside the pose, it returns both.
        return found[0] if isinstance(found, tuple) else found

    def _run_motionbert(self, points: Tensor) -> Tensor:
        seen = points / (WIDTH_PX / 2) - 1
        inputs = torch.cat([seen, torch.ones_like(seen[..., :1])], dim=-1)
        # The mean with the mirrored person, as in its config's test.
        sign = inputs.new_tensor([-1, 1, 1])
        mirrored = self.model(inputs[:, :, _MIRROR] * sign, None, mode="tensor")
        found = (self.model(inputs, None, mode="tensor") + mirrored[:, :, _MIRROR] * sign) / 2
        if self.codec.rootrel:
            found[:, :, 0] = 0
        return (found - found[:, :, :1]) * (WIDTH_PX / 2 * MM_PER_PX)


def h36m_from_coco(points: Array) -> Array:
    """Rename keypoints as mmpose does for its lifters, (..., 17, 2) -> (..., 17, 2).

    The spine is the middle of neck and pelvis, the head that of the eyes.
    """
    joints, _ = convert(points, np.ones(points.shape[:-1]), "coco17")
    renamed = np.empty((*points.shape[:-2], len(_ORDER), 2), np.float32)
    renamed[..., _KNOWN, :] = joints[..., _FROM, :]
    for index, pair in ((_SPINE, ("neck", "pelvis")), (_HEAD, ("l_eye", "r_eye"))):
        renamed[..., index, :] = joints[..., [JOINT[name] for name in pair], :].mean(axis=-2)
    return renamed


def fill(points: Array, known: Known) -> Array:
    """Interpolate the frames in which nobody was seen, (T, ...); ends are held."""
    frames = np.arange(len(points))
    flat = points.reshape(len(points), -1).astype(np.float32)
    for column in flat.T:
        column[:] = np.interp(frames, frames[known], column[known])
    return flat.reshape(points.shape)


def windows(frames: int, length: int, *, causal: bool) -> Array:
    """Return which frames each frame's window holds: (T, length), ends repeated."""
    offsets = np.arange(length) - (length - 1 if causal else length // 2)
    return np.clip(np.arange(frames)[:, None] + offsets, 0, frames - 1)


def pieces(frames: int, length: int) -> Iterator[slice]:
    """Cut a clip into pieces of at most `length`; the last one reaches back to be as long."""
    for start in range(0, frames, length):
        start = max(min(start, frames - length), 0)
        yield slice(start, min(start + length, frames))


def boxes(joints: Array) -> tuple[Array, Array]:
    """Return the middles (T, 2) and longer sides (T,) of the boxes around (T, 17, 2) joints."""
    first, last = joints.min(axis=1), joints.max(axis=1)
    return (first + last) / 2, (last - first).max(axis=1)
