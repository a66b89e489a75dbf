"""The part of a square image that a network works on, and its way back into the square.

Data sets differ in shape (Market-1501 is 128 x 64, clips of a phone 128 x 72), crops here are
squares. A network may take the window in the middle of the square; what lies around it shows the
source's pixels. A network that halves its input n times wants sides that are multiples of 2^n: a
window that is not gets a border, on both sides alike, that repeats its outermost pixels, and
loses it again on the way back.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from repose.errors import ReposeError
from repose.geometry.maps2d import heatmaps2d


class Window:
    """A rectangle of h x w px in the middle of an S x S square, padded to H x W.

    Attributes:
        shape: (H, W) px, what the network sees.
        offset_px: (x, y) of its first pixel in the square; negative where it is padded.
    """

    def __init__(self, size: int, window: tuple[int, ...], multiple: int = 1) -> None:
        """Place the window.

        Args:
            size: S, px.
            window: (h, w) px; (0, 0) is the whole square.
            multiple: H and W are the next multiples of this.

        Raises:
            ReposeError: bad-network, where it is no such pair or does not fit into the square.
        """
        whole = tuple(window) == (0, 0)
        if len(window) != 2 or not (whole or 1 <= min(window) <= max(window) <= size):
            raise ReposeError(
                "bad-network",
                f"window {list(window)} in images of {size} px",
                mend=f"[height, width] px, at most {size}; [0, 0] for the whole square",
            )
        height, width = (side or size for side in window)
        self.size = size
        self.inner = (height, width)
        self.corner = ((size - height) // 2, (size - width) // 2)  # row, column
        self.before = (-height % multiple // 2, -width % multiple // 2)
        self.shape = (height + -height % multiple, width + -width % multiple)
        self.offset_px = (self.corner[1] - self.before[1], self.corner[0] - self.before[0])

    def cut(self, image: Tensor) -> Tensor:
        """Cut (B, C, S, S) down to the window and pad it: (B, C, H, W)."""
        (row, column), (height, width) = self.corner, self.inner
        inside = image[..., row : row + height, column : column + width]
        if self.shape == self.inner:
            return inside
        top, left = self.before
        bottom, right = self.shape[0] - height - top, self.shape[1] - width - left
        return functional.pad(inside, (left, right, top, bottom), mode="replicate")

    def shift(self, joints: Tensor) -> Tensor:
        """Move joints (B, J, 2 or 3) px of the square into the window's px; z stays."""
        offset = joints.new_zeros(joints.shape[-1])
        offset[:2] = offset.new_tensor(self.offset_px)
        return joints - offset

    def paste(self, inside: Tensor, around: Tensor) -> Tensor:
        """Put what a network drew (B, C, H, W) into its place in a square (B, C, S, S)."""
        (top, left), (row, column), (height, width) = self.before, self.corner, self.inner
        inside = inside[..., top : top + height, left : left + width]
        if self.inner == (self.size, self.size):
            return inside
        square = around.to(inside.dtype).clone()
        square[..., row : row + height, column : column + width] = inside
        return square


class JointMaps:
    """Draws a subset of the canonical joints as heat maps on a window of the image."""

    def __init__(self, window: Window, joints: Sequence[int], sigma_px: float) -> None:
        """Remember what to draw.

        Args:
            window: what the maps cover.
            joints: indices of the canonical joints, one channel each.
            sigma_px: of the Gaussians, px.
        """
        self.window, self.joints, self.sigma_px = window, list(joints), sigma_px

    @torch.compiler.disable
    @torch.no_grad()
    def __call__(self, joints: Tensor) -> Tensor:
        """Draw (B, 19, 3) joints in px of the square: (B, J, H, W) in [0, 1]."""
        height, width = self.window.shape
        side = max(height, width)
        with torch.autocast(joints.device.type, enabled=False):
            points = self.window.shift(joints)[:, self.joints]
            return heatmaps2d(points, side, (side, side), self.sigma_px)[..., :height, :width]
