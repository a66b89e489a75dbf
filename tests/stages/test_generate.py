"""The generate stage: the pictures are the model's own, and only from its own weights."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from repose.data.packs import Pack
from repose.data.samples import Crops, as_images, as_tensor
from repose.data.tables import read_table, table_metadata, write_table
from repose.errors import ReposeError
from repose.manifests import check_manifest, write_manifest
from repose.models import build_model
from repose.stages import generate, transforms
from tests.training.toy import MODEL, SIZE, make_crops, make_pairs

CONFIG = generate.Config(batch=8, views=3, device="cpu", threads=1)
PLAIN = {**MODEL, "compat": []}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    crops = [make_crops(folder / "crops")]
    pairs = make_pairs(folder / "pairs.parquet")
    moves = folder / "transforms.parquet"
    settings = transforms.Config(chunk=100, compat_reflections=False)
    transforms.run(settings, pairs=pairs, crops=crops, output=moves)
    return {"crops": crops, "pairs": pairs, "transforms": moves}


def make_weights(folder, block):
    folder.mkdir()
    torch.manual_seed(0)
    generator = build_model(block, SIZE).generator
    metadata = {"repose": json.dumps({"model": block})}
    save_file(generator.state_dict(), folder / "generator.safetensors", metadata=metadata)
    write_manifest(folder, {})
    return generator


def images(folder, name="images"):
    table = read_table(folder / f"{name}.parquet", "images")
    pack = Pack(folder / f"{name}.pack")
    where = zip(table["offset"], table["length"], table["sha256"], strict=True)
    return table["pair"].to_list(), [pack.image(*place) for place in where]


@pytest.mark.parametrize("block", [PLAIN, {**PLAIN, "warp": "2d"}], ids=["3d", "2d"])
def test_pictures_are_what_the_model_makes_of_each_pair(data, tmp_path, block):
    generator = make_weights(tmp_path / "weights", block).eval()
    output = tmp_path / "out"
    generate.run(
        CONFIG, model=json.dumps(block), weights=tmp_path / "weights", output=output, **data
    )
    check_manifest(output)
    numbers, made = images(output)
    pairs = read_table(data["pairs"], "pairs")
    assert numbers == pairs["pair"].to_list()
    crops = Crops(data["crops"], cache_mb=1)
    for number in (0, 7, 19):  # fitted here, not looked up; and alone, not in a batch
        row = pairs.iloc[number]
        source, target = (
            crops.rows([row[f"{end}_clip"]], [row[f"{end}_frame"]]) for end in ("source", "target")
        )
        with torch.no_grad():
            views = generator(
                as_tensor(crops.images(source)),
                torch.from_numpy(crops.joints[source]),
                torch.from_numpy(crops.joints[target]),
            )
        ours = as_images(views["image"])[0].astype(int)
        assert np.abs(made[number].astype(int) - ours).max() <= 1
    numbers, strips = images(output, "views")
    assert numbers == [0, 1, 2]
    assert table_metadata(output / "views.parquet")["views"] == "foreground,alpha,background"
    times = json.loads((output / "times.json").read_text())
    assert times["images"] == 20
    assert times["seconds_per_image"] == pytest.approx(times["seconds"] / 20, rel=0.01)
    assert not (output / "swaps.json").exists()
    foreground, alpha, background = (
        strips[0][:, i * SIZE : (i + 1) * SIZE] / 255 for i in range(3)
    )
    blend = alpha * foreground + (1 - alpha) * background
    np.testing.assert_allclose(blend, made[0] / 255, atol=2 / 255)


def test_weights_must_be_there_whole_and_the_models_own(data, tmp_path):
    def go(block=PLAIN):
        arguments = {"weights": tmp_path / "weights", "output": tmp_path / "out", **data}
        generate.run(CONFIG, model=json.dumps(block), **arguments)

    with pytest.raises(ReposeError, match="missing-weights"):
        go()
    make_weights(tmp_path / "weights", PLAIN)
    with pytest.raises(ReposeError, match=r"wrong-weights.*another model block"):
        go({**PLAIN, "sigma_px": 3.0})
    with pytest.raises(ReposeError, match=r"wrong-weights.*do not fit"):
        go({**PLAIN, "channels": 8})
    path = tmp_path / "weights" / "generator.safetensors"
    data_ = bytearray(path.read_bytes())
    data_[-1] ^= 1
    path.write_bytes(data_)
    with pytest.raises(ReposeError, match="bad-manifest"):
        go()
    assert not (tmp_path / "out").exists()


def test_a_pair_without_transforms_is_named(data, tmp_path):
    make_weights(tmp_path / "weights", PLAIN)
    table = read_table(data["transforms"], "transforms")
    cut = tmp_path / "cut.parquet"
    facts = {"compat_reflections": False}
    write_table(pd.DataFrame(table[table["pair"] != 4]), cut, "transforms", facts)
    arguments = {**data, "transforms": cut, "output": tmp_path / "out"}
    with pytest.raises(ReposeError, match=r"missing-transforms.*1 pairs, such as 4"):
        generate.run(CONFIG, model=json.dumps(PLAIN), weights=tmp_path / "weights", **arguments)


@pytest.mark.parametrize("fitted", [False, True, None], ids=["proper", "mirrored", "unsaid"])
@pytest.mark.parametrize("compat", [[], ["reflections"]], ids=["plain", "compat"])
def test_transforms_of_another_rule_are_fitted_anew(data, tmp_path, fitted, compat):
    block = {**PLAIN, "compat": compat}
    generator = make_weights(tmp_path / "weights", block)
    crops, pairs = Crops(data["crops"], cache_mb=1), read_table(data["pairs"], "pairs")
    rows = np.stack(
        [crops.rows(pairs[f"{e}_clip"], pairs[f"{e}_frame"]) for e in ("source", "target")], axis=1
    )
    facts = {} if fitted is None else {"compat_reflections": fitted}
    marked = tmp_path / "marked.parquet"
    write_table(read_table(data["transforms"], "transforms"), marked, "transforms", facts)
    mirrors = "reflections" in compat
    moves = generate._transforms(generator, crops, rows, marked, pairs, mirrors)
    assert (moves is None) == (fitted != mirrors)


def test_mirrored_transforms_do_not_reach_a_model_without_mirrors(data, tmp_path):
    make_weights(tmp_path / "weights", PLAIN)
    mirrored = tmp_path / "mirrored.parquet"
    settings = transforms.Config(chunk=100, compat_reflections=True)
    transforms.run(settings, pairs=data["pairs"], crops=data["crops"], output=mirrored)
    ours, theirs = (
        np.stack(read_table(path, "transforms")["helmert"].to_list())
        for path in (data["transforms"], mirrored)
    )
    assert np.abs(ours - theirs).max() > 0.1  # there is something to tell apart
    made = []
    for number, moves in enumerate((data["transforms"], mirrored)):
        output = tmp_path / str(number)
        arguments = {**data, "transforms": moves, "weights": tmp_path / "weights"}
        generate.run(CONFIG, model=json.dumps(PLAIN), output=output, **arguments)
        made.append(np.stack(images(output)[1]).astype(int))
    assert np.abs(made[0] - made[1]).max() <= 1
