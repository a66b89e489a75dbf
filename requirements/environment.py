"""Write environment.yml, for conda and mamba, from the lock and pyproject.toml.

python requirements/environment.py
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = "requirements/all.txt"

# pip takes the hashes of a package from the line that names it first, so the lock comes before
# the pins. It has no line for "no dependencies": that must be said outside.
TEXT = """\
# Made by `make lock` from {lock}: the same pins for conda and mamba on Linux.
#   PIP_NO_DEPS=1 mamba env create -f environment.yml
#   mamba run -n repose pip install --no-deps --no-build-isolation -e .
# The lock stands for itself, so pip must resolve nothing (without PIP_NO_DEPS=1 it stops with an
# error), and it proves every file by its hash.
name: repose
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={python}
  - pip
  - make
  - git
  - pip:
      - --require-hashes
      - -r {lock}
{pins}
"""


def pins(lock: str) -> list[str]:
    """Return name==version of each package of a lock, without markers and hashes."""
    return re.findall(r"^([\w.-]+==[\w.!+-]+)", lock, re.M)


def environment(lock: str, project: str) -> str:
    """Return the text of environment.yml.

    Args:
        lock: The text of requirements/all.txt.
        project: The text of pyproject.toml.
    """
    requires = tomllib.loads(project)["project"]["requires-python"]
    python = requires.split(",")[0].removeprefix(">=")
    lines = "\n".join(f"      - {pin}" for pin in pins(lock))
    return TEXT.format(lock=LOCK, python=python, pins=lines)


def main() -> None:
    """Write the file."""
    sources = ((ROOT / name).read_text(encoding="utf-8") for name in (LOCK, "pyproject.toml"))
    (ROOT / "environment.yml").write_text(environment(*sources), encoding="utf-8")


if __name__ == "__main__":
    main()
