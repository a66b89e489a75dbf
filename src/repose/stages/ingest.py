"""List the clips of a data set, with a safe name, hash, size and split of each."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from repose import datasets
from repose.data.rows import Row, write_rows
from repose.data.stills import read_still
from repose.datasets.base import GivenPose, Layout, Still
from repose.datasets.listing import Clip
from repose.datasets.splits import assign_splits, split_sha256
from repose.errors import ReposeError, nearest
from repose.files import sha256
from repose.manifests import write_manifest
from repose.progress import track
from repose.video import Orientation, Probe, probe

ON_BAD_CLIP = ("stop", "skip")


@dataclass(frozen=True)
class Config:
    """Where the clips come from, and how persons are divided.

    Args:
        dataset: A module of `repose.datasets`.
        layout: Which of the data set's layouts, or "" for its first.
        listing: A videos.csv for all folders, or "" to take the one inside each folder.
        test_share: Share of the persons kept for the test, where the data set has no split.
        seed: Of the draw of these persons.
        split_sha256: Sha256 that the split must have, so that all use the same; "" for any.
        on_bad_clip: `stop` at a broken video or image, or `skip` its clip: its row then says what
            is wrong.
    """

    dataset: str
    layout: str
    listing: str
    test_share: float
    seed: int
    split_sha256: str
    on_bad_clip: str


@dataclass(frozen=True)
class _Seen:
    """What the files of the clips show, by clip: facts, rows of images, errors."""

    probes: dict[str, Probe]
    images: dict[str, list[Row]]
    errors: dict[str, ReposeError]


def run(
    config: Config,
    *,
    videos: list[Path],
    output: Path,
    output_stills: Path,
    output_poses: Path,
    output_pairs: Path,
    output_splits: Path,
) -> None:
    """Write the clip table; and those of images, given poses, official pairs and the split.

    Raises:
        ReposeError: what is wrong with the data set; with a video or image, its own error code;
            wrong-split, when the split is not the one that is asked for.
    """
    if config.on_bad_clip not in ON_BAD_CLIP:
        mend = nearest(config.on_bad_clip, ON_BAD_CLIP)
        raise ReposeError("unknown-value", f"ingest.on_bad_clip: {config.on_bad_clip}", mend=mend)
    listing = Path(config.listing) if config.listing else None
    layout = datasets.read(config.dataset, videos, listing, config.layout)
    seen = _look(layout)
    if seen.errors and (config.on_bad_clip == "stop" or not seen.probes):
        raise _all_errors(seen.errors, len(layout.clips))
    usable = [clip for clip in layout.clips if clip.clip in seen.probes]
    good = assign_splits(usable, config.test_share, config.seed)
    _check_split(config, split_sha256(good), output_splits)
    paths = {
        "stills": output_stills,
        "given_poses": output_poses,
        "official_pairs": output_pairs,
        "splits": output_splits,
        "clips": output,
    }
    settings = asdict(config) | {"videos": list(map(str, videos))}
    counts = _write(paths, _rows(layout, good, seen), _facts_of(config), settings)
    _report(layout, good, seen, counts)


def _look(layout: Layout) -> _Seen:
    """Look into every video, and into every image of the clips that come as images."""
    stills: dict[str, list[Still]] = {}
    for still in layout.stills:
        stills.setdefault(still.clip, []).append(still)
    seen = _Seen({}, {}, {})
    for clip in track(layout.clips, "ingest"):
        try:
            if clip.clip in stills:
                rows = [_still_row(still) for still in stills[clip.clip]]
                size = rows[0]["width"], rows[0]["height"]
                found = Probe(clip.fps, *size, Orientation(), len(rows), "")
                seen.images[clip.clip] = rows
            else:
                found = probe(clip.path)
            seen.probes[clip.clip] = found
        except ReposeError as error:
            seen.errors[clip.clip] = error
    return seen


def _still_row(still: Still) -> Row:
    file = read_still(still.path)
    row = {"clip": still.clip, "frame": still.frame, "name": still.name, "path": str(still.path)}
    return row | {"sha256": file.sha256, "width": file.size[0], "height": file.size[1]}


def _all_errors(errors: Mapping[str, ReposeError], clips: int) -> ReposeError:
    first, *others = errors.values()
    if not others:
        return first
    listed = ", ".join(f"{error.path} ({error.code})" for error in others)
    return ReposeError(
        first.code,
        f"{len(errors)} of {clips} clips are broken; {first.message}",
        path=f"{first.path}, also {listed}",
        mend="copy or record them again, or set ingest.on_bad_clip to skip",
    )


def _check_split(config: Config, found: str, path: Path) -> None:
    if config.split_sha256 and found != config.split_sha256:
        said = f"the split has sha256 {found}, not {config.split_sha256}"
        mend = 'complete the data set or correct its listing; ingest.split_sha256 "" takes any'
        raise ReposeError("wrong-split", said, path=path, mend=mend)


def _rows(layout: Layout, good: Sequence[Clip], seen: _Seen) -> dict[str, Iterable[Row]]:
    """Give the rows of each table."""
    return {
        "stills": (row for rows in seen.images.values() for row in rows),
        "given_poses": map(_pose_row, layout.poses),
        "official_pairs": _pair_rows(layout),
        "splits": map(_split_row, good),
        "clips": _clip_rows(layout, good, seen),
    }


def _write(
    paths: Mapping[str, Path], rows: Mapping[str, Iterable[Row]], facts: Row, settings: Row
) -> dict[str, int]:
    """Write the tables and their manifests; return how many rows each has."""
    counts = {}
    for name, path in paths.items():
        counts[name] = write_rows(rows[name], path, name, facts)
        write_manifest(path, settings)
    return counts


def _clip_rows(layout: Layout, good: Sequence[Clip], seen: _Seen) -> Iterator[Row]:
    splits = {clip.clip: clip for clip in good}
    for clip in layout.clips:
        yield _clip_row(splits.get(clip.clip, clip), seen)


def _clip_row(clip: Clip, seen: _Seen) -> Row:
    found, error = seen.probes.get(clip.clip), seen.errors.get(clip.clip)
    return {
        "clip": clip.clip,
        "path": str(clip.path),
        "sha256": _sha256(clip, seen.images),
        "person": clip.person,
        "outfit": clip.outfit,
        "action": clip.action,
        "split": clip.split,
        "truth": str(clip.truth or ""),
        "fps": found.fps if found else 0.0,
        "width": found.width if found else 0,
        "height": found.height if found else 0,
        "rotation": found.orientation.rotation if found else 0,
        "declared_frames": found.declared_frames if found else -1,
        "error": error.code if error else "",
        "note": "; ".join(filter(None, (clip.note, found.note if found else ""))),
    }


def _sha256(clip: Clip, images: Mapping[str, Sequence[Row]]) -> str:
    """Return the sha256 of a video, or of the names and sha256 of a clip's images."""
    if clip.clip not in images:
        return sha256(clip.path) if clip.path.is_file() else ""
    lines = "".join(f"{row['name']}\t{row['sha256']}\n" for row in images[clip.clip])
    return hashlib.sha256(lines.encode()).hexdigest()


