"""Nothing in the project runs data as code, and the check that says so finds what it should."""

from pathlib import Path

import pytest

from tests import safety

ROOT = Path(__file__).parent.parent

# The only places where a forbidden form stands, and why it may.
ALLOWED = {
    "src/repose/datasets/pickled.py": {"pickletools"},  # takes pickles apart, runs none
    "tests/data/test_packs.py": {"pickle"},  # the trip to a worker process
    "tests/test_settings.py": {"yaml.load"},  # with a SafeLoader that refuses a key twice
    # Data sets are made here as they come, and others than they are.
    "tests/datasets/fashion_trees.py": {"pickle"},
    "tests/datasets/pose_trees.py": {"pickle"},
    "tests/datasets/trees.py": {"pickle"},
    "tests/datasets/test_human36m.py": {"pickle"},
    "tests/datasets/test_iper.py": {"pickle"},
    "tests/datasets/test_numpy_files.py": {"allow_pickle="},
    "tests/hostile/annotations.py": {"allow_pickle="},
    # Hostile files are made here.
    "tests/datasets/test_knoche_poses.py": {"pickle"},
    "tests/hostile/pickles.py": {"pickle", "os.system", "eval", "exec", "__import__"},
}

FORBIDDEN = {
    "import pickle": "pickle",
    "import pickle as p\np.load(file)": "pickle",
    "from pickle import load as l\nl(file)": "pickle",
    "from pickle import *": "pickle",
    "import _pickle": "_pickle",
    "import os, marshal": "marshal",
    "import shelve": "shelve",
    "import dill": "dill",
    "from joblib import load": "joblib",
    "import cloudpickle.cloudpickle as c": "cloudpickle.cloudpickle",
    "import importlib\nimportlib.import_module('pickle')": "pickle",
    "from importlib import import_module as get\nget('marshal')": "marshal",
    "class A(other.Unpickler): pass": "Unpickler",
    "import pandas as pd\npd.read_pickle(path)": "pandas.read_pickle",
    "eval('1')": "eval",
    "exec(text)": "exec",
    "run = eval": "eval",
    "__import__('os')": "__import__",
    "__builtins__['ev' + 'al']": "__builtins__",
    "import builtins as b\nb.eval(text)": "builtins.eval",
    "from builtins import exec as run": "builtins.exec",
    "getattr(anything, 'eval')": "eval",
    "import pandas as pd\npd.eval(text)": "pandas.eval",
    "import os\nos.system(text)": "os.system",
    "import os as o\ncall = o.system": "os.system",
    "from os import system as s\ns(text)": "os.system",
    "from os import *": "os.*",
    "from os import popen": "os.popen",
    "import subprocess\nsubprocess.run(text, shell=True)": "shell=",
    "from subprocess import run as r\nr(text, shell=1)": "shell=",
    "import subprocess\nsubprocess.run(text, shell=switch)": "shell=",
    "import subprocess\nsubprocess.run(text, **{'shell': True})": "shell=",
    "import subprocess\nsubprocess.getoutput(text)": "subprocess.getoutput",
    "import asyncio\nasyncio.create_subprocess_shell(text)": "asyncio.create_subprocess_shell",
    "import yaml\nyaml.load(text)": "yaml.load",
    "import yaml as y\ny.load(text, y.SafeLoader)": "yaml.load",
    "from yaml import load as l\nl(text)": "yaml.load",
    "import yaml\nyaml.unsafe_load(text)": "yaml.unsafe_load",
    "from yaml import FullLoader": "yaml.FullLoader",
    "import numpy as np\nnp.load(path, allow_pickle=True)": "allow_pickle=",
    "import numpy as np\nnp.load(path, None, True)": "allow_pickle=",
    "import numpy as np\nnp.load(path, allow_pickle=switch)": "allow_pickle=",
    "from numpy import load\nload(path, allow_pickle=not False)": "allow_pickle=",
    "options = {'allow_pickle': True}": "allow_pickle=",
    "import torch\ntorch.load(path)": "torch.load",
    "import torch as t\nt.load(path, map_location='cpu')": "torch.load",
    "from torch import load as l\nl(path)": "torch.load",
    "import torch\ntorch.load(path, weights_only=False)": "weights_only=",
    "import torch\ntorch.load(path, weights_only=None)": "weights_only=",
    "import torch\ntorch.hub.load('who/what', 'model')": "torch.hub.load",
    "import tarfile\ntarfile.open(path).extractall(folder)": "extractall",
    "import zipfile as z\nz.ZipFile(path).extract(name, folder)": "extract",
    "import shutil\nshutil.unpack_archive(path)": "shutil.unpack_archive",
    "def f():\n    if x:\n        return [eval(t) for t in texts]": "eval",
    "@eval\ndef f(): pass": "eval",
    "def f(call=exec): pass": "exec",
}

