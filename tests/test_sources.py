import argparse
import shlex
from pathlib import Path

import pytest

from repose.errors import ReposeError, shown
from repose.settings import flags
from repose.sources import as_words, check_forwarded, check_sources, check_targets


def config(*videos, listing=""):
    return {"videos": list(videos), "ingest": {"listing": listing}}


def test_folders_and_listing_that_are_there_are_taken(tmp_path):
    (tmp_path / "a b;$c").mkdir()
    (tmp_path / "list.csv").touch()
    check_sources(config(str(tmp_path / "a b;$c"), listing=str(tmp_path / "list.csv")))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nowhere", "missing-videos"),
        ("", "wrong-value"),
        ("{a}", "wrong-value"),
        ("a}", "wrong-value"),
        ("<results>", "wrong-value"),
        ("a\nb", "wrong-value"),
        ("a\rb", "wrong-value"),
        (" a", "wrong-value"),
        ("a\u3000", "wrong-value"),
        ("\udc80", "bad-file-name"),
        ("a\0b", "missing-videos"),
        ("a" * 5000, "missing-videos"),
    ],
)
def test_what_snakemake_would_take_amiss_is_refused(path, code):
    with pytest.raises(ReposeError) as caught:
        check_sources(config(path))
    assert caught.value.code == code
    str(caught.value).encode()  # can be printed anywhere


def test_a_listing_that_is_not_there_is_named():
    with pytest.raises(ReposeError, match=r"missing-file.*no such listing: nowhere\.csv"):
        check_sources(config(listing="nowhere.csv"))


def test_results_of_another_data_set_are_not_asked_for():
    check_targets(["all", "results/mine/report", "results", "/results/a"], "mine", "mine.yaml")
    with pytest.raises(ReposeError, match=r"'data_set' is 'other'.*`data_set: mine`"):
        check_targets(["results/mine/snapshot.json"], "other", "config/mine.yaml")


@pytest.mark.parametrize(
    "text",
    ["videos=['raw videos', 'b']", "data_set=a", "shards=3", "train={'steps': '7'}", "a=b;c"],
)
def test_plain_settings_are_handed_on_to_a_cluster(text):
    check_forwarded([text], Path("/home/a b/é/project_1"))


@pytest.mark.parametrize(
    "text",
    [
        "videos=['$(touch canary)']",
        "videos=['`touch canary`']",
        "videos=$(touch canary)",
        """videos=["it's"]""",
        "videos=['a\nb']",
        "videos=\\",
        "videos=\"'",
    ],
)
def test_what_a_shell_of_a_cluster_would_read_is_refused(text):
    with pytest.raises(ReposeError, match=r"wrong-value.*--config videos=.*--configfile"):
        check_forwarded(["shards=3", text], Path("/a"))


@pytest.mark.parametrize(
    "name", ["it's", "$(touch canary)", "a%j", "a;b", "a\nb", "(a)", "`a`", "~"]
)
def test_a_project_whose_path_a_cluster_misreads_is_refused(name):
    with pytest.raises(ReposeError, match=r"wrong-value.*on a cluster the project's path"):
        check_forwarded([], Path("/home") / name)


def test_no_path_is_taken_for_a_flag():
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", nargs="*", type=Path)
    words = as_words(["-rf", "--help", "a", "./b", "-1"])
    assert parser.parse_args(["--videos", *words]).videos == [
        Path(name) for name in ("-rf", "--help", "a", "b", "-1")
    ]


@pytest.mark.parametrize("text", ["--help", "-x", "a b", "$(a)", "'", "\n", "", "-1"])
def test_no_setting_is_taken_for_a_flag(text):
    parser = argparse.ArgumentParser()
    parser.add_argument("--listing", required=True)
    assert parser.parse_args(shlex.split(flags({"listing": text}))).listing == text


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("a b", "a b"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J\x9b", r"\x1b[2J\x9b"),
        ("\u202egpj", r"\u202egpj"),
        ("\udc80", r"\udc80"),
        ("日本 é 👩\u200d👧", "日本 é 👩\u200d👧"),
    ],
)
def test_a_name_is_shown_on_one_line_and_gives_no_command(text, spelled):
    assert shown(text) == spelled
    assert str(ReposeError("a", "b", path=text)) == f"error[a]: b: {spelled}"
