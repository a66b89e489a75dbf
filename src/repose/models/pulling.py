"""The deformable skip connection: an encoder's features, put where the target pose wants them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.geometry.plan import Interpolation
from repose.geometry.pull import Combine, in_cells, pull_parts
from repose.parts.rectangles import (
    Rectangles,
    draw_rectangles,
    fit_rectangles,
    fit_whole,
    part_rectangles,
)
from repose.skeleton import PART, PARTS

RESTS = ("none", "torso", "still")
# What the last layer of a learned transform starts from: small, so that it starts near the
# identity; not zero, or nothing before it would learn in the first step.
FIRST_WEIGHTS = 1e-3


class PartPull:
    """Moves features part by part: mask i of the target is filled from where transform i looks.

    What stands outside of all masks of the target (`rest`):

    - "none": nothing, as the formula says;
    - "torso": what the torso's transform carries there;
    - "still": the source's own features, unmoved, but for the places that the source's masks
      cover: what was behind the person then is not known. Right where the camera stands still.

    How much there is to move changes from pair to pair, so all of this stays outside of compiled
    graphs. Features may be in half precision; places are computed in float32 at least.
    """

    def __init__(
        self, rest: str, interp: Interpolation, combine: Combine, torso_everywhere: bool
    ) -> None:
        """Remember the options.

        Args:
            rest: one of `RESTS`.
            interp: "nearest" or "linear".
            combine: "max" or "avg".
            torso_everywhere: the torso's mask is the whole image, as in the original; then there
                is no rest.
        """
        self.rest, self.interp, self.combine = rest, interp, combine
        self.everywhere = torso_everywhere

    @torch.compiler.disable
    def __call__(
        self, levels: Sequence[Tensor], source_joints: Tensor, target_joints: Tensor
    ) -> list[Tensor]:
        """Move features of one image at any number of resolutions.

        Args:
            levels: (B, C, H / n, W / n) each, n = 1, 2, 4, ...
            source_joints: (B, 19, 3) px of the H x W image.
            target_joints: (B, 19, 3) px.
        """
        moves = fit_rectangles(source_joints, target_joints)
        both = part_rectangles(torch.cat([target_joints, source_joints]))
        wanted, held = (
            Rectangles(*half) for half in zip(*(t.chunk(2) for t in both), strict=True)
        )
        moved = []
        for level, features in enumerate(levels):
            grid, pitch = (features.shape[2], features.shape[3]), 2**level
            masks = draw_rectangles(wanted, grid, pitch)
            free = ~masks.any(1)  # (B, H, W)
            if self.everywhere:
                masks[:, PART["torso"]] = True
            elif self.rest == "torso":
                masks[:, PART["torso"]] |= free
            pulled = self._pull(features, masks, in_cells(moves, pitch))
            if self.rest == "still" and not self.everywhere:
                free &= ~draw_rectangles(held, grid, pitch).any(1)
                pulled = torch.where(free[:, None], features, pulled)
            moved.append(pulled)
        return moved

    @torch.no_grad()
    def paint(self, joints: Tensor, shape: tuple[int, int]) -> Tensor:
        """Paint a pose's part masks: (B, 3, H, W) in [-1, 1], later parts over earlier ones."""
        drawn = draw_rectangles(part_rectangles(joints.float()), shape, 1)
        picture = torch.full((len(joints), 3, *shape), -1.0, device=joints.device)
        for part in range(len(PARTS)):
            colour = picture.new_tensor(_colour(part / len(PARTS))).view(3, 1, 1)
            picture = torch.where(drawn[:, part, None], colour, picture)
        return picture

    def _pull(self, features: Tensor, masks: Tensor, moves: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return pull_parts(features, masks, moves, interp=self.interp, combine=self.combine)


def _colour(turn: float) -> list[float]:
    """Return a bright colour in [-1, 1]; `turn` in [0, 1) goes once round the hues."""
    # Each channel is a trapezium of the hue, a third of a turn apart.
    return [2 * min(max(abs((turn * 6 + shift) % 6 - 3) - 1, 0.0), 1.0) - 1 for shift in (0, 4, 2)]


class WholePull:
    """Moves features by one affine map, from shoulders, hips and knees, everywhere."""

    def __init__(self, interp: Interpolation) -> None:
        """Remember the interpolation."""
        self.interp = interp

    @torch.compiler.disable
    def __call__(
        self, levels: Sequence[Tensor], source_joints: Tensor, target_joints: Tensor
    ) -> list[Tensor]:
        """Move features; arguments as in `PartPull`."""
        moves = fit_whole(source_joints, target_joints)
        moved = []
        for level, features in enumerate(levels):
            masks = features.new_ones((len(features), 1, *features.shape[2:]), dtype=torch.bool)
            with torch.autocast(features.device.type, enabled=False):
                there = in_cells(moves, 2**level)
                moved.append(pull_parts(features, masks, there, interp=self.interp))
        return moved


class LearnedPull(nn.Module):
    """Moves features by one affine map that a small network reads off the two poses.

    A spatial transformer (Jaderberg et al. 2015). Its map is learned, so its sampling is bilinear
    whatever `interp` says; beyond the border is zero. On a GPU torch adds its gradient in no fixed
    order.
    """

    def __init__(self, joints: Sequence[int], shape: tuple[int, int]) -> None:
        """Build the network; it starts near the identity.

        Args:
            joints: the canonical joints that it sees.
            shape: (H, W) px of the image.
        """
        super().__init__()
        self.joints, self.shape = list(joints), shape
        last = nn.Linear(32, 6)
        nn.init.normal_(last.weight, std=FIRST_WEIGHTS)
        last.bias.data = torch.tensor([1.0, 0, 0, 0, 1, 0])
        self.body = nn.Sequential(
            nn.Linear(4 * len(joints), 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), last
        )

    def forward(
        self, levels: Sequence[Tensor], source_joints: Tensor, target_joints: Tensor
    ) -> list[Tensor]:
        """Move features; arguments as in `PartPull`."""
        both = torch.stack([source_joints, target_joints], 1)[:, :, self.joints, :2].float()
        share = both / both.new_tensor([self.shape[1], self.shape[0]])
        share = torch.where(torch.isfinite(share), share, -1.0)  # as the original marks them
        with torch.autocast(both.device.type, enabled=False):
            moves = self.body(share.flatten(1)).view(-1, 2, 3)
            return [self._sample(features, moves) for features in levels]

    def _sample(self, features: Tensor, moves: Tensor) -> Tensor:
        places = functional.affine_grid(moves, list(features.shape), align_corners=False)
        moved = functional.grid_sample(features.float(), places, align_corners=False)
        return moved.to(features.dtype)
