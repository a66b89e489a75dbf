"""Opening a video file, choosing its stream, and what can be known before decoding it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from repose.errors import ReposeError
from repose.limits import MOST_PIXELS
from repose.video.boxes import declared_samples
from repose.video.pictures import Orientation, orientation, upright_size

# Containers of moving pictures or sound. Without the list, ffmpeg would also take pictures, text
# and playlists for videos, and follow what a playlist names over the network.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,"
    "mp3,wav,aac,flac,h264,hevc,mxf,dv"
)

# First bytes of common containers: a file that begins so and cannot be opened was cut short.
_BEGINNINGS = ((4, b"ftyp"), (4, b"moov"), (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"), (0, b"OggS"))

# The decoder makes no room for larger pictures, whatever the file turns to on its way.
_BOUND = {"max_pixels": str(MOST_PIXELS)}

_RENEW = "copy or record it again, or skip it with on_bad_clip"


@dataclass(frozen=True)
class Probe:
    """What a video is, known without decoding more than its first picture.

    Args:
        fps: Mean frames per second.
        width: Of the upright picture with square pixels, px.
        height: Likewise.
        orientation: How stored pictures are turned.
        declared_frames: The container's own count (mp4 and its kin), else the number of packets.
        note: What is unusual about it.
    """

    fps: float
    width: int
    height: int
    orientation: Orientation
    declared_frames: int
    note: str


@dataclass
class Account:
    """Where the frames of one video went.

    Args:
        expected: Frames that the container counts (mp4 and its kin), else its packets.
        decoded: Pictures the decoder gave; some it may have repaired without saying so.
        dropped: Expected but not decoded.
        duplicate: Decoded pictures with the time or the luma of the picture before.
        sampled: Pictures passed on.
    """

    expected: int = 0
    decoded: int = 0
    dropped: int = 0
    duplicate: int = 0
    sampled: int = 0


@dataclass
class _Packets:
    """What reading a file to its end shows, without decoding."""

    count: int
    end_s: float
    steps: np.ndarray  # durations between frames, in the stream's time base


def probe(path: Path) -> Probe:
    """Look at a video: open it, read it to its end, decode its first picture.

    Raises:
        ReposeError: missing-file, empty-file, not-a-video, truncated-video, no-video-stream,
            too-large or no-frames.
    """
    with open_video(path) as container:
        stream = video_stream(container, path)
        packets = _read_packets(container, stream)
        if _ends_early(container, stream, packets):
            raise ReposeError(
                "truncated-video", "the file ends before the video does", path=path, mend=_RENEW
            )
        declared = _declared(container, stream) or packets.count
        fps = float(stream.average_rate or stream.guessed_rate or 0)
    with open_video(path) as container:
        stream = video_stream(container, path)
        first = next(read_frames(container, stream, Account()), None)
        if first is None:
            raise no_frames(path)
        turn = orientation(first)
        width, height = upright_size(first, stream)
        _check_size(width, height, path)
        note = "; ".join(_remarks(container, packets, turn))
    return Probe(fps, width, height, turn, declared, note)


def no_frames(path: Path) -> ReposeError:
    """Return the error of a video that has no picture."""
    said = f"no picture can be decoded (of at most {MOST_PIXELS:,} px)"
    return ReposeError("no-frames", said, path=path, mend=_RENEW)


def open_video(path: Path) -> InputContainer:
    """Open a file of moving pictures or sound.

    Raises:
        ReposeError: missing-file, empty-file, not-a-video or truncated-video.
    """
    if not path.exists():
        raise ReposeError("missing-file", "no such video", path=path)
    if path.is_file() and path.stat().st_size == 0:
        raise ReposeError("empty-file", "no bytes", path=path, mend=_RENEW)
    head = _head(path)
    _check_samples(path)
    try:
        # "file:" keeps a name with a colon from being read as a network address.
        return av.open(f"file:{path}", options={"format_whitelist": _FORMATS, **_BOUND})
    except (av.error.FFmpegError, ValueError) as error:
        cut = any(head[at : at + len(word)] == word for at, word in _BEGINNINGS)
        code = "truncated-video" if cut else "not-a-video"
        message = "the file was cut short" if cut else "no video format"
        raise ReposeError(code, message, path=path, mend=_RENEW) from error


def _check_samples(path: Path) -> None:
    # A frame has a byte at least; of compressed sound a byte may hold several samples.
    most = max(1_000_000, 8 * path.stat().st_size)
    if path.is_file() and (said := declared_samples(path)) > most:
        message = f"it says that it has {said:,} frames or samples, which its bytes cannot hold"
        raise ReposeError("too-large", message, path=path, mend=_RENEW)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        code = "not-a-video" if path.is_dir() else "no-permission"
        message = f"cannot be read ({error.strerror})"
        raise ReposeError(code, message, path=path, mend=_RENEW) from error


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the largest moving picture; cover art is not a video."""
    still = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & still and s.codec_context]
    if not streams:
        mend = "remove it, or skip it with on_bad_clip"
        raise ReposeError("no-video-stream", "sound or data only", path=path, mend=mend)
    stream = max(streams, key=lambda s: s.codec_context.width * s.codec_context.height)
    _check_size(stream.codec_context.width, stream.codec_context.height, path)
    stream.codec_context.options = dict(_BOUND)
    # One core per shard; frame threads would also delay errors to later frames.
    stream.codec_context.thread_count = 1
    return stream


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > MOST_PIXELS:
        said = f"frames of {width} x {height} px, where at most {MOST_PIXELS:,} px are read"
        raise ReposeError(
            "too-large", said, path=path, mend="shrink it, or skip it with on_bad_clip"
        )


