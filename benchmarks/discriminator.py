"""The discriminator's first layer at full size: separable heat maps against 614 channels."""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.people import poses
from benchmarks.timing import Run, alternate, one_thread, peak_mib, show, show_timings
from repose.models.discriminator import IMAGES, SeparableStem
from repose.models.pose import PoseMaps

PAIRS, SIZE, DEPTH, CHANNELS, SIGMA_PX = 2, 256, 32, 64, 6.0
ROUNDS = 5


def layers() -> dict[str, Callable[[], Tensor]]:
    """Return both forms of the same layer on the same input, heat maps included."""
    torch.manual_seed(0)
    stem = SeparableStem(CHANNELS, DEPTH)
    maps = PoseMaps(SIZE, (DEPTH, SIZE, SIZE), SIGMA_PX, "3d", ())
    images, joints = torch.randn(PAIRS, IMAGES, SIZE, SIZE), poses(PAIRS, 1, SIZE)
    return {
        "dense": lambda: stem.dense(images, maps.volume(joints)),
        "separable": lambda: stem(images, maps.factors(joints)),
    }


def work(form: str, backward: bool) -> Run:
    """Return one forward pass, or a forward and a backward pass, of one form."""
    layer = layers()[form]
    gradient = torch.randn(PAIRS, CHANNELS, SIZE // 2, SIZE // 2)

    def forward() -> None:
        with torch.no_grad():
            layer()

    return (lambda: layer().backward(gradient)) if backward else forward


def main() -> None:
    one_thread()
    forms = layers()
    with torch.no_grad():
        dense, separable = (form() for form in forms.values())
    worst = (dense - separable).abs().max().item()
    print(f"largest difference {worst:.1e} at values up to {dense.abs().max():.2g}")
    for title, backward in (("forward", False), ("forward and backward", True)):
        contenders = {form: (work(form, backward), 1) for form in forms}
        show_timings(f"{title}, {PAIRS} pairs, {SIZE} px", alternate(contenders, ROUNDS))
    rows = [(form, peak_mib(work, form, True)) for form in forms]
    show("peak memory, forward and backward", ("", "MiB"), rows)


if __name__ == "__main__":
    main()
