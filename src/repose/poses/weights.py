"""Files of weights that the user brings: there, and the ones that were meant."""

from pathlib import Path

from repose.errors import ReposeError
from repose.files import sha256

DOCS = "docs/poses.md tells where to get them"


def prove(path: str, expected_sha256: str, whose: str) -> str:
    """Return the sha256 of a file of weights, once it is known to be there and the right one.

    Args:
        path: Where it lies; "" is as good as missing.
        expected_sha256: What the file must be, in hex; "" takes any.
        whose: Whose weights they are, for the message.

    Raises:
        ReposeError: missing-weights or wrong-weights.
    """
    if not path or not Path(path).is_file():
        said = f"{whose} needs a file of weights" if not path else f"no weights of {whose}"
        raise ReposeError("missing-weights", said, path=path or None, mend=DOCS)
    found = sha256(Path(path))
    if expected_sha256 and found != expected_sha256.lower():
        raise ReposeError(
            "wrong-weights",
            f"the weights of {whose} have sha256 {found}, the config wants '{expected_sha256}'",
            path=path,
            mend="set the sha256 of the file that you trust",
        )
    return found
