import copy
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.utils import update_config

from repose.errors import ReposeError
from repose.manifests import manifest_path, write_manifest
from repose.staleness import load_config, stale_below, why_not_made, why_stale


@pytest.fixture
def config(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)
    return load_config([request.config.rootpath / "config/test.yaml"])


@pytest.fixture
def made(config, tmp_path):
    """Make an output of a stage with the config's own settings: `made(stage, path, **more)`."""

    def make(stage, name, leave_out=(), **more):
        path = tmp_path / "results/test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        block = {k: v for k, v in config[stage].items() if k not in leave_out}
        write_manifest(path, block | more)
        return path

    return make


def test_an_output_of_the_same_settings_is_current(config, made):
    assert why_stale("evaluate", made("evaluate", "evaluate/m.json"), config) == ""
    output = made("generate", "generate/warp3d", model=config["models"]["warp3d"])
    assert why_stale("generate", output, config) == ""


def test_a_changed_setting_is_named_with_both_values(config, made):
    output = made("evaluate", "evaluate/m.json")
    config["evaluate"]["bootstrap_draws"] = 77
    assert why_stale("evaluate", output, config) == (
        "made with evaluate.bootstrap_draws 500, now 77"
    )


def test_a_changed_model_counts_for_its_own_method_alone(config, made):
    models = copy.deepcopy(config["models"])
    outputs = {
        name: made("generate", f"generate/{name}", model=models[name])
        for name in ("warp3d", "warp2d")
    }
    config["models"]["warp2d"]["channels"] = 4
    assert why_stale("generate", outputs["warp3d"], config) == ""
    assert why_stale("generate", outputs["warp2d"], config).startswith("made with generate.model")


def test_more_shards_make_the_shards_stale(config, made):
    output = made("frames", "frames/00", shard=0, shards=3)
    assert why_stale("frames", output, config) == "made with frames.shards 3, now 2"


def test_where_a_training_ran_does_not_matter(config, made):
    settings = {"leave_out": ("threads", "device"), "model": config["models"]["warp3d"]}
    output = made("train", "train/warp3d", **settings)
    config["train"]["threads"] = 7
    assert why_stale("train", output, config) == ""


def test_a_models_own_recipe_counts_for_it_alone(config, made):
    leave_out = {"leave_out": ("threads", "device")}
    models = config["models"]
    outputs = {
        name: made("train", f"train/{name}", **leave_out, model=models[name])
        for name in ("warp3d", "warp2d")
    }
    models["warp2d"]["train"] = {"lr": 0.5}
    assert why_stale("train", outputs["warp3d"], config) == ""
    assert why_stale("train", outputs["warp2d"], config).startswith("made with train.lr")


def test_another_method_makes_the_report_stale(config, made):
    output = made("report", "report", methods=["warp3d", "copy_source", "true_jpeg90"])
    assert why_stale("report", output, config).startswith("made with report.methods")


def test_a_setting_that_was_not_there_yet_makes_it_stale(config, made):
    output = made("pairs", "pairs/pairs.parquet", leave_out=("seed",))
    assert why_stale("pairs", output, config) == "made before pairs.seed was a setting"


def test_an_output_without_manifest_is_stale_and_a_damaged_one_is_for_the_user(config, made):
    output = made("pairs", "pairs/pairs.parquet")
    manifest = output.with_name("pairs.parquet.manifest.json")
    manifest.write_text("{}")
    assert why_stale("pairs", output, config) == ""
    manifest.unlink()
    assert why_stale("pairs", output, config) == "it has no manifest"


def test_all_below_a_folder_are_named(config, made, tmp_path):
    made("pairs", "pairs/pairs.parquet", seed=9)
    made("masks", "masks/00.parquet")
    for root in (tmp_path / "results", tmp_path / "results/test"):
        assert list(stale_below(root, config)) == [
            f"{tmp_path}/results/test/pairs/pairs.parquet: made with pairs.seed 9, now 0"
        ]
    with pytest.raises(ReposeError, match="no results of the data set 'test'"):
        list(stale_below(tmp_path, config))


