"""Short videos of one person dancing, as in seed 003: collected by hand, so any folder of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from repose.datasets import checks
from repose.datasets import folder as videos
from repose.datasets.base import Card, Layout, Offence

FPS = 6.0  # to which they are thinned out
SIZE = (72, 128)  # px, width and height, to which they are shrunk

CARD = Card(
    title="dance shorts",
    paper="none: a student project's own collection",
    licence="that of each video; YouTube's terms allow no copies without its consent",
    size=f"some thousand frames at {FPS:g} per second, {SIZE[1]} x {SIZE[0]} px (height x width)",
    obtain="collect short upright videos of one dancer; a videos.csv may say who dances in which",
    layouts=(),
    needs={"": ("*",)},
)


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the clips of the folders; each shows a person of its own unless a listing says else.

    Args:
        folders: Where they lie.
        listing: A videos.csv for all folders; None takes the one inside each, if any.
        layout: There is but one.

    Raises:
        ReposeError: as for any folder.
    """
    return videos.read(folders, listing, layout)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with the clips: the folder itself, frames too small or too few."""
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    if not found.clips:
        yield Offence(folder, "no video and no image in it", "put some there")
    films = [clip.path for clip in found.clips if clip.path.is_file()]
    yield from checks.videos(films, SIZE, FPS)
    yield from checks.images(found)
