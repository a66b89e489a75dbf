"""How long scoring takes: each score of a pair, and all of the largest benchmark.

python -m benchmarks.metrics
"""

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from benchmarks.timing import alternate, one_thread, show_timings
from repose.metrics.bootstrap import mean_estimate
from repose.metrics.pixel import l1, psnr
from repose.metrics.pose import joint_distances_mm, pose_auc
from repose.metrics.scorers import pixel_scores
from repose.metrics.ssim import masked_ssim, ssim, ssim_map

PAIRS = 8570  # test pairs of DeepFashion
HEIGHT, WIDTH = 256, 176  # px
ROUNDS = 15


def main() -> None:
    one_thread()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    true = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    generated = np.clip(true + rng.normal(0, 20, true.shape), 0, 255).astype(np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[40:220, 60:120] = True
    pose = rng.normal(0, 300, (19, 3))
    values, persons = rng.normal(size=PAIRS), rng.integers(0, 200, PAIRS)

    def own_ssim() -> tuple[float, float, float]:
        similarity = ssim_map(generated, true)
        return ssim(similarity), masked_ssim(similarity, mask), masked_ssim(similarity, ~mask)

    timings = alternate(
        {
            "SSIM, SSIM fg, SSIM bg": (own_ssim, 1),
            "SSIM of scikit-image": (
                lambda: structural_similarity(generated, true, channel_axis=2),
                1,
            ),
            "PSNR": (lambda: psnr(generated, true), 1),
            "L1 fg": (lambda: l1(generated, true, mask), 1),
            "all pixel scores": (lambda: pixel_scores(generated, true, mask, "skimage7"), 1),
            "pose AUC of given joints": (lambda: pose_auc(joint_distances_mm(pose, pose + 9)), 1),
        },
        ROUNDS,
    )
    show_timings(f"scores of one pair, {HEIGHT}x{WIDTH} px, one thread", timings, "pair")
    seconds = timings["all pixel scores"].cpu_ms * PAIRS / 1000
    print(f"all pixel scores of {PAIRS} pairs: {seconds:.0f} s of one core")
    interval = {
        "interval": (lambda: mean_estimate(values, persons, draws=10_000, seed=0), 1),
    }
    show_timings(f"one interval: {PAIRS} pairs, 200 people", alternate(interval, 3), "interval")


if __name__ == "__main__":
    main()