def read_frames(
    container: InputContainer, stream: VideoStream, account: Account
) -> Iterator[VideoFrame]:
    """Give the frames that can be decoded, in order of time, and count what was expected."""
    declared, packets = _declared(container, stream), 0
    try:
        for packet in container.demux(stream):
            packets += bool(packet.size)
            account.expected = declared or packets
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue  # expected and never decoded: the account shows it
            yield from (frame for frame in frames if not frame.is_corrupt)
    except av.error.FFmpegError:
        return  # what cannot be read any more counts as dropped


def _declared(container: InputContainer, stream: VideoStream) -> int:
    """Return how many frames the container says it holds, or 0 where it does not say.

    Only mp4 and its kin list every frame; avi counts ticks of a clock, others guess.
    """
    return int(stream.frames) if "mp4" in container.format.name else 0


def _read_packets(container: InputContainer, stream: VideoStream) -> _Packets:
    count, end_s, times = 0, 0.0, []
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.size:
                # Sound may last longer than the picture: the file ends with the last of both.
                end = (packet.pts + (packet.duration or 0)) * packet.time_base
                end_s = max(end_s, float(end))
            if packet.stream_index == stream.index and packet.size and not packet.is_corrupt:
                count += 1
                times += [packet.pts] if packet.pts is not None else []
    except av.error.FFmpegError:
        pass  # the count says how far it went
    return _Packets(count, end_s, np.diff(np.sort(np.array(times, dtype=np.int64))))


def _ends_early(container: InputContainer, stream: VideoStream, packets: _Packets) -> bool:
    if _declared(container, stream):
        return packets.count < _declared(container, stream)
    start_s = (container.start_time or 0) / av.time_base
    declared_s = (container.duration or 0) / av.time_base
    if stream.frames and stream.average_rate:
        # The length of a cut avi is guessed from its bytes; its header knows better.
        declared_s = max(declared_s, stream.frames / float(stream.average_rate))
    # Declared lengths are rounded, and some count the last frame twice.
    return packets.end_s - start_s < declared_s - max(0.5, 0.02 * declared_s)


def _remarks(
    container: InputContainer, packets: _Packets, orientation: Orientation
) -> Iterator[str]:
    if orientation.mirrored:
        yield "stored mirrored"
    if len(packets.steps) and packets.steps.max() > 1.5 * max(np.median(packets.steps), 1):
        yield "frame rate varies"
    moving = len(container.streams.video)
    if moving > 1:
        yield f"largest of {moving} video streams"
