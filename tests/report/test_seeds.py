"""Several trainings of one model: one row, its seeds, their spread, and differences per seed."""

import numpy as np
import pandas as pd
import pytest

from repose.files import write_json
from repose.metrics.scores import SCORES
from repose.report.compare import summarise
from repose.report.methods import COPY, Method
from repose.report.origins import files_of, of_score
from repose.report.paired import rank
from repose.report.published import read_published
from repose.report.results import Results, read_results
from repose.report.score_tables import main_table, models_table
from repose.report.seed_table import seeds_table
from repose.report.seeds import of_seeds, pool, together

DRAWS = 400


def training(name, seed, network="warp3d", lr=0.1, **model):
    run = {"model": {"network": network, **model}, "config": {"seed": seed, "lr": lr}, "steps": 5}
    return Method(name, name, True, True, run)


def scored(level, seed=0, persons=8, pairs=6):
    """Scores of a method whose foreground error lies about a level, other for every person."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(persons), pairs)
    l1 = level + 0.02 * np.random.default_rng(99).normal(size=persons)[who]
    l1 = l1 + rng.normal(0, 0.001, len(who))
    values = {score.name: np.nan for score in SCORES} | {"l1_fg": l1, "ssim_fg": 1 - l1}
    rows = {"pair": np.arange(len(who)), "person": [f"p{w}" for w in who], "split": "test"}
    return pd.DataFrame(rows | values | {"pose_detected": False})


def results_of(methods, tables):
    facts = {"protocols": {}, "notes": []}
    told = {name: facts | summarise(table, DRAWS, 0) for name, table in tables.items()}
    shown = together(methods)
    for method in (m for m in shown if m.members):
        tables[method.name] = pool([tables[m.name] for m in method.members])
        told[method.name] = facts | summarise(tables[method.name], DRAWS, 0)
    return Results(shown, tables, told)


@pytest.fixture(scope="module")
def three():
    """A model under three seeds, another under the same three, and the copied source."""
    methods = [training(f"deep_seed{s}", s) for s in (2, 0, 1)]
    methods += [training(f"flat_{s}", s, network="flat") for s in (0, 1, 2)]
    tables = {f"deep_seed{s}": scored(0.10 + 0.01 * s, s) for s in range(3)}
    tables |= {f"flat_{s}": scored(0.13 + 0.01 * s, 10 + s) for s in range(3)}
    tables[COPY] = scored(0.3, 20)
    return results_of([Method(COPY, "source, copied"), *methods], tables)


def test_trainings_that_differ_in_their_seed_alone_are_one_model(three):
    assert [m.label for m in three.methods] == [
        "source, copied",
        "deep (3 seeds)",
        "flat (3 seeds)",
    ]
    assert three.methods[1].name == "deep_seed0+deep_seed1+deep_seed2"
    assert [run.name for run in three.runs[1:4]] == ["deep_seed0", "deep_seed1", "deep_seed2"]


@pytest.mark.parametrize("change", [{"lr": 0.2}, {"network": "other"}, {"warp": "2d"}])
def test_any_other_difference_keeps_them_apart(change):
    methods = [training("a_0", 0), training("a_1", 1, **change)]
    assert together(methods) == methods


def test_the_same_seed_twice_is_not_two_seeds():
    methods = [training("a", 0), training("b", 0)]
    assert together(methods) == methods
    untold = [Method(name, name, run={"model": {}, "config": {}}) for name in "ab"]
    assert together(untold) == untold


def test_a_pair_is_scored_by_the_mean_over_the_seeds():
    one, other = scored(0.1, 0), scored(0.2, 1).iloc[2:]
    other.loc[other.index[0], "l1_fg"] = np.nan
    both = pool([one, other]).set_index("pair")
    assert both.index.tolist() == list(range(2, len(one)))
    assert np.isnan(both["l1_fg"][2])
    assert both["l1_fg"][3] == pytest.approx((one["l1_fg"][3] + other["l1_fg"][3]) / 2)


def test_the_spread_is_that_of_the_seeds_means_and_wants_three(three):
    tables = three.of("test")
    deep = three.methods[1]
    means = [tables[run.name]["l1_fg"].mean() for run in deep.members]
    found = of_seeds(deep, tables, "l1_fg")
    assert found.spread == pytest.approx(np.std(means, ddof=1))
    assert found.mean == pytest.approx(np.mean(means))
    two = together([training("a_0", 0), training("a_1", 1)])[0]
    own = {"a_0": scored(0.1, 0), "a_1": scored(0.2, 1)}
    own[two.name] = pool(list(own.values()))
    assert np.isnan(of_seeds(two, own, "l1_fg").spread)


def test_tables_show_one_row_then_its_seeds_then_their_spread(three, request):
    published = read_published(request.config.rootpath / "config/published.csv")
    ranking = rank(three, DRAWS, 0)
    for table in (main_table(three, published, ranking), models_table(three, ranking)):
        rows = {row.label: row for row in table.rows}
        order = [label for label in rows if label.startswith(("deep", "flat"))]
        for stem in ("deep", "flat"):
            own = [label for label in order if label.startswith(stem)]
            seeds = [f"{stem}, seed {s}" for s in range(3)]
            assert own == [f"{stem} (3 seeds)", *seeds, f"{stem}, SD over seeds"]
        at = next(i for i, c in enumerate(table.columns) if c.startswith("L1 fg")) - 1
        cells = {label: row.cells[at] for label, row in rows.items() if not row.heading}
        mean = np.mean([cells[f"deep, seed {s}"].estimate.value for s in range(3)])
        assert cells["deep (3 seeds)"].estimate.value == pytest.approx(mean)
        assert cells["deep (3 seeds)"].estimate.has_interval
        assert cells["deep, SD over seeds"].estimate.value == pytest.approx(0.01, abs=0.001)
        assert cells["deep (3 seeds)"].bold  # of all, not of one training
        assert not any(cells[f"deep, seed {s}"].bold for s in range(3))


def test_differences_are_shown_seed_by_seed(three):
    table = seeds_table(three, rank(three, DRAWS, 0))
    assert table.columns[1:] == [
        "mean over seeds", "SD over seeds", "seed 0", "seed 1", "seed 2",
    ]  # fmt: skip
    at = next(
        i for i, r in enumerate(table.rows) if r.label.startswith("deep (3 seeds) less flat")
    )
    row = next(row for row in table.rows[at:] if row.label.startswith("L1 fg"))
    scores = three.of("test")
    wanted = [(scores[f"deep_seed{s}"]["l1_fg"] - scores[f"flat_{s}"]["l1_fg"]).mean()
              for s in range(3)]  # fmt: skip
    found = [cell.estimate.value for cell in row.cells[2:]]
    assert found == pytest.approx(wanted)
    assert row.cells[0].estimate.value == pytest.approx(np.mean(wanted))
    assert row.cells[1].estimate.value == pytest.approx(np.std(wanted, ddof=1))
    assert all(cell.origin for row in table.rows for cell in row.cells if cell.estimate)


def test_nothing_is_bold_where_the_paired_interval_holds_zero(request):
    methods = [training("deep_0", 0), training("deep_1", 1), training("flat", 0, network="flat")]
    tables = {"deep_0": scored(0.1, 0), "deep_1": scored(0.1, 1), "flat": scored(0.1, 2)}
    results = results_of(methods, tables)
    published = read_published(request.config.rootpath / "config/published.csv")
    ranking = rank(results, DRAWS, 0)
    assert ranking.best == {}
    rows = [*main_table(results, published, ranking).rows]
    assert not any(cell.bold for row in rows for cell in row.cells)
    assert [row.label for row in rows][-4:] == [
        "deep (2 seeds)", "deep, seed 0", "deep, seed 1", "flat",
    ]  # fmt: skip
    assert seeds_table(results, ranking) is not None


def test_a_cell_of_several_trainings_was_read_from_all_of_them(three):
    origin = of_score(three.methods[1].name, "test", "l1_fg")
    names = [path.stem for path in files_of(origin) if path.suffix == ".json"]
    assert names == ["deep_seed0", "deep_seed1", "deep_seed2"]


def test_run_json_tells_the_seed(tmp_path):
    for seed in range(3):
        folder = tmp_path / f"deep_{seed}"
        folder.mkdir()
        model, config = {"network": "warp3d", "warp": "3d", "pose": "3d"}, {"seed": seed, "lr": 1}
        write_json(folder / "run.json", {"model": model, "config": config})
        write_json(folder / "times.json", {"seconds": 1.0})
        facts = {"protocols": {}, "notes": [f"note {seed}"]}
        write_json(tmp_path / f"deep_{seed}.json", facts | summarise(scored(0.1), 50, 0))
        _write(scored(0.1 + 0.1 * seed, seed), tmp_path / f"deep_{seed}.parquet")
    names = [f"deep_{seed}" for seed in range(3)]
    files = [[tmp_path / f"{name}.{end}" for name in names] for end in ("parquet", "json")]
    found = read_results([tmp_path / name for name in names], *files, 50, 0)
    assert [method.label for method in found.methods] == ["deep (3 seeds)"]
    assert found.notes == ["note 0", "note 1", "note 2"]
    mean = found.estimate("deep_0+deep_1+deep_2", "test", "l1_fg")
    assert mean.value == pytest.approx(0.2, abs=0.02)
    assert mean.has_interval


def _write(table, path):
    from repose.data.schemas import SCHEMAS
    from repose.data.tables import write_table

    write_table(table[list(SCHEMAS["scores"].columns)], path, "scores", {})
