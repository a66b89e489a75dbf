"""Who is trained on and who is kept for the test."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from repose.datasets.listing import Clip


def assign_splits(clips: Sequence[Clip], test_share: float, seed: int) -> list[Clip]:
    """Give a split to every clip that has none; a split that the data set gave is kept.

    A person of whom some clips have a split gets the same for the others. The rest are drawn by
    person: persons are ordered by a hash of seed and name, so the draw does not depend on the
    order of the files, and the first of them form the test.

    Args:
        clips: All clips that can be used.
        test_share: Share of the drawn persons for the test, at least one of two or more.
        seed: Another seed draws other persons.
    """
    given = {clip.person: clip.split for clip in clips if clip.split}
    free = sorted(
        {clip.person for clip in clips} - set(given), key=lambda name: _order(seed, name)
    )
    tests = round(test_share * len(free))
    if test_share > 0 and "test" not in given.values() and len(free) + len(given) > 1:
        tests = max(1, tests)
    # Somebody must be left to train on.
    tests = max(0, min(tests, len(free) - ("train" not in given.values())))
    drawn = {name: "test" if i < tests else "train" for i, name in enumerate(free)}
    note = "the only person: nobody is left for the test" if len(drawn | given) == 1 else ""
    return [
        replace(clip, split=clip.split or (given | drawn)[clip.person], note=note)
        for clip in clips
    ]


def split_sha256(clips: Sequence[Clip]) -> str:
    """Return the sha256 of who is in which split, whatever the order of the clips.

    It is that of the lines `clip, person, outfit, split`, with tabs between and in order of the
    clips, so a split can be pinned by it.
    """
    lines = sorted(f"{c.clip}\t{c.person}\t{c.outfit}\t{c.split}\n" for c in clips)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _order(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
