"""The one table of scores: what each is called, in which unit, and which way is better."""

from dataclasses import dataclass

from repose.metrics.ssim import PROTOCOLS, column_of


@dataclass(frozen=True)
class Score:
    """One column of the per-pair score table.

    Attributes:
        name: Column name on disk.
        label: Name in tables and on the page.
        unit: Unit, or "" for a pure number.
        higher_is_better: Direction.
        low: Smallest possible value (intervals are cut there: no parameter lies beyond it).
        high: Largest possible value.
        digits: Decimals shown.
    """

    name: str
    label: str
    unit: str
    higher_is_better: bool
    low: float
    high: float
    digits: int

    @property
    def arrow(self) -> str:
        """An arrow that says which way is better."""
        return "↑" if self.higher_is_better else "↓"


_INF = float("inf")

SCORES: tuple[Score, ...] = (
    Score("ssim", "SSIM", "", True, -1.0, 1.0, 3),
    Score("ssim_fg", "SSIM fg", "", True, -1.0, 1.0, 3),
    Score("ssim_bg", "SSIM bg", "", True, -1.0, 1.0, 3),
    Score("psnr", "PSNR", "dB", True, 0.0, _INF, 2),
    Score("l1", "L1", "", False, 0.0, 1.0, 4),
    Score("l1_fg", "L1 fg", "", False, 0.0, 1.0, 4),
    Score("lpips", "LPIPS", "", False, 0.0, _INF, 3),
    Score("pose_loss_mm", "Pose loss", "mm", False, 0.0, _INF, 0),
    Score("pose_auc", "Pose AUC", "", True, 0.0, 1.0, 3),
    Score("pose_detected", "Person found", "", True, 0.0, 1.0, 3),
    Score("pckh", "PCKh", "", True, 0.0, 1.0, 3),
    Score("mask_ssim", "mask-SSIM", "", True, -1.0, 1.0, 3),
    Score("vgg_loss", "VGG loss", "", False, 0.0, _INF, 3),
    *(Score(column_of(name), f"SSIM {name}", "", True, -1.0, 1.0, 3) for name in PROTOCOLS),
)

SCORE: dict[str, Score] = {score.name: score for score in SCORES}
