"""All ways to set Repose up install the same versions: those of the lock."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from requirements.environment import environment, pins

ROOT = Path(__file__).parent.parent
RECIPES = ("Dockerfile", "apptainer.def")

# Prints the names of the packages that some lines import.
IMPORTED = """
import sys
from importlib.metadata import packages_distributions
before = set(sys.modules)
{imports}
found = packages_distributions()
names = {{name.partition(".")[0] for name in set(sys.modules) - before}} - {{"repose"}}
print(*(owner.lower() for name in names for owner in found.get(name, ())))
"""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


LOCK, PROJECT = read("requirements/all.txt"), read("pyproject.toml")


def test_the_environment_file_is_the_one_that_make_lock_writes():
    assert read("environment.yml") == environment(LOCK, PROJECT), (
        "run: python requirements/environment.py"
    )


def test_the_environment_file_lists_every_pin_and_nothing_else():
    content = yaml.safe_load(read("environment.yml"))
    *conda, last = content["dependencies"]
    locked = [line.split(" ")[0] for line in LOCK.splitlines() if not line.startswith(" ")]
    assert last["pip"] == ["--require-hashes", "-r requirements/all.txt", *locked]
    assert len(set(locked)) == len(locked) > 100
    assert all("==" in pin for pin in locked)
    assert conda == ["python=3.11", "pip", "make", "git"]
    low, high = tomllib.loads(PROJECT)["project"]["requires-python"].split(",")
    assert (low, high) == (">=3.11", "<3.13")


def test_a_changed_pin_changes_the_file():
    [torch] = [pin for pin in pins(LOCK) if pin.startswith("torch==")]
    other = environment(LOCK.replace(torch, "torch==9.9.9"), PROJECT)
    assert "- torch==9.9.9\n" in other
    assert f"- {torch}\n" not in other


def test_images_are_made_of_the_same_lock_with_the_same_words():
    [setup] = re.findall(r"--no-deps --require-hashes \\\n\s+-r (\S+)", read("Makefile"))
    for recipe in RECIPES:
        text = re.sub(r"\s*\\\n\s*", " ", read(recipe))
        assert setup in text
        assert re.search(r"pip install [^&]*--no-deps --require-hashes -r \S*/all\.txt", text)
        assert re.search(r"pip install [^&]*--no-deps --no-build-isolation /tmp/repose", text)
        assert text.count("pip install") == 2, "nothing else is installed by pip"
        [version] = re.findall(r"image\.version\W+([\d.]+)", text)
        assert version == tomllib.loads(PROJECT)["project"]["version"]


def test_images_begin_with_a_debian_whose_python_is_supported():
    bases = [re.findall(r"^From:? debian:(\S+)", read(name), re.M | re.I) for name in RECIPES]
    assert bases == [["bookworm-slim"]] * 2  # Python 3.11, as in environment.yml


def test_an_image_gets_all_that_it_copies():
    kept = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", read("Dockerfile"), re.M)
    names = {name.split("/")[0] for line in copied for name in line.split()}
    assert names == kept
    assert all((ROOT / name).exists() for name in kept)
    files = re.search(r"%files\n((?:    .*\n)+)", read("apptainer.def"))
    assert {line.split()[0].split("/")[0] for line in files[1].splitlines()} == kept


def test_the_front_end_has_the_pins_of_the_lock_and_all_that_the_graph_imports():
    front = read("requirements/graph.txt")
    entries = dict(re.findall(r"^([\w.-]+)==(.+\n(?:    .*\n)+)", front, re.M))
    locked = dict(re.findall(r"^([\w.-]+)==(.+\n(?:    .*\n)+)", LOCK, re.M))
    assert {"snakemake", "snakemake-executor-plugin-slurm", "setuptools"} <= set(entries)
    for name, entry in entries.items():
        version, hashes = entry.split(" ")[0], re.findall(r"sha256:\w+", entry)
        assert (version, set(hashes)) == (
            locked[name].split(" ")[0],
            set(re.findall(r"sha256:\w+", locked[name])),
        )
    files = [*(ROOT / "workflow").glob("*"), *(ROOT / "rules").glob("*")]
    lines = "\n".join(read(str(file)) for file in files if file.is_file())
    imports = set(re.findall(r"^(?:from|import) repose.*$", lines, re.M))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED.format(imports="\n".join(sorted(imports)))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert imports
    assert set(done.stdout.split()) <= set(entries), "the Snakefile must not import a stage's"
