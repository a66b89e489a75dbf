"""Decode clips into packs of sampled frames, with an account of every frame."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.packs import CODECS, PackWriter, encode
from repose.data.stills import pack_still, read_still
from repose.data.tables import make_table, read_table, write_table
from repose.errors import ReposeError, nearest
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.progress import Progress
from repose.video import Account, Decoding, sample

NATIVE = "native"


@dataclass(frozen=True)
class Config:
    """How clips are sampled and stored.

    Args:
        rate: Frames per second, or `native` for every frame. Of images that have no order in
            time every one is kept.
        codec: `jpeg` (quality 95, 4:4:4) or `png` (lossless). Image files keep their own bytes
            where these can be shown as they are.
        max_side: Larger frames are shrunk to this longer side, px; 0 keeps every size.
        max_frames: The first so many sampled frames of a clip are kept; 0 keeps all.
    """

    rate: str
    codec: str
    max_side: int
    max_frames: int


def run(
    config: Config, *, shard: int, shards: int, clips: Path, stills: Path, output: Path
) -> None:
    """Write the pack, the frame table and the accounting of one shard.

    Args:
        config: The settings.
        shard: Which shard: the clips whose row number modulo `shards` it is.
        shards: Number of shards.
        clips: The clip table. Clips with an error are accounted for, not decoded.
        stills: The images of the clips that come as images.
        output: The folder to make.

    Raises:
        ReposeError: unknown-value or unknown-codec; changed-image, or the error of a video that
            has changed since it was listed.
    """
    rate = _rate(config.rate)
    if config.codec not in CODECS:
        mend = nearest(config.codec, CODECS)
        raise ReposeError("unknown-codec", f"frames.codec: {config.codec}", mend=mend)
    table = read_table(clips, "clips")
    mine = table.iloc[shard::shards]
    images = read_table(stills, "stills").sort_values(["clip", "frame"])
    images = images[images["clip"].isin(mine["clip"])]
    with whole_folder(output) as folder:
        by_clip = dict(iter(images.groupby("clip")))
        frames, accounting = _pack(config, rate, mine, by_clip, folder / "frames.pack")
        facts = {**asdict(config), "shard": shard, "shards": shards}
        write_table(frames, folder / "frames.parquet", "frames", facts)
        write_table(accounting, folder / "accounting.parquet", "accounting", facts)
        write_manifest(folder, facts)
    print(_summary(accounting, shard))


def _rate(word: str) -> float | None:
    if word == NATIVE:
        return None
    try:
        rate = float(word)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        mend = f"give frames per second, such as 6, or {NATIVE}"
        raise ReposeError("unknown-value", f"frames.rate: {word}", mend=mend)
    return rate


@dataclass(frozen=True)
class _Stored:
    """One frame as it goes into the pack: its bytes, and what the table says of it."""

    data: bytes
    source_frame: int
    time_s: float
    size: tuple[int, int]


class _Film:
    """The sampled frames of a video, coded anew."""

    def __init__(self, config: Config, rate: float | None, path: Path) -> None:
        self.codec = config.codec
        self.decoding = Decoding(path, rate, max_side=config.max_side, limit=config.max_frames)

    @property
    def account(self) -> Account:
        return self.decoding.account

    def __iter__(self) -> Iterator[_Stored]:
        for picture in self.decoding:
            size = picture.image.shape[1], picture.image.shape[0]
            data = encode(picture.image, self.codec)
            yield _Stored(data, picture.source_frame, picture.time_s, size)


class _Series:
    """The sampled images of a clip that comes as images, their own bytes where that can be."""

    def __init__(self, config: Config, rate: float | None, rows: pd.DataFrame, fps: float) -> None:
        self.config = config
        self.rate = rate if fps else None  # without an order in time there is no rate
        self.rows = rows
        self.fps = fps or float("inf")
        # Every image was looked at when it was listed.
        repeated = int((rows["sha256"] == rows["sha256"].shift()).sum())
        self.account = Account(expected=len(rows), decoded=len(rows), duplicate=repeated)

    def __iter__(self) -> Iterator[_Stored]:
        times = (self.rows["frame"] - self.rows["frame"].iloc[0]) / self.fps
        timed = zip(self.rows.itertuples(), times, strict=True)
        for row, time_s in islice(self._chosen(timed), self.config.max_frames or None):
            still = read_still(Path(row.path))
            if still.sha256 != row.sha256:
                mend = "restore it, or run ingest again"
                said = "not the image that was listed"
                raise ReposeError("changed-image", said, path=row.path, mend=mend)
            self.account.sampled += 1
            data, size = pack_still(still, self.config.codec, self.config.max_side)
            yield _Stored(data, row.frame, time_s, size)

    def _chosen(self, timed: Iterable[tuple[Any, float]]) -> Iterable[tuple[Any, float]]:
        """Keep every n-th frame by number where that is the rate, as data sets do it."""
        step = self.fps / self.rate if self.rate else 1.0
        if step == 1 or not step.is_integer():
            return sample(timed, self.rate) if self.rate else timed
        first = self.rows["frame"].iloc[0]
        return ((row, time_s) for row, time_s in timed if (row.frame - first) % step == 0)


def _pack(
    config: Config,
    rate: float | None,
    clips: pd.DataFrame,
    stills: Mapping[str, pd.DataFrame],
    path: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the clips' frames into one pack; return the tables of the frames and of the account."""
    frames: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    with PackWriter(path) as pack, Progress("frames", len(clips)) as progress:
        for clip in clips.itertuples():
            source: _Film | _Series = _Film(config, rate, Path(clip.path))
            if clip.clip in stills:
                source = _Series(config, rate, stills[clip.clip], clip.fps)
            if not clip.error:
                frames.extend(_add(source, clip.clip, pack))
            accounts.append({"clip": clip.clip, **asdict(source.account), "error": clip.error})
            _warn(clip.clip, source.account)
            progress.advance(note=clip.clip)
    return make_table("frames", frames), make_table("accounting", accounts)


def _add(stored: Iterable[_Stored], clip: str, pack: PackWriter) -> Iterator[dict[str, Any]]:
    """Put one clip into the pack; yield the rows of its frames."""
    for number, frame in enumerate(stored):
        offset, length, sha256 = pack.add(frame.data)
        yield {
            "clip": clip,
            "frame": number,
            "source_frame": frame.source_frame,
            "time_s": frame.time_s,
            "offset": offset,
            "length": length,
            "sha256": sha256,
            "width": frame.size[0],
            "height": frame.size[1],
        }


def _warn(clip: str, account: Account) -> None:
    if account.dropped:
        print(
            f"frames: {clip}: {account.dropped} of {account.expected} frames cannot be decoded; "
            "the video is damaged there"
        )


def _summary(accounting: pd.DataFrame, shard: int) -> str:
    counts = accounting[["sampled", "decoded", "expected", "dropped", "duplicate"]].sum()
    skipped = int((accounting["error"] != "").sum())
    return (
        f"frames: shard {shard}, {len(accounting) - skipped} clips ({skipped} skipped), "
        f"{counts['sampled']} sampled of {counts['decoded']} decoded of {counts['expected']} "
        f"expected, {counts['dropped']} dropped, {counts['duplicate']} duplicate"
    )
