"""From a seed to videos of synthetic people, with their truth."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from repose.errors import ReposeError
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.progress import Progress
from repose.studio.clip import ACTIONS, choreograph, shoot, write_clip
from repose.studio.mesh import make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import hang_lamp

COLUMNS = ("file", "person", "outfit", "action", "split", "truth")


@dataclass(frozen=True)
class Config:
    """How many people, in how many clothes, filmed how.

    Attributes:
        people: Number of people.
        outfits: Number of outfits of all people together, spread evenly; two clips each.
        test_people: How many of the people, the last ones, form the test split.
        seconds: Length of a clip.
        fps: Frames per second.
        size: Side of the square video in px, even.
        seed: Number of the first person; people with other numbers are other people.
        supersample: Samples per pixel side.
        mesh_pitch_mm: Grid on which bodies are sampled; heads and hands use half of it.
        shadows: Whether people cast shadows.
    """

    people: int
    outfits: int
    test_people: int
    seconds: float
    fps: float
    size: int
    seed: int
    supersample: int
    mesh_pitch_mm: float
    shadows: bool


def run(config: Config, *, shard: int, shards: int, output: Path) -> None:
    """Film the people of one shard: person p belongs to shard p modulo `shards`.

    Args:
        config: The settings.
        shard: Which shard.
        shards: Number of shards.
        output: Folder for the clips, their truth and videos.csv.
    """
    _check(config)
    people = range(shard, config.people, shards)
    looks = [(person, o) for person in people for o in range(_outfits_of(config, person))]
    frames = max(1, round(config.seconds * config.fps))
    rows: list[tuple[str, ...]] = []
    title = f"studio {shard + 1}/{shards}"
    with whole_folder(output) as folder, Progress(title, 2 * len(looks)) as progress:
        for person, outfit in looks:
            for row in _film(config, person, outfit, frames, folder):
                rows.append(row)
                progress.advance(note=row[0])
        with (folder / "videos.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        write_manifest(folder, asdict(config) | {"shard": shard, "shards": shards})
    print(f"studio: {len(rows)} clips of {frames} frames, {len(people)} people, in {output}")


def _check(config: Config) -> None:
    if not 0 <= config.test_people <= config.people <= config.outfits:
        raise ReposeError(
            "wrong-value",
            f"studio: {config.test_people} test people of {config.people} in {config.outfits} "
            "outfits",
            mend="test_people <= people <= outfits",
        )
    if config.size % 2:
        raise ReposeError(
            "wrong-value", f"studio: size {config.size}", mend="H.264 wants an even size"
        )


def _outfits_of(config: Config, person: int) -> int:
    """Return how many outfits a person gets when all are spread evenly."""
    return (
        config.outfits * (person + 1) // config.people - config.outfits * person // config.people
    )


def _film(
    config: Config, person: int, outfit: int, frames: int, folder: Path
) -> Iterator[tuple[str, ...]]:
    """Film a person in an outfit; yield the table's row of each clip when it is written."""
    who = draw_person(config.seed + person)
    wear = draw_outfit(who.index, who.build.female > 0, outfit)
    figure = make_figure(who, wear, config.mesh_pitch_mm / 1000)
    # Another room for each outfit, numbered so that no two of them meet.
    number = who.index + 1000 * outfit
    lamp = hang_lamp(make_room(make_camera(config.size), number))
    look = f"p{person:02d}_o{outfit}"
    split = "test" if person >= config.people - config.test_people else "train"
    for action in ACTIONS:
        take = choreograph(figure, action, frames, config.fps, number)
        shots = shoot(figure, take, lamp, supersample=config.supersample, shadows=config.shadows)
        name = f"{look}_{action}"
        write_clip(folder / f"{name}.mp4", shots, take, lamp, config.fps)
        yield f"{name}.mp4", f"p{person:02d}", look, action, split, f"{name}.npz"
