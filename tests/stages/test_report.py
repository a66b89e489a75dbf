"""The report of a made run: what it says, what it must not say, and what lies beside it."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from repose.data.packs import decode
from repose.errors import ReposeError
from repose.report.terminal import COLUMNS
from repose.stages import pairs, report, transforms
from repose.verification import is_timed
from tests.poses.made import pair_inputs
from tests.report import made as of_report
from tests.report.finished import evaluated, make_training, warp3d
from tests.report.made import (
    copy_source,
    make_images,
    make_run,
    picture,
    true_image,
    wrong_by,
)

CONFIG = report.Config(3, "ssim_fg", 0, 2, 48, 300, 0)
PUBLISHED = "config/published.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory, repository):
    """A run with two models, of which the 3D one is clearly better."""
    root = tmp_path_factory.mktemp("made_set")
    places = finished(make_run(root), repository)
    report.run(CONFIG, **places)
    return places


def finished(run, repository):
    """Two trainings of one family, and their images: all that a report needs."""
    train = [
        make_training(run.root / "train" / "warp3d", warp3d("3d", "3d")),
        make_training(run.root / "train" / "warp2d", warp3d("2d", "2d"), random_features=False),
    ]
    drawn = {
        "generate/warp3d": wrong_by(5),
        "generate/warp2d": wrong_by(60),
        "baselines/copy_source": copy_source,
        "baselines/true_jpeg90": true_image,
    }
    places = evaluated(run, train, drawn, repository / PUBLISHED)
    make_images(places["images"][0], run, lambda row: three_views(), table="views")
    return places


@pytest.fixture(scope="module")
def repository(request):
    return request.config.rootpath


def three_views():
    return np.concatenate([picture("p0", frame) for frame in range(3)], axis=1)


@pytest.fixture(scope="module")
def html(made):
    return (made["output"] / "report.html").read_text(encoding="utf-8")


class Balanced(HTMLParser):
    """Follows the tags and keeps what is shown."""

    EMPTY = frozenset({"meta", "img", "br", "path", "use", "rect", "stop"})

    def __init__(self):
        super().__init__()
        self.open, self.links, self.ids, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.links += [facts[key] for key in ("src", "href", "xlink:href") if key in facts]
        self.ids += [facts["id"]] if "id" in facts else []
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def parsed(html):
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    return parser


def test_the_page_needs_no_other_file(parsed, html):
    others = [link for link in parsed.links if not link.startswith(("data:image/", "#"))]
    assert others == ["speed.html"]  # of which no run has the same
    assert "<script" not in html
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_links_within_the_page_arrive(parsed):
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= set(parsed.ids)


def test_it_fits_a_phone_and_the_night(html):
    assert 'name="viewport" content="width=device-width' in html
    assert "prefers-color-scheme: dark" in html


def test_the_main_table_follows_the_paper(made):
    table = pd.read_csv(made["output"] / "tables" / "main.csv")
    names = table.iloc[:, 1].tolist()
    assert names[:4] == [f"{w}D warp, {p}D pose" for w, p in ((2, 2), (2, 3), (3, 2), (3, 3))]
    assert names[4:] == ["source, copied", "warp2d", "warp3d", "true image, JPEG 90"]
    assert table["SSIM ↑"][:4].tolist() == [0.872, 0.875, 0.877, 0.883]
    assert table["3D warp"][6] == "✓"
    assert (table["SSIM ↑ low"][4:7] <= table["SSIM ↑"][4:7]).all()
    assert table["group"][7].startswith("This run: 3 people kept for the test, 12 pairs")


def test_numbers_on_the_page_are_those_of_the_scores(made, parsed):
    scores = pd.read_parquet(made["scores"][0])
    mean = scores[scores["split"] == "test"]["ssim_fg"].mean()
    assert f"{mean:.3f}" in parsed.text


def test_the_headline_carries_what_the_interval_carries(made, parsed):
    text = " ".join(parsed.text)
    scores = {path.stem: pd.read_parquet(path) for path in made["scores"]}
    unseen = {name: table[table["split"] == "test"] for name, table in scores.items()}
    share = unseen["warp3d"]["l1_fg"].mean() / unseen["copy_source"]["l1_fg"].mean()
    assert f"warp3d makes {share:.2f} times the foreground error" in text
    assert "warp3d is better than warp2d in foreground similarity" in text


def test_random_features_are_said_loudly(parsed):
    text = " ".join(parsed.text)
    assert "random_features: the losses on features of warp3d used an untrained" in text
    assert "Only 3 people were scored" in text


def test_no_clip_is_silently_lost(made, parsed):
    text = " ".join(parsed.text)
    assert "11 clips went in, 10 gave usable crops" in text
    assert "Without a usable crop: lost." in text
    clips = pd.read_csv(made["output"] / "tables" / "clips.csv")
    assert clips.set_index("clip").loc["lost", "remark"] == "truncated-video"
    assert len(clips) == 11


def test_every_figure_lies_beside_the_page(made):
    figures = {path.stem for path in (made["output"] / "figures").iterdir()}
    assert {"pairs_test", "pairs_train", "views_warp3d", "samples_warp3d", "curve_loss"} <= figures
    assert {"score_l1_fg", "score_ssim_fg", "poses_p0_c0"} <= figures
    assert "score_pose_auc" not in figures  # nothing was measured
    for path in (made["output"] / "figures").iterdir():
        assert decode(path.read_bytes()).size


def test_times_stand_on_a_page_of_their_own(made, html):
    folder = made["output"]
    speed = (folder / "speed.html").read_text(encoding="utf-8")
    assert "26.7" in speed
    assert "a made machine" in speed
    assert "1,234" in speed  # seconds
    timed = {path for path in folder.rglob("*") if path.is_file() and is_timed(path.name)}
    assert {path.relative_to(folder).as_posix() for path in timed} == {
        "speed.html",
        "speed.txt",
        *(f"tables/speed.{ending}" for ending in ("csv", "md", "tex")),
    }
    for path in set(folder.rglob("*.*")) - timed - {folder / "manifest.json"}:
        assert b"a made machine" not in path.read_bytes(), path
        assert b"1,234" not in path.read_bytes(), path


def test_tables_come_in_every_spelling(made):
    folder = made["output"] / "tables"
    names = {path.name.partition(".")[0] for path in folder.iterdir()}
    assert names >= {"main", "models", "paired", "scores", "few", "published", "clips", "runs"}
    for name in names:
        for ending in ("csv", "md", "tex", "why.json"):
            assert (folder / f"{name}.{ending}").stat().st_size


def test_the_papers_tables_of_this_data_set_hold_our_rows(made, html):
    for name in ("table1", "table2_iper", "seed000"):
        table = pd.read_csv(made["output"] / "tables" / f"{name}.csv")
        ours = table[table["group"].str.startswith("Not comparable: ")]
        assert "warp3d" in {label.partition(",")[0] for label in ours.iloc[:, 1]}
    assert "Not comparable: other pairs of the same videos" in html
    assert not (made["output"] / "tables/market1501.csv").exists()


def test_a_second_report_is_equal_and_ends_with_the_table_and_the_path(made, tmp_path, capsys):
    # The data set's name is the folder's.
    output = tmp_path / made["output"].parent.name / "report"
    report.run(CONFIG, **(made | {"output": output}))
    for path in sorted(made["output"].rglob("*.*")):
        other = output / path.relative_to(made["output"])
        assert other.read_bytes() == path.read_bytes(), path.name
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith(f"report: {output / 'report.html'}")
    assert "source, copied" in printed
    # One family: a table like the paper's, and no other.
    assert printed.count("─\n") == 3
    assert "2D warp, 3D pose" in printed
    assert max(map(len, printed.splitlines()[:-1])) <= COLUMNS
    for name in ("summary.txt", "speed.txt"):
        assert (output / name).read_text(encoding="utf-8") in printed


def test_a_single_person_who_was_trained_on_makes_a_report(
    tmp_path, monkeypatch, capsys, repository
):
    """Nobody is kept for the test: everything says so, and nothing stops."""
    monkeypatch.setattr(of_report, "PEOPLE", ("p0",))
    monkeypatch.setattr(of_report, "TESTED", ())
    run = make_run(tmp_path)
    config = pairs.Config(6, 6, 0, False, "none")
    pairs.run(config, **pair_inputs(tmp_path / "listed", run.crops), output=run.pairs)
    transforms.run(
        transforms.Config(64, False), crops=run.crops, pairs=run.pairs, output=run.transforms
    )
    places = finished(run, repository)
    report.run(CONFIG, **places)
    said = capsys.readouterr().out
    assert "nobody is kept for the test" in said
    assert "evaluate: warp3d: 6 pairs; of people seen in training 6: ssim 0." in said
    page = (places["output"] / "report.html").read_text(encoding="utf-8")
    assert "On one person warp3d makes" in page
    assert "No person was kept apart for testing: these are people seen in training." in page


def test_an_unknown_score_is_named(made):
    config = report.Config(**(vars(CONFIG) | {"grid_order": "ssim_gf"}))
    with pytest.raises(ReposeError, match="did you mean 'ssim_fg'"):
        report.run(config, **made)
