import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

from repose import software


def test_the_packages_are_those_of_the_environment(monkeypatch):
    places = [place for place in sys.path if Path(place).name != "_vendor"]
    installed = importlib.metadata.distributions(path=places)
    names = {re.sub(r"[-_.]+", "-", one.name).lower(): one for one in installed}
    import setuptools

    monkeypatch.syspath_prepend(str(Path(setuptools.__file__).parent / "_vendor"))
    software.packages.cache_clear()
    found = dict(line.split("==") for line in software.packages())
    assert found.keys() == names.keys()
    for name in ("numpy", "torch", "pytest", "repose"):
        assert found[name] == names[name].version


def test_other_packages_are_another_environment(monkeypatch):
    first, packages = software.environment(), software.packages()
    monkeypatch.setattr(software, "packages", lambda: [*packages, "x==1"])
    assert software.environment() != first
    assert re.fullmatch("[0-9a-f]{64}", first)


def test_the_commit_is_that_of_git_and_its_changes_show():
    folder = Path(software.__file__).parent
    words = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    expected = done.stdout.strip() if done.returncode == 0 else software.UNKNOWN
    assert software.commit().rstrip("+") == expected


def test_the_hash_of_files_knows_names_and_contents(tmp_path):
    seen = set()
    for name, text in (("a.py", "x"), ("b.py", "x"), ("a.py", "y")):
        folder = tmp_path / f"{name}{text}"
        folder.mkdir()
        (folder / name).write_text(text)
        seen.add(software.hash_files(folder, sorted(folder.iterdir())))
    assert len(seen) == 3
