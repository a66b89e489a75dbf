"""A damaged newest checkpoint: one line, the one before it, and the same weights in the end."""

import json
import os
import random
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from repose.errors import ReposeError
from repose.manifests import write_manifest
from tests.training import tiny

SHORT = {"checkpoint_every": 2, "watch_pairs": 1, "weight_perceptual": 0.0}
FILES = ("state.safetensors", "state.json", "manifest.json", "log.jsonl")


@pytest.fixture(scope="module", autouse=True)
def one_commit():
    """Others may commit meanwhile, and a training says of which commit it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("repose.training.machine.commit", lambda: "one")
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """The output of a training of eight steps that nothing happened to."""
    return results(tiny.run(tmp_path_factory.mktemp("whole"), data, steps=8, **SHORT))


@pytest.fixture(scope="module")
def stopped(data, tmp_path_factory):
    """The folder of the same training, stopped after step 5; checkpoints of steps 4 and 5."""
    return stop(tmp_path_factory.mktemp("stopped"), data)


def stop(folder, data, **changes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("repose.training.ranks.Ranks.agree", SignalAfter(5))
        with pytest.raises(ReposeError, match="stopped by SIGTERM after step 5"):
            tiny.run(folder, data, steps=8, **SHORT | changes)
    return folder


class SignalAfter:
    """Stands for the question whether any rank got a signal."""

    def __init__(self, steps):
        self.left = steps

    def __call__(self, _name):
        self.left -= 1
        return "" if self.left else "SIGTERM"


def results(output):
    equal = ("generator.safetensors", "losses.csv", "samples.png", "run.json")
    return {name: (output / name).read_bytes() for name in equal}


def checkpoints(folder):
    return sorted(folder.glob("runs/*/checkpoints/step-*"))


def cut(file, chance):
    os.truncate(file, chance.randrange(file.stat().st_size))


def zero(file, _chance):
    file.write_bytes(bytes(file.stat().st_size))


def flip(file, chance):
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def lose(file, _chance):
    file.unlink()


def loop(file, _chance):
    file.unlink()
    file.symlink_to(file.name)


def to_folder(file, _chance):
    file.unlink()
    file.mkdir()


def empty(path):
    for file in path.iterdir():
        file.unlink()


def gone(path):
    shutil.rmtree(path)


def link_loop(path):
    shutil.rmtree(path)
    path.symlink_to(path.name)


def a_file(path):
    shutil.rmtree(path)
    path.write_text("no folder")


def half_type(path):
    """Store half precision, as other code might, with a manifest that proves it."""
    file = path / "state.safetensors"
    tensors = {k: v.half() if v.dim() else v for k, v in load_file(file).items()}
    save_file(tensors, file)
    resign(path)


def fewer(path):
    file = path / "state.safetensors"
    tensors = load_file(file)
    tensors.pop(next(name for name in sorted(tensors) if "/weights/" in name))
    save_file(tensors, file)
    resign(path)


def misnamed(path):
    older = path.with_name("step-00000004")
    shutil.rmtree(path)
    shutil.copytree(older, path)


def resign(path):
    settings = json.loads((path / "manifest.json").read_text())["settings"]
    (path / "manifest.json").unlink()
    write_manifest(path, settings)


IN_FILE = [(how, name) for how in (cut, zero, lose, loop, to_folder) for name in FILES]
IN_FILE += [(flip, name) for name in FILES for _ in range(2)]
IN_FOLDER = [empty, gone, link_loop, a_file, half_type, fewer, misnamed]


def check(stopped, folder, data, whole, capfd, damage):
    shutil.copytree(stopped, folder, dirs_exist_ok=True)
    before, newest = checkpoints(folder)
    assert (before.name, newest.name) == ("step-00000004", "step-00000005")
    damage(newest)
    capfd.readouterr()
    assert results(tiny.run(folder, data, steps=8, **SHORT)) == whole
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert "checkpoint step-00000005 is " in lines[0]
    assert "going on from step-00000004" in lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("damage", IN_FOLDER)
def test_a_damaged_folder_falls_back(stopped, tmp_path, data, whole, capfd, damage):
    check(stopped, tmp_path, data, whole, capfd, damage)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "case"), list(enumerate(IN_FILE)))
def test_a_damaged_file_falls_back(stopped, tmp_path, data, whole, capfd, number, case):
    how, name = case
    chance = random.Random(number)
    check(stopped, tmp_path, data, whole, capfd, lambda path: how(path / name, chance))


def test_a_checkpoint_of_another_run_falls_back(stopped, tmp_path, data, whole, capfd):
    other = stop(tmp_path / "other", data, seed=9)

    def swap(path):
        shutil.rmtree(path)
        shutil.copytree(checkpoints(other)[-1], path)

    check(stopped, tmp_path / "run", data, whole, capfd, swap)


def test_a_damaged_log_is_mended_from_the_checkpoint(stopped, tmp_path, data, whole):
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    [log] = tmp_path.glob("runs/*/log.jsonl")
    zero(log, None)
    assert results(tiny.run(tmp_path, data, steps=8, **SHORT)) == whole


def test_when_all_are_damaged_only_the_user_begins_anew(stopped, tmp_path, data, whole, capfd):
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    found = checkpoints(tmp_path)
    for number, path in enumerate(found):
        flip(path / "state.safetensors", random.Random(number))
    for _ in range(2):  # the second try is as careful as the first
        with pytest.raises(ReposeError, match=r"no-checkpoint.*step-00000005 is damaged.*delete"):
            tiny.run(tmp_path, data, steps=8, **SHORT)
        assert checkpoints(tmp_path) == found
        assert not (tmp_path / "weights").exists()
    shutil.rmtree(found[0].parent)
    assert results(tiny.run(tmp_path, data, steps=8, **SHORT)) == whole


def test_when_all_are_gone_only_the_user_begins_anew(stopped, tmp_path, data):
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    for path in checkpoints(tmp_path):
        shutil.rmtree(path)
    with pytest.raises(ReposeError, match=r"no-checkpoint.*step-00000005 is missing"):
        tiny.run(tmp_path, data, steps=8, **SHORT)


def test_what_was_passed_over_is_kept_and_counts_no_more(stopped, tmp_path, data, whole):
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    flip(checkpoints(tmp_path)[-1] / "state.safetensors", random.Random(0))
    tiny.run(tmp_path, data, steps=8, **SHORT)
    [folder] = tmp_path.glob("runs/*/checkpoints")
    kept = sorted(path.name for path in folder.iterdir())
    assert kept == ["damaged-step-00000005", "newest.json", "step-00000006", "step-00000008"]


def test_it_is_said_once_also_when_the_next_start_comes_before_a_save(
    stopped, tmp_path, data, capfd
):
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    flip(checkpoints(tmp_path)[-1] / "state.json", random.Random(0))
    for lines in (1, 0):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
            patch.setattr("repose.training.learner.Learner.learn", killed)
            tiny.run(tmp_path, data, steps=8, **SHORT)
        assert len(capfd.readouterr().err.splitlines()) == lines


def killed(*_args):
    raise RuntimeError("killed")


def test_tensors_come_back_bit_for_bit_whatever_their_values():
    """Subnormal numbers, zeros with a sign and NaN with a payload are bits like any others."""
    from safetensors.torch import load, save

    bits = torch.tensor([1, -(2**31), 0x7FC01234, 0x00400000], dtype=torch.int32)
    stored = load(save({"a": bits.view(torch.float32)}))["a"]
    assert torch.equal(stored.view(torch.int32), bits)
