"""One pass through generator and discriminator and back: ours against the plain formulation.

Plain: dense warp, heat maps written out and convolved. The networks' weights are the same.
"""

from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from benchmarks.people import poses
from benchmarks.timing import Run, alternate, one_thread, peak_mib, show, show_timings
from repose.geometry.heatmaps import Factors
from repose.geometry.warp import warp_parts
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.models.discriminator import SeparableStem
from repose.models.moving import PartMover
from repose.parts import to_grid

CONFIGS = ("config/config.yaml", "config/demo.yaml")
JUDGE = {
    "discriminator_stem": 16,
    "discriminator_widths": [64, 128],
    "discriminator_units": [1, 1],
}
# A quarter of the paper's widths at half its resolution.
MEDIUM = JUDGE | {
    "depth": 16,
    "channels": 16,
    "stem": 16,
    "encoder_widths": [64, 128],
    "pose_channels": 8,
    "decoder_widths": [256, 256, 128, 128, 128, 64],
    "inpainter_widths": [16, 32, 64, 128, 128, 128],
    "inpainter_kernels": [7, 5, 5, 3, 3, 3],
}
# size px, pairs, rounds
SIZES = {"demo": (64, 4, 15), "medium": (128, 2, 5)}


class DenseMover(PartMover):
    """Moves parts by the formula as it is written."""

    def move(self, volume: Tensor, masks: Tensor, transforms: Tensor) -> Tensor:
        """Move features as `PartMover.move` does."""
        moves = to_grid(transforms, self.size, self.grid)
        return warp_parts(volume.float(), masks, moves, method="dense")


class DenseStem(SeparableStem):
    """Convolves heat maps channel by channel."""

    def forward(self, images: Tensor, maps: Factors) -> Tensor:
        """Convolve as `SeparableStem.forward` does."""
        z, y, x = maps
        return self.dense(
            images, z[..., None, None] * y[..., None, :, None] * x[..., None, None, :]
        )


def block(name: str) -> dict[str, Any]:
    """Return the settings of the 3D model at a size."""
    settings: dict[str, Any] = {}
    for path in CONFIGS if name == "demo" else CONFIGS[:1]:
        text = Path(path).read_text(encoding="utf-8")
        settings |= yaml.safe_load(text).get("models", {}).get("warp3d", {})
    return settings | (JUDGE if name == "demo" else MEDIUM)


def network(name: str, plain: bool) -> nn.Module:
    """Build generator and discriminator, the same weights each time."""
    torch.manual_seed(0)
    model = build_model(block(name), SIZES[name][0])
    if plain:
        model.generator.mover.__class__ = DenseMover
        model.discriminator.stem.__class__ = DenseStem
    return model


def work(name: str, plain: bool, precision: str = "fp32") -> Run:
    """Return one pass forward and backward."""
    size, pairs, _ = SIZES[name]
    model = network(name, plain)
    half = precision == "bf16"
    if precision != "fp32":
        channels_last(model)
    source, source_joints, target_joints = (
        torch.rand(pairs, 3, size, size) * 2 - 1,
        poses(pairs, 1, size),
        poses(pairs, 2, size),
    )

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            image = model.generator(source, source_joints, target_joints)["image"]
            logits = model.discriminator(source, image, source_joints, target_joints)
        (image.abs().mean() + logits.mean()).backward()

    return run


def main() -> None:
    one_thread()
    for name, (size, pairs, rounds) in SIZES.items():
        title = f"{name}, {size} px, {pairs} pairs"
        forms = {"plain": (work(name, True), 1), "ours": (work(name, False), 1)}
        if name == "medium":
            for precision in ("fp32, channels last", "bf16"):
                forms[f"ours, {precision}"] = (work(name, False, precision), 1)
        show_timings(f"{title}: forward and backward", alternate(forms, rounds))
        rows = [(form, peak_mib(work, name, form == "plain")) for form in ("plain", "ours")]
        show(f"{title}: peak memory", ("", "MiB"), rows)


if __name__ == "__main__":
    main()
