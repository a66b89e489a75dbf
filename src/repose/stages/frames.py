"""Decode clips into packs of sampled frames, with an account of every frame."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.packs import CODECS, PackWriter, encode
from repose.data.tables import make_table, read_table, write_table
from repose.errors import ReposeError, nearest
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.progress import Progress
from repose.video import Account, Decoding

NATIVE = "native"


@dataclass(frozen=True)
class Config:
    """How clips are sampled and stored.

    Args:
        rate: Frames per second, or `native` for every frame of the video.
        codec: `jpeg` (quality 95, 4:4:4) or `png` (lossless).
        max_side: Larger frames are shrunk to this longer side, px; 0 keeps every size.
        max_frames: The first so many sampled frames of a clip are kept; 0 keeps all.
    """

    rate: str
    codec: str
    max_side: int
    max_frames: int


def run(config: Config, *, shard: int, shards: int, clips: Path, output: Path) -> None:
    """Write the pack, the frame table and the accounting of one shard.

    Args:
        config: The settings.
        shard: Which shard: the clips whose row number modulo `shards` it is.
        shards: Number of shards.
        clips: The clip table. Clips with an error are accounted for, not decoded.
        output: The folder to make.

    Raises:
        ReposeError: unknown-value or unknown-codec; or the error of a video that has changed
            since it was listed.
    """
    rate = _rate(config.rate)
    if config.codec not in CODECS:
        mend = nearest(config.codec, CODECS)
        raise ReposeError("unknown-codec", f"frames.codec: {config.codec}", mend=mend)
    table = read_table(clips, "clips")
    mine = table.iloc[shard::shards]
    with whole_folder(output) as folder:
        frames, accounting = _pack(config, rate, mine, folder / "frames.pack")
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


def _pack(
    config: Config, rate: float | None, clips: pd.DataFrame, path: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decode clips into one pack; return the tables of their frames and of the account."""
    frames: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    with PackWriter(path) as pack, Progress("frames", len(clips)) as progress:
        for clip in clips.itertuples():
            decoding = Decoding(
                Path(clip.path), rate, max_side=config.max_side, limit=config.max_frames
            )
            if not clip.error:
                frames.extend(_add(decoding, clip.clip, pack, config.codec))
            account = asdict(decoding.account)
            accounts.append({"clip": clip.clip, **account, "error": clip.error})
            _warn(clip.clip, decoding.account)
            progress.advance(note=clip.clip)
    return make_table("frames", frames), make_table("accounting", accounts)


def _add(decoding: Decoding, clip: str, pack: PackWriter, codec: str) -> Iterator[dict[str, Any]]:
    """Decode one clip into the pack; yield the rows of its frames."""
    for number, picture in enumerate(decoding):
        offset, length, sha256 = pack.add(encode(picture.image, codec))
        yield {
            "clip": clip,
            "frame": number,
            "source_frame": picture.source_frame,
            "time_s": picture.time_s,
            "offset": offset,
            "length": length,
            "sha256": sha256,
            "width": picture.image.shape[1],
            "height": picture.image.shape[0],
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
