"""The papers' tables: published rows as printed, ours where they belong, and what is set apart."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from repose.data.tables import make_table, write_table
from repose.errors import ReposeError
from repose.files import write_json
from repose.manifests import check_manifest, write_manifest
from repose.metrics.scores import SCORES
from repose.report.blocks import FILE, Benchmark, from_json, read_benchmark, to_json
from repose.report.compare import counted, summarise
from repose.report.data_tables import protocols_table
from repose.report.methods import COPY, Method
from repose.report.origins import files_of
from repose.report.ours import _cell, blocks_of
from repose.report.paired import Ranking, rank
from repose.report.paper_layouts import PAPER_TABLES
from repose.report.papers import rows_of as held
from repose.report.papers import tables_of
from repose.report.published import SCORES as PRINTED
from repose.report.published import read_published
from repose.report.results import Results
from repose.report.seeds import pooled, together
from repose.stages import papers

DRAWS = 100
PATN = Benchmark("fashion", "deepfashion", "patn", "256x176", True)


@pytest.fixture(scope="module")
def csv(request):
    return request.config.rootpath / "config/published.csv"


@pytest.fixture(scope="module")
def published(csv):
    return read_published(csv)


def results_of(pairs=12, split="test"):
    """A model and the copied source, of which the model is better; 8,570 pairs or fewer."""
    rng = np.random.default_rng(0)
    methods = [
        Method(COPY, "source, copied"),
        Method("deep", "deep", True, True, {"model": {"network": "warp3d"}, "config": {}}),
    ]
    tables = {}
    for method, level in zip(methods, (0.5, 0.7), strict=True):
        values = {score.name: np.nan for score in SCORES}
        who = np.arange(pairs) % 6
        for name in ("ssim", "ssim_win51", "ssim_range_per_image", "ssim_fg", "lpips"):
            values[name] = np.clip(level + rng.normal(0, 0.01, pairs), 0, 1)
        rows = {"pair": np.arange(pairs), "person": [f"p{w}" for w in who], "split": split}
        tables[method.name] = pd.DataFrame(rows | values | {"pose_detected": False})
    protocols = {
        "ssim": "skimage7: 7x7",
        "ssim_win51": "win51: 51x51",
        "lpips": "alex, linear layers v0.1",
    }
    protocols["ssim_range_per_image"] = "range_per_image: 11x11"
    seen = "torchvision's Inception v3; real images: all training images"
    fid = {"value": 12.3456, "name": "fid_torchvision", "protocol": seen}
    facts = {"protocols": protocols, "notes": [], "sets": {"fid": fid}}
    told = {name: facts | summarise(table, DRAWS, 0) for name, table in tables.items()}
    return Results(methods, tables, told)


def report_of(root, benchmark, results):
    folder = root / benchmark.name / "report"
    folder.mkdir(parents=True)
    blocks = blocks_of(benchmark, results, rank(results, DRAWS, 0), [], DRAWS, 0)
    write_json(folder / FILE, to_json(benchmark, blocks))
    write_manifest(folder, {})
    return folder


@pytest.fixture(scope="module")
def official():
    return results_of(8570)


@pytest.fixture(scope="module")
def made(tmp_path_factory, csv, official):
    """DeepFashion with all official pairs, Market-1501 with some, Studio."""
    root = tmp_path_factory.mktemp("papers")
    market = Benchmark("market", "market1501", "", "128x64", True)
    studio = Benchmark("studio", "studio", "", "64x64", False)
    reports = [
        report_of(root, PATN, official),
        report_of(root, market, results_of(30)),
        report_of(root, studio, results_of(12)),
    ]
    papers.run(papers.Config(""), benchmarks=reports, published=csv, output=root / "papers")
    return root / "papers"


def rows_of(folder, name):
    table = pd.read_csv(folder / "tables" / f"{name}.csv")
    return table.set_index(table.columns[1])


def test_every_table_is_there_in_every_spelling_and_on_the_page(made):
    check_manifest(made)
    page = (made / "papers.html").read_text(encoding="utf-8")
    said = (made / "summary.txt").read_text(encoding="utf-8")
    for paper in PAPER_TABLES:
        assert paper.title in said
        assert f'id="{paper.name}"' in page
        for ending in ("csv", "md", "tex"):
            assert (made / "tables" / f"{paper.name}.{ending}").stat().st_size
    assert max(map(len, said.splitlines())) <= 100


def test_ours_stand_among_those_of_their_protocol_pairs_and_size(made):
    rows = rows_of(made, "deepfashion_256x176")
    ours = rows.loc["deep"]
    assert ours["group"] == "Ours, comparable: fashion, 6 people kept for the test, 8570 pairs"
    assert ours["SSIM ↑"] == pytest.approx(0.7, abs=0.01)
    assert ours["SSIM ↑ low"] < ours["SSIM ↑"] < ours["SSIM ↑ high"]
    assert ours["FID ↓"] == 12.3456
    order = list(dict.fromkeys(rows["group"]))
    assert order[0] == "Published: IMAGPose, NeurIPS 2024, Table 1"
    assert order[1] == ours["group"]
    assert order[2].startswith("Not comparable with those above: another table, whose LPIPS")


def test_what_may_not_be_compared_is_set_apart_with_the_reason(made):
    market = rows_of(made, "market1501").loc["deep", "group"]
    assert market.startswith("Not comparable: 30 pairs, not all 12000. Ours: market")
    studio = rows_of(made, "table1").loc["deep", "group"]
    assert studio.startswith("Not comparable: other data. Ours: studio")
    assert rows_of(made, "table2_fashion").loc["deep", "group"].startswith("Not comparable: each")
    assert "deep" not in rows_of(made, "table2_iper").index


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": "256x256"}, "images of 256x256 px, not 256x176"),
        ({"official": False}, "pairs of our own, not the official ones"),
        ({"layout": "siarohin"}, "the official pairs of 'siarohin'"),
    ],
)
def test_another_size_or_list_of_pairs_is_enough(change, reason):
    results = results_of()
    benchmark = Benchmark(**{**vars(PATN), **change})
    blocks = blocks_of(benchmark, results, rank(results, DRAWS, 0), [], DRAWS, 0)
    assert blocks["deepfashion_256x176"].reason == reason


def test_where_no_model_of_ours_belongs_the_copied_source_stays_away_too():
    """Table 1 is about 2D and 3D in warp and pose, to which another family has no answer."""
    results = results_of(12)
    deep = dataclasses.replace(results.methods[1], warp_3d=None, pose_3d=None)
    other = dataclasses.replace(results, methods=[results.methods[0], deep])
    studio = Benchmark("studio", "studio", "", "64x64", False)
    found = blocks_of(studio, other, rank(other, DRAWS, 0), [], DRAWS, 0)
    assert "table1" not in found
    assert "seed000" in found


def test_one_person_is_no_people():
    assert counted(1, "test") == "1 person kept for the test"
    assert counted(2, "train") == "2 people seen in training"


def test_a_score_by_another_protocol_is_marked(official):
    told = {
        name: summary | {"protocols": summary["protocols"] | {"lpips": "vgg, linear layers"}}
        for name, summary in official.summaries.items()
    }
    results = Results(official.methods, official.scores, told)
    block = blocks_of(PATN, results, Ranking(), [], DRAWS, 0)["deepfashion_256x176"]
    assert block.reason == ""
    ssim, lpips, fid = block.rows[1].cells
    assert (ssim.bold, lpips.bold) == (True, False)  # here a higher LPIPS is of the better one
    assert [cell.text[-1] == "†" for cell in (ssim, lpips, fid)] == [False, True, False]
    assert any(
        note.startswith("†: ours; the published protocol or pairs are others")
        for note in block.notes
    )


def test_fid_against_other_real_images_is_marked(official):
    sets = {"fid": {"value": 9.0, "name": "fid_torchvision", "protocol":
                    "torchvision's Inception v3; real images: the true images"}}  # fmt: skip
    told = {name: summary | {"sets": sets} for name, summary in official.summaries.items()}
    results = Results(official.methods, official.scores, told)
    block = blocks_of(PATN, results, Ranking(), [], DRAWS, 0)["deepfashion_256x176"]
    assert block.rows[1].cells[2].text == "9.0000†"


def test_scores_that_only_the_early_papers_print_are_marked_on_market():
    results = results_of(30)
    table = results.scores["deep"]
    table["mask_ssim"] = table["pckh"] = 0.5
    sets = {"inception": {"value": 3.0, "name": "inception_tf", "protocol": "TensorFlow's"}}
    told = {"deep": results.summaries["deep"] | summarise(table, DRAWS, 0) | {"sets": sets}}
    results = Results(results.methods, results.scores, results.summaries | told)
    market = next(paper for paper in PAPER_TABLES if paper.name == "market1501")
    for name in ("inception", "mask_ssim", "pckh"):
        cell = _cell(market.columns[name], results, results.methods[1], Ranking(), "")
        assert cell.text.endswith("†"), name


def test_several_seeds_keep_their_fid():
    """Its mean, each training's, and their spread."""
    deep = results_of(12).scores["deep"]
    methods, tables, told = [], {}, {}
    for seed, value in enumerate((10.0, 12.0, 17.0)):
        run = {"model": {"network": "warp3d"}, "config": {"seed": seed}}
        methods.append(Method(f"deep_{seed}", f"deep_{seed}", True, True, run))
        tables[f"deep_{seed}"] = deep
        fid = {"value": value, "name": "fid_torchvision", "protocol": "torchvision's"}
        facts = {"protocols": {"lpips": "alex"}, "notes": [], "sets": {"fid": fid}}
        told[f"deep_{seed}"] = facts | summarise(deep, DRAWS, 0)
    (method,) = together(methods)
    tables[method.name], told[method.name] = pooled(method, tables, told, DRAWS, 0)
    results = Results([method], tables, told)
    block = blocks_of(PATN, results, Ranking(), [], DRAWS, 0)["deepfashion_256x176"]
    shown = {row.label: row.cells[2] for row in block.rows}
    assert [cell.text for cell in shown.values()] == ["13.0000", "10.0000", "12.0000", "17.0000",
                                                      "3.6056"]  # fmt: skip
    files = [path.name for path in files_of(shown["deep (3 seeds)"].origin)]
    assert [name for name in files if name.endswith("json")] == [
        f"deep_{s}.json" for s in range(3)
    ]
    for cell in (row.cells[0] for row in protocols_table(results).rows):
        assert [path.stem for path in files_of(cell.origin)] == ["deep_2"]  # a file that there is


