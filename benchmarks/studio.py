"""CPU time of the studio: building a person, and rendering and writing a frame.

python -m benchmarks.studio
"""

import tempfile
import time
from pathlib import Path

from repose.studio.clip import Take, choreograph, shoot, write_clip
from repose.studio.mesh import Figure, make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import hang_lamp

SIZES = (64, 128, 256)
PITCHES_MM = (14.0, 11.0)
FRAMES = 12
ROUNDS = 3


def build(pitch_mm: float) -> tuple[Figure, float]:
    begin = time.process_time()
    person = draw_person(0)
    figure = make_figure(person, draw_outfit(0, person.build.female > 0, 0), pitch_mm / 1000)
    return figure, time.process_time() - begin


def render_ms(figure: Figure, size: int, take: Take, *, shadows: bool, supersample: int) -> float:
    """Return the best of some rounds, in ms of CPU per frame."""
    lamp = hang_lamp(make_room(make_camera(size), 0))
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _frame in shoot(figure, take, lamp, supersample=supersample, shadows=shadows):
            pass
        best = min(best, time.process_time() - begin)
    return 1000 * best / FRAMES


def write_ms(figure: Figure, size: int, take: Take) -> float:
    """Return the time to encode a frame and store its truth, in ms of CPU."""
    lamp = hang_lamp(make_room(make_camera(size), 0))
    frames = list(shoot(figure, take, lamp, supersample=1, shadows=False))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        write_clip(Path(folder) / "clip.mp4", iter(frames), take, lamp, 6.0)
        return 1000 * (time.process_time() - begin) / FRAMES


def main() -> None:
    print("studio: ms of CPU per frame, one thread")
    print(f"{'bodies':>18} {'samples':>8} {'shadows':>8}" + "".join(f"{s:>7} px" for s in SIZES))
    for pitch in PITCHES_MM:
        figure, seconds = build(pitch)
        take = choreograph(figure, "free", FRAMES, 3.0, 0)
        for supersample, shadows in ((2, True), (2, False), (1, False)):
            times = (
                render_ms(figure, size, take, shadows=shadows, supersample=supersample)
                for size in SIZES
            )
            cells = "".join(f"{ms:>10.1f}" for ms in times)
            triangles = f"{pitch:g} mm, {len(figure.mesh.triangles) // 1000}k tri."
            print(f"{triangles:>18} {supersample**2:>8} {'yes' if shadows else 'no':>8}{cells}")
        print(f"{'':>18} building a person: {seconds:.2f} s")
    cells = "".join(f"{write_ms(figure, size, take):>10.1f}" for size in SIZES)
    print(f"{'mp4 and truth':>36}{cells}")


if __name__ == "__main__":
    main()
