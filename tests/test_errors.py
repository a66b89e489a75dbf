"""Every error code is explained, and only those that exist."""

import ast
import re
from pathlib import Path

import pytest

from repose.errors import ReposeError

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", re.M)
IN_TEXT = r'ReposeError\(\s*"([a-z-]+)"'


def strings(node):
    """All constant strings at one place: a code may be chosen from two, or stand in a table."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and n.value}


def codes_of(path):
    """Codes that a module raises: literal, by way of a variable `code`, or in a table `_MENDS`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ReposeError":
            code = node.args[0]
            found |= {code.value} if isinstance(code, ast.Constant) else set()
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            branches = node.value
            if isinstance(branches, ast.IfExp):
                found |= strings(branches.body) | strings(branches.orelse)
            else:
                found |= strings(branches)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_MENDS":
            found |= {pair.elts[0].value for pair in node.value.values}
    return found


@pytest.fixture(scope="module")
def raised():
    found = [codes_of(path) for path in sorted((ROOT / "src/repose").rglob("*.py"))]
    # The workflow is not quite Python, so its codes are found as text.
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("*/*.smk")]
    found.append({code for text in texts for code in re.findall(IN_TEXT, text)})
    return set().union(*found)


@pytest.fixture(scope="module")
def table():
    return ROW.findall((ROOT / "docs/errors.md").read_text(encoding="utf-8"))


def test_every_code_is_explained_and_nothing_else(raised, table):
    listed = [code for code, _meaning, _mend in table]
    assert set(listed) - raised == set()
    assert raised - set(listed) == set()
    assert listed == sorted(set(listed))


def test_codes_that_are_not_literal_are_found_too(raised):
    """Of the table in files.py, and of a choice between two in video/container.py."""
    assert {"disk-full", "read-only", "not-a-video", "truncated-video"} <= raised


def test_an_error_is_one_line_with_all_its_parts():
    error = ReposeError("bad-table", "two\nlines", path="a.parquet", mend="delete it")
    assert str(error) == "error[bad-table]: two lines: a.parquet; delete it"
