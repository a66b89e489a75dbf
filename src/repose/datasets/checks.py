"""What is looked for in a user's copy of a data set: counts, whole images, joints inside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from repose.datasets.base import GivenPose, Key, Layout, Offence
from repose.datasets.pictures import is_whole, size_of
from repose.errors import ReposeError
from repose.limits import MOST_PIXELS
from repose.progress import track

# Joints of a cut or half-seen person are set outside the image by hand and by machines alike; of
# a wrong frame of reference (x for y, a crop for the frame) many are.
MOST_OUTSIDE = 0.25
AGAIN = "copy it again"

Size = tuple[int, int]  # width and height, px


def readable(read: Callable[[], Layout], folder: Path) -> tuple[Layout | None, list[Offence]]:
    """Read a data set; what keeps it from being read is the one offence then."""
    try:
        return read(), []
    except ReposeError as error:
        path = Path(error.path) if error.path is not None else folder
        return None, [Offence(path, error.message, error.mend or "take the official file")]


def short_counts(
    folder: Path, found: Mapping[str, int], published: Mapping[str, int], mend: str
) -> Iterator[Offence]:
    """Yield what there is less, or more, of than was published: "198 of 206 videos"."""
    for what, count in published.items():
        if found[what] < count:
            yield Offence(folder, f"{found[what]:,} of {count:,} {what}", mend)
        elif found[what] > count:
            said = f"{found[what]:,} {what}, where {count:,} were published"
            yield Offence(folder, said, "remove what does not belong to the data set")


def noted(layout: Layout, folder: Path, mend: str) -> Iterator[Offence]:
    """Yield what reading had to pass over."""
    for note in layout.notes:
        yield Offence(folder, note, mend)


def images(layout: Layout, sizes: Callable[[Size], str] | None = None) -> Iterator[Offence]:
    """Decode every image, and look whether its pose lies inside it.

    Args:
        layout: What was read.
        sizes: Says what is wrong with an image of a (width, height), or "".
    """
    poses: dict[Key, GivenPose] = {(pose.clip, pose.frame): pose for pose in layout.poses}
    for still in track(layout.stills, "check"):
        size = decoded_size(still.path)
        if size is None:
            yield Offence(still.path, "no image that can be decoded", AGAIN)
            continue
        if sizes is not None and (wrong := sizes(size)):
            yield Offence(still.path, wrong, "take the size that its poses are for")
        pose = poses.get((still.clip, still.frame))
        outside, there = (0, 0) if pose is None else joints_outside(pose.joints_px, size)
        if outside > MOST_OUTSIDE * there:
            said = (
                f"{outside} of its {there} joints lie outside the image of {size[0]} x {size[1]}"
            )
            yield Offence(still.path, said, "take image and pose from the same release")


def videos(
    paths: Sequence[Path], least: Size = (1, 1), least_fps: float = 0.0
) -> Iterator[Offence]:
    """Decode the first frame of every video; the stage frames accounts for all others.

    Args:
        paths: The videos.
        least: Smallest width and height, px.
        least_fps: Fewest frames per second.
    """
    for path in track(paths, "check"):
        video = cv2.VideoCapture(str(path))
        try:
            there, image = video.read()
            fps = video.get(cv2.CAP_PROP_FPS)
        except cv2.error:
            there = False
        finally:
            video.release()
        if not there:
            yield Offence(path, "no frame that can be decoded", AGAIN)
        elif image.shape[1] < least[0] or image.shape[0] < least[1]:
            said = f"{image.shape[1]} x {image.shape[0]} px, less than {least[0]} x {least[1]}"
            yield Offence(path, said, "take a larger copy of it")
        elif fps < least_fps:
            said = f"{fps:.1f} frames per second, less than {least_fps:g}"
            yield Offence(path, said, "take a copy with more frames")


def decoded_size(path: Path) -> Size | None:
    """Decode an image.

    Returns:
        Its width and height in px; None if it cannot be decoded, or has more than an image in it.
    """
    try:
        width, height = size_of(path) or (0, 0)
        if not 0 < width * height <= MOST_PIXELS:
            return None
        data = path.read_bytes()
        if not is_whole(data):  # as the stage ingest has it
            return None
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if image is None else (image.shape[1], image.shape[0])


def joints_outside(joints_px: np.ndarray, size: Size) -> tuple[int, int]:
    """Count the joints that lie outside an image.

    Args:
        joints_px: (19, 3) px, pixel centres at integers + 0.5; NaN where missing.
        size: Width and height of the image, px.

    Returns:
        How many lie outside, of how many that are not missing.
    """
    points = joints_px[~np.isnan(joints_px[:, 0]), :2]
    inside = ((points >= 0) & (points <= size)).all(axis=1)
    return int((~inside).sum()), len(points)
