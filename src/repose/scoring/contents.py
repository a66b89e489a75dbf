"""What a whole folder shows: channels, range, direction and order of its images.

No image proves any of it, so each is asked of all of them, and of what images have not in common:
the mean over the folder is taken off, which leaves a network that draws one grey picture alone.
An answer counts only if it is far from what any method gives, however bad it is.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from repose.scoring.faults import Fault
from repose.scoring.turns import CUTS, ORDERS, TURNS

Array = NDArray[np.float32]
Order = NDArray[np.int64]

LEAST = 8  # images, below which nothing is asked
ROWS = 1024  # images compared with all targets at once
AHEAD = 0.2  # by how much a likeness (at most 1) must be above the one that it should be below
ALIKE = 0.4  # least mean likeness by which an order or a direction is known
CERTAIN = 5.0  # standard errors
MATCH = 0.7  # least likeness of one image to one target by which it is known
SAME = 0.9  # least likeness by which a single image is known
PART = 0.05  # share of a folder that is turned, from which it is no accident
CAST = 4.0  # levels of colour, below which an image may have any tint
OPPOSED = -0.5  # least agreement of what has the other sign

WHOLE = "the folder"


def find(smalls: Sequence[NDArray[np.uint8]], numbers: Sequence[int], names: Sequence[str],
         darks: Sequence[float]) -> list[Fault]:  # fmt: skip
    """Ask a folder's images everything.

    Args:
        smalls: Per image the means of `Look.small`, in the order of the pairs.
        numbers: The pair of each.
        names: The file of each.
        darks: `Look.dark` of each.
    """
    if len(smalls) < LEAST:
        return []
    made, source, true = (
        np.stack([small[i] for small in smalls]).astype(np.float32) for i in range(3)
    )
    faults = [*_inverted(made, true)]
    if not faults:
        faults += [*_channels(made, true), *_range(made, true, darks), *_direction(made, true)]
    return [*faults, *_reversed(made, source, true), *_order(made, source, true, numbers, names)]


def _inverted(made: Array, true: Array) -> Iterator[Fault]:
    """Find negatives: dark where the true images are bright, in every colour alike."""
    agreement = _agreement(_apart(made.mean(3)), _apart(true.mean(3)))
    if agreement < OPPOSED:
        said = f"inverted: brightness agrees by {agreement:.2f} with the true images', 1 at best"
        yield Fault("range", WHOLE, said)


def _channels(made: Array, true: Array) -> Iterator[Fault]:
    """Compare the colours, without what all channels share, in every order of the channels."""
    ours, theirs = (_apart(x - x.mean(3, keepdims=True)) for x in (made, true))
    a, b = float(ours.std()), float(theirs.std())
    if b < 1 or not 0.3 * b < a < 3 * b:
        return
    right = _agreement(ours, theirs)
    found = {name: _agreement(ours, theirs[..., order]) for name, order in ORDERS.items()}
    best = max(found, key=lambda name: found[name])
    if found[best] > -OPPOSED and found[best] > right + 2 * AHEAD:
        said = f"{best}: colours agree by {found[best]:.2f} with those of the true images so"
        yield Fault("channels", WHOLE, f"{said}, by {right:.2f} as they are")
        return
    each = np.stack(
        [_alike(ours, theirs), *(_alike(ours, theirs[..., o]) for o in ORDERS.values())]
    )
    wrong = (each[1:].max(0) > SAME) & (each[1:].max(0) > each[0] + 3 * AHEAD)
    wrong &= np.square(theirs).mean((1, 2, 3)) > CAST**2
    yield from _in_part("channels", wrong, "have red, green and blue in another order")


def _agreement(ours: Array, theirs: Array) -> float:
    length = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    return float((ours * theirs).sum() / length) if length > 1 else 0.0


def _alike(ours: Array, theirs: Array) -> Array:
    """Return the agreement of each image."""
    a, b = (x.reshape(len(x), -1) for x in (ours, theirs))
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    found: Array = np.divide(
        (a * b).sum(1), length, out=np.zeros(len(a), a.dtype), where=length > 1
    )
    return found


def _in_part(kind: str, wrong: Array, said: str) -> Iterator[Fault]:
    """Tell of images that are wrong where others are not, if they are too many for accidents."""
    count = int(wrong.sum())
    if count >= max(3, PART * len(wrong)):
        yield Fault(kind, WHOLE, f"{count:,} of {len(wrong):,} images {said}")


def _range(made: Array, true: Array, darks: Sequence[float]) -> Iterator[Fault]:
    """Compare means and spreads, where the images otherwise show what they should."""
    dark = float(np.mean(darks))
    if dark > 0.25:
        yield Fault("clipped", WHOLE, f"{dark:.0%} of all values more are 0 than in the true ones")
        return
    a, b = float(made.std()), float(true.std())
    if min(a, b) < 1:
        return
    alike = float(((made - made.mean()) * (true - true.mean())).mean() / (a * b))
    shift = float(made.mean() - true.mean())
    if (alike > 0.8 and not 0.6 < a / b < 1 / 0.6) or (alike > 0.6 and abs(shift) > 40):
        said = f"mean {made.mean():.0f} and spread {a:.0f}, true {true.mean():.0f} and {b:.0f}"
        yield Fault("range", WHOLE, f"{said}, of 255 levels")


def _direction(made: Array, true: Array) -> Iterator[Fault]:
    """Compare with the true images turned, and cut or stretched: all of them, or a part."""
    ours = _looks(made)
    upright = (ours * _looks(true)).sum(1)
    turned = {name: (ours * _looks(turn(true))).sum(1) for name, turn in (TURNS | CUTS).items()}
    best = max(turned, key=lambda name: float(turned[name].mean()))
    kind = "mirrored" if best in TURNS else "stretched"
    ahead, likeness = turned[best] - upright, float(turned[best].mean())
    sure = ahead.mean() > CERTAIN * ahead.std() / np.sqrt(len(ahead))
    if sure and ahead.mean() > AHEAD / 2 and likeness > ALIKE:
        said = f"likeness {likeness:.2f} to targets like that, {upright.mean():.2f} as it is"
        yield Fault(kind, WHOLE, f"{best}: {said}")
        return
    for name in TURNS:
        wrong = (turned[name] > SAME) & (turned[name] > upright + 1.5 * AHEAD)
        yield from _in_part("mirrored", wrong, f"are {name}")


def _reversed(made: Array, source: Array, true: Array) -> Iterator[Fault]:
    """Find images that show their source's pose, where the target's is another."""
    ours, start, end = _looks(made), _looks(source, true), _looks(true)
    to_source, to_target = (ours * start).sum(1), (ours * end).sum(1)
    asked = (start * end).sum(1) < MATCH
    found = asked & (to_source > np.maximum(to_target + 1.5 * AHEAD, MATCH))
    if asked.sum() >= LEAST and found.sum() > 0.8 * asked.sum():
        said = f"{found.sum():,} of {asked.sum():,} are like their source, and not their target"
        yield Fault("reversed", WHOLE, said)


def _order(made: Array, source: Array, true: Array, numbers: Sequence[int],
           names: Sequence[str]) -> Iterator[Fault]:  # fmt: skip
    """Find images that are like the target of another pair, and not like their own two."""
    ours, theirs = _looks(made), _looks(true)
    own = (ours * theirs).sum(1)
    # A method that copies its source is like targets that this frame is, or is near to.
    known = np.maximum(own, (ours * _looks(source, true)).sum(1))
    orders = _orders(ours, theirs, names)
    means = {said: float((ours * theirs[rows]).sum(1).mean()) for said, rows in orders}
    said = max(means, key=lambda word: means[word], default="")
    if said and means[said] > max(float(known.mean()) + AHEAD, ALIKE):
        told = f"likeness {means[said]:.2f} to those targets, {own.mean():.2f} to their own"
        yield Fault("order", WHOLE, f"{said}: {told}")
        return
    best, likeness = _nearest(ours, theirs)
    found = (likeness > MATCH) & (likeness > known + 1.5 * AHEAD)
    if found.sum() > len(made) / 2:
        said = f"{found.sum():,} of {len(made):,} are like another pair's target, in no order"
        yield Fault("order", WHOLE, said)
    elif np.median(own) > MATCH:
        # One that only missed its own target may be like another; the image of that one is there.
        found &= (likeness > SAME) & (own[best] + 1.5 * AHEAD < likeness)
        for i in np.flatnonzero(found).tolist():
            yield Fault("order", names[i], f"like the target of pair {numbers[best[i]]}")


def _orders(ours: Array, theirs: Array, names: Sequence[str]) -> Iterator[tuple[str, Order]]:
    """Give the orders in which images are mixed up most: shifted, or sorted by name."""
    count = len(ours)
    here = np.arange(count)
    by_name = np.array(sorted(range(count), key=lambda i: names[i]))
    place = np.argsort(by_name)
    for said, rows in (("pairs", here), ("names", by_name)):
        shift = _shift(ours[rows], theirs[rows])
        step = shift if shift <= count // 2 else shift - count
        order = np.empty_like(here)
        order[rows] = np.roll(rows, -shift)
        if shift:
            yield f"shifted by {step:+d} in the order of the {said}", order
    if (by_name != here).any():
        yield "saved in the order of the pairs, named in that of sorted names", place
        yield "saved in the order of sorted names, named in that of the pairs", by_name


def _shift(ours: Array, theirs: Array) -> int:
    """Return the shift by which images are most like the targets, by correlation in a circle."""
    waves = np.conj(np.fft.rfft(ours, axis=0)) * np.fft.rfft(theirs, axis=0)
    return int(np.argmax(np.fft.irfft(waves.sum(1), n=len(ours))))


def _nearest(ours: Array, theirs: Array) -> tuple[Order, Array]:
    """Return which target each image is most like, and how much."""
    best, likeness = [], []
    for start in range(0, len(ours), ROWS):
        found = ours[start : start + ROWS] @ theirs.T
        best.append(found.argmax(1))
        likeness.append(found.max(1))
    return np.concatenate(best), np.concatenate(likeness)


def _apart(values: Array, of: Array | None = None) -> Array:
    return values - (values if of is None else of).mean(axis=0)


def _looks(images: Array, of: Array | None = None) -> Array:
    """Return what sets images apart from the mean of all, or of others: (n, 768) of length 1."""
    apart = _apart(images, of).reshape(len(images), -1)
    length = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.divide(apart, length, out=np.zeros_like(apart), where=length > 1)
