"""All frames of a video in order, at the rate asked for, with an account of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from repose.video.container import Account, no_frames, open_video, read_frames, video_stream
from repose.video.pictures import luma, upright_image

T = TypeVar("T")

_CLOCK = 1e-6  # s; times are sums of floats


@dataclass(frozen=True)
class Picture:
    """One decoded frame.

    Args:
        source_frame: Its number among all decoded frames, from 0.
        time_s: Its time after the first frame.
        image: (H, W, 3) uint8, RGB, upright.
    """

    source_frame: int
    time_s: float
    image: np.ndarray


class Decoding:
    """The pictures of a video, decoded one after the other while it is iterated.

    Args:
        path: The video.
        rate: Pictures per second: at each tick of the clock the nearest frame in time, no frame
            twice. None gives every frame.
        max_side: Larger pictures are shrunk to this longer side, px; 0 keeps every size.
        limit: Only the first so many pictures are given; 0 gives all. The rest is decoded all the
            same, for the account.
    """

    def __init__(
        self, path: Path, rate: float | None = None, *, max_side: int = 0, limit: int = 0
    ) -> None:
        self.path = path
        self.rate = rate
        self.max_side = max_side
        self.limit = limit
        self.account = Account()

    def __iter__(self) -> Iterator[Picture]:
        """Decode the whole video; `account` is final when the iteration has ended.

        Raises:
            ReposeError: as `probe`, or no-frames when nothing could be decoded.
        """
        account = self.account = Account()
        with open_video(self.path) as container:
            stream = video_stream(container, self.path)
            timed = _timed(container, stream, account)
            chosen = timed if self.rate is None else sample(timed, self.rate)
            for (number, frame), time_s in chosen:
                if self.limit and account.sampled >= self.limit:
                    continue
                account.sampled += 1
                yield Picture(number, time_s, upright_image(frame, stream, self.max_side))
        account.dropped = max(0, account.expected - account.decoded)
        if account.decoded == 0:
            raise no_frames(self.path)


def sample(timed: Iterable[tuple[T, float]], rate: float) -> Iterator[tuple[T, float]]:
    """Keep the item nearest to each tick 0, 1/rate, 2/rate, ... of the clock.

    The clock stops half a tick after the last item. Of two equally near the earlier is kept. No
    item is given twice, so a slow video keeps its own frames and a pause in it stays a pause.

    Args:
        timed: Items with their times in s, in order.
        rate: Ticks per second.
    """
    tick = 0
    held: tuple[T, float] | None = None
    for item, time_s in timed:
        if held is not None:
            middle = (held[1] + time_s) / 2 + _CLOCK
            if tick / rate <= middle:
                yield held
                tick = int(middle * rate) + 1
        held = item, time_s
    if held is not None and (tick - 0.5) / rate <= held[1] + _CLOCK:
        yield held


def _timed(
    container: InputContainer, stream: VideoStream, account: Account
) -> Iterator[tuple[tuple[int, VideoFrame], float]]:
    """Number the frames, give each its time after the first, and count duplicates."""
    step_s = float(1 / (stream.average_rate or stream.guessed_rate or 25))
    start_s = time_s = 0.0
    shown = np.zeros((0, 0), np.uint8)
    for number, frame in enumerate(read_frames(container, stream, account)):
        account.decoded += 1
        if number == 0:
            start_s = frame.time or 0.0
        before_s, before = time_s, shown
        shown = luma(frame)
        time_s = before_s + step_s if frame.time is None else frame.time - start_s
        if number > 0 and (time_s <= before_s or np.array_equal(shown, before)):
            account.duplicate += 1
        time_s = max(time_s, before_s)
        yield (number, frame), time_s