def test_overlays_are_merged_as_snakemake_does(config):
    assert config["data_set"] == "test"
    assert config["train"]["steps"] == 12
    assert config["train"]["beta2"] == 0.999  # from config.yaml


def test_a_broken_or_missing_overlay_is_named(config, tmp_path):
    (tmp_path / "a.yaml").write_text("a: [")
    with pytest.raises(ReposeError, match=r"bad-config.*a\.yaml"):
        load_config([tmp_path / "a.yaml"])
    with pytest.raises(ReposeError, match=r"missing-file.*b\.yaml"):
        load_config([tmp_path / "b.yaml"])


@pytest.fixture
def job(made):
    """A job that read a table at time 100, and wrote its scores at time 200."""
    read, wrote = made("pairs", "pairs/pairs.parquet"), made("evaluate", "evaluate/m.json")
    os.utime(manifest_path(read), (100, 100))
    os.utime(manifest_path(wrote), (200, 200))
    inputs = [str(read), "config/published.csv"]  # the second is nobody's output
    return SimpleNamespace(input=inputs, output=[str(wrote), str(manifest_path(wrote))])


def test_a_job_that_wrote_its_outputs_in_this_run_is_believed(config, job):
    assert why_not_made("evaluate", job, config, began=150.0) == ""


def test_a_job_whose_outputs_are_older_than_the_run_is_not_believed(config, job):
    assert "older than the run" in why_not_made("evaluate", job, config, began=250.0)


def test_a_job_whose_inputs_changed_after_it_is_not_believed(config, job):
    os.utime(manifest_path(Path(job.input[0])), (300, 300))
    assert "what it is made of" in why_not_made("evaluate", job, config, began=150.0)


def test_a_job_whose_outputs_have_other_settings_is_not_believed(config, job):
    config["evaluate"]["bootstrap_draws"] = 77
    assert "bootstrap_draws 500, now 77" in why_not_made("evaluate", job, config, began=150.0)


def test_a_job_without_a_manifest_is_not_believed(config, job):
    manifest_path(Path(job.output[0])).unlink()
    assert "no manifest" in why_not_made("evaluate", job, config, began=150.0)


def test_a_folder_whose_inputs_were_touched_with_it_at_the_end_of_a_group_is_believed(
    config, made, tmp_path
):
    read, wrote = made("pairs", "pairs/pairs.parquet"), tmp_path / "test/frames/00"
    wrote.mkdir(parents=True)
    (wrote / "frames.pack").touch()
    write_manifest(wrote, config["frames"])
    mark = wrote / ".snakemake_timestamp"
    mark.touch()
    os.utime(manifest_path(wrote), (200, 200))
    os.utime(manifest_path(read), (300, 300))
    os.utime(mark, (301, 301))
    job = SimpleNamespace(input=[str(read)], output=[str(wrote)])
    assert why_not_made("frames", job, config, began=150.0) == ""
    assert "older than the run" in why_not_made("frames", job, config, began=250.0)
    os.utime(mark, (299, 299))
    assert "what it is made of" in why_not_made("frames", job, config, began=150.0)


@pytest.mark.parametrize("overlay", sorted(Path("config").glob("*.yaml")), ids=lambda p: p.name)
def test_a_config_is_merged_as_snakemake_merges_it(overlay):
    theirs = {}
    for path in (Path("config/config.yaml"), overlay):
        update_config(theirs, yaml.safe_load(path.read_text(encoding="utf-8")))
    assert load_config([overlay]) == theirs


def test_models_that_share_a_recipe_in_yaml_do_not_share_a_change(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("models: {deformable: {train: {steps: 7}}}\n", encoding="utf-8")
    models = load_config([overlay])["models"]
    assert models["deformable"]["train"]["steps"] == 7
    assert models["deformable_full"]["train"]["steps"] == 90000
