"""What cannot be built, refused in words of the config."""

from collections.abc import Collection
from typing import NoReturn

from repose.errors import ReposeError, nearest


def refuse(what: str, mend: str) -> NoReturn:
    """Raise bad-network."""
    raise ReposeError("bad-network", what, mend=mend)


def check_compat(chosen: Collection[str], known: Collection[str]) -> None:
    """Refuse a compat option that a network does not know."""
    for option in chosen:
        if option not in known:
            refuse(f"unknown compat option '{option}'", nearest(option, known))