def test_a_window_that_no_paper_states_is_no_window_to_compare_by():
    market = next(paper for paper in PAPER_TABLES if paper.name == "market1501")
    results = results_of(40)
    cells = {
        reason: _cell(market.columns["ssim"], results, results.methods[1], Ranking(), reason)
        for reason in ("", "other pairs")
    }
    assert [cell.text[-1] == "†" for cell in cells.values()] == [True, False]


def test_values_stand_as_printed_with_marks_and_disagreements(made):
    text = (made / "tables/deepfashion_256x176.md").read_text(encoding="utf-8")
    for printed in ("0.7310", "8.0667", "13.610", "0.671\\*", "5.71\\*"):
        assert f"| {printed} |" in text
    assert "*: printed with three digits." in text
    assert (
        "Sources disagree on GFLA, DeepFashion 256x176, LPIPS ↓: 0.2341 (IMAGPose, NeurIPS 2024,"
        " Table 1, cross-checked with Leffa, Table 3), 0.223* (Leffa, Table 3)."
    ) in text
    assert "CFLD, DeepFashion 512x352, LPIPS" in (
        made / "tables/deepfashion_512x352.md"
    ).read_text(encoding="utf-8")


def test_other_protocols_are_no_disagreement_and_memory_is_marked(made):
    text = (made / "tables/market1501.md").read_text(encoding="utf-8")
    assert "Sources disagree" not in text  # .2683 and .290 are of two definitions
    assert "| 0.290\\* |" in text
    assert "*: from memory, check." in text


