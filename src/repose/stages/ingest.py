"""List the clips of a data set, with a safe name, hash, size and split of each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from repose.data.tables import make_table, write_table
from repose.datasets import list_clips
from repose.datasets.listing import Clip
from repose.datasets.splits import assign_splits
from repose.errors import ReposeError, nearest
from repose.files import sha256
from repose.manifests import write_manifest
from repose.progress import track
from repose.video import Probe, probe

ON_BAD_CLIP = ("stop", "skip")


@dataclass(frozen=True)
class Config:
    """Where the clips come from, and how persons are divided.

    Args:
        dataset: A module of `repose.datasets`.
        listing: A videos.csv for all folders, or "" to take the one inside each folder.
        test_share: Share of the persons kept for the test, where the data set has no split.
        seed: Of the draw of these persons.
        on_bad_clip: `stop` at a broken video, or `skip` it: its row then says what is wrong.
    """

    dataset: str
    listing: str
    test_share: float
    seed: int
    on_bad_clip: str


def run(config: Config, *, videos: list[Path], output: Path) -> None:
    """Write the clip table.

    Raises:
        ReposeError: what is wrong with the data set; with a video, its own error code.
    """
    if config.on_bad_clip not in ON_BAD_CLIP:
        mend = nearest(config.on_bad_clip, ON_BAD_CLIP)
        raise ReposeError("unknown-value", f"ingest.on_bad_clip: {config.on_bad_clip}", mend=mend)
    clips = list_clips(config.dataset, videos, Path(config.listing) if config.listing else None)
    probes, errors = _look(clips)
    if errors and (config.on_bad_clip == "stop" or not probes):
        raise _all_errors(errors, len(clips))
    good = assign_splits([c for c in clips if c.clip in probes], config.test_share, config.seed)
    splits = {clip.clip: clip for clip in good}
    rows = [_row(splits.get(c.clip, c), probes.get(c.clip), errors.get(c.clip)) for c in clips]
    facts = {"dataset": config.dataset, "seed": config.seed}
    write_table(make_table("clips", rows), output, "clips", facts)
    write_manifest(output, asdict(config) | {"videos": list(map(str, videos))})
    for error in errors.values():
        print(f"ingest: skipped, {error}")
    tests = {clip.person for clip in good if clip.split == "test"}
    print(
        f"ingest: {len(good)} of {len(clips)} clips of {len({c.person for c in good})} persons, "
        f"{len(tests)} of them for the test"
    )
    if not tests:
        print("ingest: nobody is kept for the test; add a person, or name splits in videos.csv")


def _look(clips: list[Clip]) -> tuple[dict[str, Probe], dict[str, ReposeError]]:
    probes, errors = {}, {}
    for clip in track(clips, "ingest"):
        try:
            probes[clip.clip] = probe(clip.path)
        except ReposeError as error:
            errors[clip.clip] = error
    return probes, errors


def _all_errors(errors: Mapping[str, ReposeError], clips: int) -> ReposeError:
    first, *others = errors.values()
    if not others:
        return first
    listed = ", ".join(f"{error.path} ({error.code})" for error in others)
    return ReposeError(
        first.code,
        f"{len(errors)} of {clips} videos are broken; {first.message}",
        path=f"{first.path}, also {listed}",
        mend="copy or record them again, or set ingest.on_bad_clip to skip",
    )


def _row(clip: Clip, found: Probe | None, error: ReposeError | None) -> dict[str, Any]:
    turn = found.orientation if found else None
    return {
        "clip": clip.clip,
        "path": str(clip.path),
        "sha256": sha256(clip.path) if clip.path.is_file() else "",
        "person": clip.person,
        "outfit": clip.outfit,
        "action": clip.action,
        "split": clip.split,
        "truth": str(clip.truth or ""),
        "fps": found.fps if found else 0.0,
        "width": found.width if found else 0,
        "height": found.height if found else 0,
        "rotation": turn.rotation if turn else 0,
        "declared_frames": found.declared_frames if found else -1,
        "error": error.code if error else "",
        "note": "; ".join(filter(None, (clip.note, found.note if found else ""))),
    }