def _pose_row(pose: GivenPose) -> Row:
    joints = {"joints_px": pose.joints_px.ravel(), "joints_mm": pose.joints_mm.ravel()}
    return {"clip": pose.clip, "frame": pose.frame, **joints, "score": pose.score}


def _pair_rows(layout: Layout) -> Iterator[Row]:
    names = {(still.clip, still.frame): still.name for still in layout.stills}
    for pair in layout.pairs:
        row: Row = {"split": pair.split}
        for end, key in (("source", pair.source), ("target", pair.target)):
            row |= {f"{end}_clip": key[0], f"{end}_frame": key[1]}
            row |= {f"{end}_name": names.get(key, "")}
        yield row


def _split_row(clip: Clip) -> Row:
    return {name: getattr(clip, name) for name in ("clip", "person", "outfit", "split")}


def _facts_of(config: Config) -> Row:
    """Say of which data set and layout a table is."""
    layouts = datasets.cards()[config.dataset].layouts
    layout = config.layout or next(iter(layouts), "")
    return {"dataset": config.dataset, "layout": layout, "seed": config.seed}


def _report(layout: Layout, good: Sequence[Clip], seen: _Seen, counts: Mapping[str, int]) -> None:
    for note in layout.notes:
        print(f"ingest: {note}")
    for error in seen.errors.values():
        print(f"ingest: skipped, {error}")
    if counts["stills"] or counts["given_poses"] or counts["official_pairs"]:
        print(
            f"ingest: {counts['stills']} images, {counts['given_poses']} given poses, "
            f"{counts['official_pairs']} official pairs"
        )
    tests = {clip.person for clip in good if clip.split == "test"}
    print(
        f"ingest: {len(good)} of {len(layout.clips)} clips of {len({c.person for c in good})} "
        f"persons, {len(tests)} of them for the test"
    )
    if not tests:
        print("ingest: nobody is kept for the test; add a person, or name splits in videos.csv")
    print(f"ingest: the split has sha256 {split_sha256(good)}")