def test_early_rows_on_fashion_are_whole(made):
    rows = rows_of(made, "deepfashion_early")[["SSIM ↑", "IS ↑"]]
    wanted = {"PG2": (0.762, 3.09), "VUNET": (0.786, 3.087), "Def-GAN": (0.756, 3.439),
              "PATN": (0.773, 3.209)}  # fmt: skip
    for name, values in wanted.items():
        (found,) = [tuple(row) for label, row in zip(rows.index, rows.to_numpy(), strict=True)
                    if label.partition(" [")[0] == name]  # fmt: skip
        assert found == values


def test_cells_say_where_they_were_read(made, published):
    told = json.loads((made / "tables/deepfashion_256x176.why.json").read_text())
    origins = {row["row"]: row["origins"] for row in told}
    origin = origins["deep"]["SSIM ↑"]
    assert origin == "in:fashion:score:deep:test:ssim_win51"
    ends = [f"fashion/evaluate/deep.{end}" for end in ("json", "parquet")]
    assert [path.as_posix() for path in files_of(origin)] == ends  # below results/
    line = int(origins["PIDM"]["FID ↓"].partition(":")[2])
    row = published.iloc[line - 2]
    assert (row["row"], row["score"], row["printed"]) == ("PIDM", "fid", "6.3671")