ALLOWED_FORMS = (
    "network.eval()",
    "generator.eval().requires_grad_(False)",
    "self.eval = 1",
    "def evaluate(): pass",
    "import yaml\nyaml.safe_load(text)",
    "import yaml\nyaml.safe_load_all(text)",
    "import numpy as np\nnp.load(path)",
    "import numpy as np\nnp.load(path, allow_pickle=False)",
    "import numpy as np\nnp.load(path, 'r')",
    "import torch\ntorch.load(path, map_location='cpu', weights_only=True)",
    "from safetensors.torch import load_file\nload_file(path)",
    "import subprocess\nsubprocess.run(words, shell=False)",
    "import subprocess\nsubprocess.run(words)",
    "import json\njson.load(file)",
    "'pickle.load, eval(x), shell=True'",
    "# eval(x)",
    "column.str.extract('(a)')",
    "import os\nos.path.join(a, b)",
    "import os\nos.execve(name, words, os.environ)",
    "import platform\nplatform.system()",
    "executor = 1\nexecute = 2",
    "pickled = jar",
    "options = {'shell': False, 'weights_only': True}",
)

RULES = {
    "rule a:\n    run:\n        eval('1')\n": "eval",
    "rule a:\n    run:\n        exec(text)\n": "exec",
    "import pickle\n": "pickle",
    "import os\nos.system('ls')\n": "system",
    "import subprocess as s\ns.run(text, shell=True)\n": "subprocess",
    "run(text, shell = True)\n": "shell=",
    "import yaml\nyaml.load(text)\n": "yaml.load",
}


@pytest.mark.parametrize("text", FORBIDDEN)
def test_each_forbidden_form_is_found(text):
    assert FORBIDDEN[text] in {one.form for one in safety.in_python(text)}


@pytest.mark.parametrize("text", ALLOWED_FORMS)
def test_a_near_miss_is_let_through(text):
    assert safety.in_python(text) == []


@pytest.mark.parametrize("text", RULES)
def test_each_forbidden_form_is_found_in_rules(text):
    assert RULES[text] in {one.form for one in safety.in_rules(text)}


def test_rules_may_have_a_shell():
    assert safety.in_rules('rule a:\n    shell:\n        "repose a eval {input:q}"\n') == []


def test_the_line_is_named():
    assert safety.in_python("x = 1\n\neval(x)\n") == [safety.Finding(3, "eval")]


def test_no_file_of_the_project_has_one_but_those_listed():
    found = {
        (str(path.relative_to(ROOT)), one)
        for path in safety.files(ROOT)
        for one in safety.in_file(path)
    }
    wrong = [
        f"{path}:{one.line}: {one.form}"
        for path, one in sorted(found, key=str)
        if one.form not in ALLOWED.get(path, set())
    ]
    assert wrong == []


def test_the_list_names_nothing_that_is_not_there():
    for name, forms in ALLOWED.items():
        assert forms <= {one.form for one in safety.in_file(ROOT / name)}, name


def test_all_kinds_of_files_are_looked_at():
    seen = {path.relative_to(ROOT).as_posix() for path in safety.files(ROOT)}
    assert {"workflow/Snakefile", "workflow/common.smk", "rules/train.smk"} <= seen
    assert {"src/repose/cli.py", "tests/test_safety.py", "benchmarks/warp.py"} <= seen


def test_what_a_user_names_stands_quoted_in_every_shell_command():
    for path in sorted(ROOT.glob("rules/*.smk")):
        text = path.read_text(encoding="utf-8")
        assert "{input.videos}" not in text, path
        assert "{params.videos}" not in text, path
        assert "{input.listing}" not in text, path
