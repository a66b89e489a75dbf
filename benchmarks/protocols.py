"""How much the definition of SSIM decides: the same Studio images under every protocol.

What stands for methods is done to true images on purpose, and to the source; so it is known that
a table with the source copied, or with nobody in the room, should not be a good one.

python -m benchmarks.protocols
"""

from collections.abc import Callable
from itertools import combinations

import cv2
import numpy as np

from benchmarks.timing import one_thread, show
from repose.data.packs import decode
from repose.metrics.ssim import PROTOCOLS, ssim, ssim_maps
from repose.report.sensitivity import changes
from repose.studio.clip import choreograph
from repose.studio.mesh import make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.render import render
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import hang_lamp

PEOPLE, FRAMES, SIZE = 6, 6, 256
Image = np.ndarray
Pair = tuple[Image, Image, Image]  # source, target, the room without a person


def film(number: int) -> list[Pair]:
    """Pair each frame of a person's free movement with each other one."""
    person = draw_person(number)
    figure = make_figure(person, draw_outfit(number, person.build.female > 0, 0), 0.014)
    lamp = hang_lamp(make_room(make_camera(SIZE), number))
    take = choreograph(figure, "free", 40, 4.0, number)
    frames = [
        np.asarray(
            render(
                figure, take.bones[i], take.joints[i], lamp, i, supersample=2, shadows=True
            ).image
        )
        for i in np.linspace(0, 39, FRAMES).astype(int)
    ]
    room = (lamp.room.background * 255 + 0.5).astype(np.uint8)
    return [(a, b, room) for a in frames for b in frames if a is not b]


def jpeg(image: Image, quality: int) -> Image:
    settings = (cv2.IMWRITE_JPEG_QUALITY, quality)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    return decode(data.tobytes())


def blurred(image: Image, sigma_px: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px))


def noisy(image: Image) -> Image:
    noise = np.random.default_rng(0).normal(0, 12, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


METHODS: dict[str, Callable[[Image, Image, Image], Image]] = {
    "the source": lambda source, true, room: source,
    "the empty room": lambda source, true, room: room,
    "source and target, half each": lambda source, true, room: source // 2 + true // 2,
    "JPEG 90": lambda source, true, room: jpeg(true, 90),
    "JPEG 10": lambda source, true, room: jpeg(true, 10),
    "blur of 1.5 px": lambda source, true, room: blurred(true, 1.5),
    "blur of 4 px": lambda source, true, room: blurred(true, 4),
    "moved by 2 px": lambda source, true, room: np.roll(true, 2, axis=1),
    "noise of 12 of 255": lambda source, true, room: noisy(true),
    "darker by a quarter": lambda source, true, room: (true * 0.75).astype(np.uint8),
    "half the contrast": lambda source, true, room: 64 + true // 2,
}


def means_of(pairs: list[Pair]) -> dict[str, dict[str, float]]:
    """Return the mean of each protocol and method."""
    means: dict[str, dict[str, float]] = {name: {} for name in PROTOCOLS}
    for method, draw in METHODS.items():
        scores = []
        for pair in pairs:
            maps = ssim_maps(draw(*pair), pair[1], PROTOCOLS)
            scores.append([ssim(maps[name], name) for name in PROTOCOLS])
        for name, mean in zip(PROTOCOLS, np.mean(scores, axis=0), strict=True):
            means[name][method] = float(mean)
    return means


def main() -> None:
    one_thread()
    pairs = [pair for number in range(PEOPLE) for pair in film(number)]
    means = means_of(pairs)
    rows = []
    for method in METHODS:
        values = [means[name][method] for name in PROTOCOLS]
        rows.append((method, *values, max(values) - min(values)))
    title = f"SSIM of {len(pairs)} Studio pairs of {PEOPLE} people, {SIZE} px"
    show(title, ("made of the target", *PROTOCOLS, "spread"), rows)
    compared = len(list(combinations(METHODS, 2)))
    counts = [
        (one, *(len(changes(means, one, other)[0]) for other in PROTOCOLS)) for one in PROTOCOLS
    ]
    show(f"of {compared} pairs of these, so many change places", ("", *PROTOCOLS), counts)
    changed = {pair for two in combinations(PROTOCOLS, 2) for pair in changes(means, *two)[0]}
    print(f"{len(changed)} of {compared} pairs change places between some two protocols")


if __name__ == "__main__":
    main()