def test_blocks_survive_the_way_through_a_file(tmp_path):
    results = results_of()
    blocks = blocks_of(PATN, results, rank(results, DRAWS, 0), [], DRAWS, 0)
    write_json(tmp_path / FILE, to_json(PATN, blocks))
    benchmark, found = from_json(tmp_path / FILE)
    assert benchmark == PATN
    assert list(found) == list(blocks)
    for name, block in blocks.items():
        for row, other in zip(block.rows, found[name].rows, strict=True):
            assert row.label == other.label
            assert [cell.full for cell in row.cells] == [cell.full for cell in other.cells]


def test_one_data_set_twice_is_refused(made, csv, tmp_path):
    folder = report_of(tmp_path, PATN, results_of())
    with pytest.raises(ReposeError, match="same-benchmark"):
        papers.run(
            papers.Config(""), benchmarks=[folder] * 2, published=csv, output=tmp_path / "p"
        )


def test_estimators_are_shown_as_they_were_measured(csv, tmp_path):
    table = tmp_path / "estimators.csv"
    table.write_text("estimator,MPJPE mm,ms\nmediapipe,61.2,18\n")
    output = tmp_path / "papers"
    papers.run(papers.Config(str(table)), benchmarks=[], published=csv, output=output)
    assert rows_of(output, "estimators").loc["mediapipe", "ms"] == 18
    with pytest.raises(ReposeError, match="missing-file"):
        papers.run(papers.Config("no.csv"), benchmarks=[], published=csv, output=output)


def test_rows_that_may_be_ranked_share_their_protocol(published):
    grouped = published[published["group"] != ""]
    for (group, score), rows in grouped.groupby(["group", "score"]):
        if score != "steps":
            assert rows["data"].nunique() == 1, (group, score)
            assert len({p.partition("; standard deviation")[0] for p in rows["protocol"]}) == 1, (
                group, score, set(rows["protocol"]),
            )  # fmt: skip


def test_every_published_row_stands_in_a_table(published):
    shown = {index for paper in PAPER_TABLES for index in held(paper, published).index}
    assert set(published.index) == shown
    assert (published["note"] != "").all()
    assert (published["source"] != "").all()


def test_a_published_value_that_is_no_number_is_named_by_its_line(csv, tmp_path):
    lines = csv.read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "published.csv"
    broken.write_text("\n".join([lines[0], lines[1].replace("0.872", "o.872")]), encoding="utf-8")
    with pytest.raises(ReposeError, match=r"line 2 has value 'o\.872'"):
        read_published(broken)
    broken.write_text("paper,value\nx,1\n")
    with pytest.raises(ReposeError, match="its columns must be paper, table, row"):
        read_published(broken)


def test_the_scores_of_the_published_table_have_headings(published):
    named = {score for paper in PAPER_TABLES for score in paper.columns}
    assert set(published["score"]) <= named | set(PRINTED)


def test_what_results_were_measured_on_is_read_from_their_tables(tmp_path):
    clips, pairs, summary = (tmp_path / name for name in ("c.parquet", "p.parquet", "s.json"))
    facts = {"dataset": "deepfashion", "layout": "patn"}
    write_table(make_table("clips", []), clips, "clips", facts)
    write_table(make_table("pairs", []), pairs, "pairs", {"size": 256, "official": ["test"]})
    write_json(summary, {})
    write_manifest(summary, {"window": [256, 176]})
    assert read_benchmark("fashion", clips, pairs, summary) == PATN
    write_manifest(summary, {"window": [0, 0]})
    write_table(make_table("pairs", []), pairs, "pairs", {"size": 256})
    other = read_benchmark("fashion", clips, pairs, summary)
    assert (other.size, other.official) == ("256x256", False)


def test_a_data_sets_own_report_shows_the_tables_that_concern_it(published):
    shown = [table.name for table in tables_of(published, [], "market1501")]
    assert shown == ["market1501"]
    assert [table.name for table in tables_of(published, [], "studio")] == []
    assert len(tables_of(published, [])) == len(PAPER_TABLES)
