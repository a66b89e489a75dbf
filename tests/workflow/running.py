"""Runs of the graph in a copy of the project."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from repose.settings import stages

ROOT = Path(__file__).parent.parent.parent


def snakemake(folder, *words, target="all", overlay="test"):
    return subprocess.run(
        command(*words, target=target, overlay=overlay),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def command(*words, target="all", overlay="test"):
    overlays = ["--configfile", f"config/{overlay}.yaml"] if overlay else []
    return [sys.executable, "-m", "snakemake", "--cores", "2", *overlays, *words, "--", target]


def copy_of_the_project(folder):
    """Copy what a run needs into a folder, made where it is not there."""
    for name in ("workflow", "rules", "config"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def planned(folder, *words):
    """Return the rules that a dry run would run."""
    done = snakemake(folder, "--dry-run", *words)
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    return {rule for rule in stages() if re.search(rf"^{rule}\s+\d+$", text, re.M)}


def change(folder, block, key, value):
    path = folder / "config/test.yaml"
    overlay = yaml.safe_load(path.read_text())
    overlay.setdefault(block, {})[key] = value
    path.write_text(yaml.safe_dump(overlay))
