"""The one error that a user sees: what is wrong, in which file, and how to mend it."""

import reprlib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class ReposeError(Exception):
    """A failure that the user can mend, printed as one line.

    Args:
        code: Short kebab-case name that never changes, such as `not-a-video`.
        message: What is wrong.
        path: The file or folder concerned.
        mend: What to do about it.
    """

    def __init__(
        self, code: str, message: str, *, path: Path | str | None = None, mend: str = ""
    ) -> None:
        self.code = code
        self.message = message
        self.path = path
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return the whole error as one line."""
        line = f"error[{self.code}]: {' '.join(self.message.split())}"
        if self.path is not None:
            line += f": {self.path}"
        if self.mend:
            line += f"; {' '.join(self.mend.split())}"
        return shown(line)

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from parts, so that the error survives the way out of a worker process."""
        return _rebuild, (self.code, self.message, self.path, self.mend)


def _rebuild(code: str, message: str, path: Path | str | None, mend: str) -> ReposeError:
    return ReposeError(code, message, path=path, mend=mend)


def shown(text: object) -> str:
    """Spell a text so that it stays on its line and gives a terminal no command.

    What is not printable (line ends, escape sequences, marks that turn the direction of writing,
    bytes that are no UTF-8) is spelled with a backslash.
    """
    joiners = "\u200c\u200d"  # part of Persian words and of emoji
    return "".join(
        c if c.isprintable() or c in joiners else c.encode("unicode_escape").decode()
        for c in str(text)
    )


def brief(value: object) -> str:
    """Spell a value of any size in short: aliases in YAML unfold without end."""
    speller = reprlib.Repr()
    speller.maxlevel, speller.maxstring, speller.maxother = 2, 80, 80
    return speller.repr(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant.

    Returns:
        "did you mean 'x'?" for a near miss, else the list of all known words.
    """
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(words)}"
