"""Folders of every habit pass their checks, spoiled ones are refused with the reason."""

import cv2
import numpy as np
import pytest

from repose.errors import ReposeError
from repose.scoring import outside
from repose.scoring.faults import KINDS
from repose.scoring.folder import list_files
from repose.scoring.shown import threads
from tests.scoring import spoiled_contents, spoiled_files
from tests.scoring.bench import (
    SIDE,
    habit_cfld,
    honest,
    make_bench,
    picture,
    plain_name,
    poor,
    stem,
    write_folder,
)
from tests.scoring.sabotage import SABOTAGES

assert spoiled_contents, spoiled_files  # they register themselves


@pytest.fixture(scope="module")
def bench(tmp_path_factory, request):
    home, config = tmp_path_factory.mktemp("benchmarks"), request.config.rootpath / "config"
    make_bench(home, config, "other", named=plain_name)
    return make_bench(home, config)


def checked(bench, folder):
    """Check a folder as the command does, and score nothing."""
    results = bench.home / "results"
    benchmark = outside.find_benchmark(results, "made", "snakemake")
    others = outside.other_readers(results, "made")
    with threads(2) as pool:
        return outside.check_images(list_files(folder), benchmark, (0, 0), others, [], pool)


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_spoiled_folder_is_refused_with_its_reason(bench, tmp_path, capsys, name):
    spoil, kind, said = SABOTAGES[name]
    spoil(tmp_path / name, bench)
    with pytest.raises(ReposeError, match=rf"error\[wrong-images\].*\b{kind} \("):
        checked(bench, tmp_path / name)
    out = capsys.readouterr().out
    own = out[out.index(f"{kind}: {KINDS[kind].what}") :]
    assert said in own[: own.index(f"mend: {KINDS[kind].mend}")]


def test_at_least_twenty_are_tried_and_every_kind_of_fault_is_among_them():
    assert len(SABOTAGES) >= 20
    assert {kind for _, kind, _ in SABOTAGES.values()} | {"transposed"} == set(KINDS)


def strip(row):
    shown = [picture(row.person, f) for f in (row.source_frame, row.target_frame)]
    return np.concatenate([shown[0], shown[0] // 2, shown[1], shown[1] // 2, honest(row)], axis=1)


def in_own_names(row):
    ends = (("source_clip", "source_frame"), ("target_clip", "target_frame"))
    return "_to_".join(f"{getattr(row, c)}_{getattr(row, f):05d}" for c, f in ends) + ".png"


CLEAN = {
    "patn": (strip, lambda r: f"{r.source_name}___{r.target_name}_vis.png"),
    "gfla": (honest, lambda r: f"{stem(r.source_name)}_2_{stem(r.target_name)}_vis.png"),
    "siarohin": (
        honest,
        lambda r: f"{stem(r.source_name)}_to_{stem(r.target_name)}.png".replace("shion", "sion"),
    ),
    "cfld": (honest, habit_cfld),
    "numbers": (honest, lambda r: f"{r.pair:05d}.png"),
    "own_names": (honest, in_own_names),
    "poor": (poor, habit_cfld),
    "blurred": (lambda r: blurred(r, 2.5), habit_cfld),
    "noisy": (lambda r: noisy(r, 25), habit_cfld),
    "mean_person": (lambda r: mean_person(r), habit_cfld),
    "tinted_noise": (lambda r: noisy(r, 12, np.array([90, 110, 140])), habit_cfld),
}


def true(row):
    return picture(row.person, row.target_frame)


def blurred(row, sigma):
    return cv2.GaussianBlur(noisy(row, 3), (0, 0), sigma)


def noisy(row, sigma, colour=None):
    shown = true(row) if colour is None else np.full((SIDE, SIDE, 3), colour)
    noise = np.random.default_rng(row.pair).normal(0, sigma, shown.shape)
    return np.clip(shown + noise, 0, 255).astype(np.uint8)


def mean_person(row):
    """The right pose, and one person for all."""
    people = [picture(f"t{i}", row.target_frame).astype(np.float32) for i in range(6)]
    noise = np.random.default_rng(row.pair).normal(0, 4, people[0].shape)
    return np.clip(np.mean(people, axis=0) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_folders_of_every_habit_and_bad_methods_pass(bench, tmp_path, name):
    draw, habit = CLEAN[name]
    write_folder(tmp_path / name, bench, draw, habit)
    found = checked(bench, tmp_path / name)
    assert len(found.files) == 37
