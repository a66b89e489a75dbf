"""A write that fails, at any place of a training: loud, nothing spoilt, and the next run equal.

`make faults` fails every operation in every way; `make test` takes a sample of them.
"""

import errno
import os
import shutil
import subprocess
from itertools import product

import pytest

from repose.drill.scene import Scene
from repose.manifests import check_manifest
from tests.training import tiny
from tests.training.faults import harness

SHORT = {
    "steps": 3,
    "checkpoint_every": 1,
    "watch_every": 2,
    "watch_pairs": 1,
    "weight_perceptual": 0.0,
    "weight_adversarial": 0.0,
}
CODES = {errno.ENOSPC: "disk-full", errno.EACCES: "no-permission", errno.EROFS: "read-only"}
ALL = bool(os.environ.get("REPOSE_ALL_FAULTS"))
SAMPLE = 58  # each test of `make test` fails every so many-th operation
MOST = 400  # operations that there may be at all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler for the shim"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    with harness.serve(harness.build(tmp_path_factory.mktemp("shim"))) as served:
        yield served


@pytest.fixture(scope="module")
def whole(faults, data, tmp_path_factory):
    """What an undisturbed training gives, and how many operations it takes."""
    folder = tmp_path_factory.mktemp("whole")
    found = faults.train(tiny.words(folder, data, **SHORT), folder)
    assert found["status"] == 0, found
    assert 50 < found["count"] < MOST
    return results(folder), found["count"]


def results(folder):
    equal = ("generator.safetensors", "losses.csv", "samples.png")
    return {name: (folder / "weights" / name).read_bytes() for name in equal}


def check(faults, folder, data, whole, fault):
    """Fail one operation; then all that counts is whole, and the next run ends the same."""
    equal, count = whole
    at, number, stays = fault
    if at > count:
        pytest.skip("there are no more operations")
    words = tiny.words(folder, data, **SHORT)
    found = faults.train(words, folder, at, number, stays=stays)
    assert found["status"] == 2, found
    [line] = found["lines"]
    assert line.startswith(f"repose train: error[{CODES[number]}]: "), line
    for path in (*Scene(folder).checkpoints(), folder / "weights"):
        if path.exists():
            check_manifest(path)
    found = faults.train(words, folder)
    assert (found["status"], found["lines"]) == (0, [])
    assert results(folder) == equal
    shutil.rmtree(folder)


@pytest.mark.skipif(ALL, reason="all are tested")
@pytest.mark.parametrize("first", [1, 15, 30, 44])
def test_some_writes_fail(faults, tmp_path, data, whole, first):
    """Each test takes other places, and all ways to fail in turn."""
    ways = list(product(CODES, (False, True)))
    for place, at in enumerate(range(first, whole[1] + 1, SAMPLE)):
        number, stays = ways[(first + place) % len(ways)]
        (tmp_path / str(at)).mkdir()
        check(faults, tmp_path / str(at), data, whole, (at, number, stays))


@pytest.mark.parametrize(("number", "stays"), list(product(CODES, (False, True))))
@pytest.mark.parametrize("at", range(1, MOST) if ALL else [])
def test_each_write_fails_in_each_way(faults, tmp_path, data, whole, at, number, stays):
    check(faults, tmp_path, data, whole, (at, number, stays))


@pytest.fixture
def mount(tmp_path):
    """Mount a small file system; a function mounts it again with other options."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")

    def again(options):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"this machine mounts nothing: {done.stderr.strip()}")
        return place

    yield again
    subprocess.run(["umount", "--lazy", str(place)], check=False)


@pytest.mark.parametrize("kib", [16, 100, 150, 250, 350, 450])
def test_a_disk_that_is_really_full(faults, mount, tmp_path, data, whole, kib):
    folder = mount(f"size={kib}k")
    words = tiny.words(folder, data, **SHORT)
    found = faults.train(words, folder)
    assert found["status"] == 2, found
    [line] = found["lines"]
    assert line.startswith("repose train: error[disk-full]: "), line
    assert not (folder / "weights").exists()
    for path in Scene(folder).checkpoints():
        check_manifest(path)
    mount("remount,size=9000k")
    found = faults.train(words, folder)
    assert (found["status"], found["lines"]) == (0, [])
    assert results(folder) == whole[0]


def test_a_disk_that_is_really_read_only(faults, mount, tmp_path, data, whole):
    folder = mount("size=9000k")
    words = tiny.words(folder, data, **SHORT)
    assert faults.train(words, folder, 100, errno.ENOSPC)["status"] == 2  # half-way
    before = Scene(folder).checkpoints()
    assert before
    mount("remount,ro")
    found = faults.train(words, folder)
    assert found["status"] == 2
    [line] = found["lines"]
    assert line.startswith("repose train: error[read-only]: "), line
    mount("remount,rw")
    assert Scene(folder).checkpoints() == before
    assert faults.train(words, folder)["status"] == 0
    assert results(folder) == whole[0]
