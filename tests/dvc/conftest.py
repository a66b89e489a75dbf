"""A scratch copy of the project with one small finished run, and the tools on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
TRACKED = ("workflow", "rules", "config", "data", "dvc.yaml", ".dvcignore", ".gitignore")
PRESET = "tiny"
TOY = "toy"  # a preset that no test runs in earnest


class Project:
    """A folder under git and DVC, and commands run in it."""

    def __init__(self, folder, site):
        self.folder = folder
        self.results = folder / "results" / PRESET
        self.overlay = folder / f"config/{PRESET}.yaml"
        self.site = site

    def run(self, *words, **environment):
        """Run a command of the environment; return what it said."""
        done = self.attempt(*words, **environment)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def attempt(self, *words, **environment):
        """Run a command that may fail; return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", *words] if words[0] in ("dvc", "snakemake") else words,
            cwd=self.folder,
            env=self.environment() | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    def environment(self):
        """No settings of the user's; the tools of this Python first; caches of their own."""
        apart = {"DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR"}
        return {
            **os.environ,
            **dict.fromkeys(apart, str(self.site)),
            "DVC_STUDIO_OFFLINE": "true",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def dvc(self, *words, **environment):
        return self.run("dvc", *words, **environment)

    def git(self, *words):
        return self.run("git", *words)

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def reproduce(self, *words):
        """Run `dvc repro`, or another command that reproduces; return the rules that ran."""
        said = self.dvc(*(words or ("repro",)))
        return set(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", said))

    def snakemake(self, *words):
        return self.run("snakemake", "--configfile", str(self.overlay), *words)

    def nothing_to_do(self):
        """Tell whether Snakemake, asked by itself, finds everything up to date."""
        return "Nothing to be done" in self.snakemake("--dry-run", "all")

    def change(self, block, key, value):
        overlay = yaml.safe_load(self.overlay.read_text())
        overlay.setdefault(block, {})[key] = value
        self.overlay.write_text(yaml.safe_dump(overlay))

    def go_back(self):
        """Return to what was committed."""
        self.git("checkout", "--quiet", "HEAD", "--", ".")
        self.dvc("checkout", "--force", "--quiet")


def small_overlay():
    """The test preset with one model, two people and no estimator: half a minute."""
    overlay = yaml.safe_load((ROOT / "config/test.yaml").read_text())
    overlay |= {"data_set": PRESET, "shards": 1, "methods": ["warp3d"]}
    overlay["studio"] |= {"people": 2, "outfits": 2}
    overlay["poses"] = {"estimator": "truth"}
    overlay["true_poses"] = {"estimator": "none", "pose_pairs": 0}
    return overlay


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A fresh clone after its first `dvc repro`, committed."""
    place = tmp_path_factory.mktemp("dvc")
    project = Project(place / "project", place / "site")
    for name in TRACKED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        project.folder.mkdir(exist_ok=True)
        copy(ROOT / name, project.folder / name)
    (project.folder / ".dvc").mkdir()
    for name in ("config", ".gitignore"):
        shutil.copyfile(ROOT / ".dvc" / name, project.folder / ".dvc" / name)
    project.overlay.write_text(yaml.safe_dump(small_overlay()))
    for name in (TOY, "misnamed"):
        toy = small_overlay() | {"data_set": TOY}
        (project.folder / f"config/{name}.yaml").write_text(yaml.safe_dump(toy))
    (project.folder / "params.yaml").write_text(f"preset: {PRESET}\n")
    project.git("init", "--quiet")
    for key, value in (("name", "A Researcher"), ("email", "researcher@example.org")):
        project.git("config", f"user.{key}", value)
    project.commit("a small overlay")
    project.first = project.reproduce()
    project.commit("the first run")
    return project


@pytest.fixture(autouse=True)
def _as_it_was(request):
    """Bring the project back to its commit after a test that changed it."""
    yield
    if "project" in request.fixturenames:
        request.getfixturevalue("project").go_back()
