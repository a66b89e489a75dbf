"""What trainings and scores leave, made by hand: all that a report needs besides the data."""

import numpy as np

from repose.data.packs import encode
from repose.data.tables import read_table, write_table
from repose.files import write_json
from repose.stages import evaluate, leakage
from tests.report.made import SIZE, make_images, picture

# How made images are scored: by all that needs no weights.
SETTINGS = {
    **{"ssim_protocol": "skimage7", "all_protocols": True, "window": (0, 0)},
    **{"batch": 8, "workers": 2},
    **{"lpips_net": "alex", "lpips_weights": "", "lpips_sha256": ""},
    **{"vgg_weights": "", "vgg_sha256": ""},
    **{"inception_kind": "torchvision", "inception_weights": "", "inception_sha256": ""},
    **{"fid_reference": "test", "bootstrap_draws": 200, "bootstrap_seed": 0},
}


def evaluated(run, train, drawn, published):
    """Make the images of all methods and score them.

    Args:
        run: The data.
        train: Folders of the trainings, in the order of the config.
        drawn: How each method draws, by its folder: `generate/<name>`, `baselines/<name>`.
        published: Rows of the papers.
    """
    images = [make_images(run.root / name, run, draw) for name, draw in drawn.items()]
    scores, summaries = [], []
    for folder in images:
        scores.append(run.root / "evaluate" / f"{folder.name}.parquet")
        summaries.append(run.root / "evaluate" / f"{folder.name}.json")
        evaluate.run(
            evaluate.Config(**SETTINGS | {"bootstrap_draws": 300}),
            images=folder,
            crops=run.crops,
            masks=run.masks,
            pairs=run.pairs,
            true_poses=None,
            output=scores[-1],
            summary=summaries[-1],
        )
    return {
        "train": train,
        "images": images,
        "scores": scores,
        "summaries": summaries,
        **{k: getattr(run, k) for k in ("clips", "frames", "poses", "crops", "pairs")},
        "transforms": run.transforms,
        "leakage": compared(run),
        "published": published,
        "output": run.root / "report",
    }


def compared(run):
    """Compare the splits."""
    output = run.root / "leakage"
    leakage.run(leakage.Config(10, 0.975, 0), clips=run.clips, crops=run.crops, output=output)
    return output


def make_times(folder, seconds_per_image):
    """Write how long the images took."""
    times = {"seconds": 1.0, "images": 20, "seconds_per_image": seconds_per_image}
    write_json(folder / "times.json", times | {"machine": {"device": "cpu"}})


# Pair, limb, from, to, changed inside and outside of the limb. The last has no picture.
SWAPPED = (
    (8, "l_thigh", -1, 1, 0.2, 0.05),
    (9, "r_forearm", 1, -1, 0.6, 0.15),
    (12, "l_shin", 1, -1, 0.3, 0.1),
    (16, "l_shin", 1, -1, 0.5, 0.1),
)


def make_swaps(folder, run):
    """Write depth swaps: of the first three pairs with a strip of five squares."""
    names = ("pair", "limb", "from", "to", "inside_share", "outside_share")
    pairs = [dict(zip(names, swap, strict=True)) for swap in SWAPPED]
    write_json(folder / "swaps.json", {"pairs": pairs, "threshold": 8 / 255})
    strip = np.concatenate([np.full((SIZE, SIZE, 3), 50 * i, np.uint8) for i in range(5)], axis=1)
    make_images(folder, run, lambda row: strip, table="swaps")
    path = folder / "swaps.parquet"
    table = read_table(path, "images")
    pictured = table[table["pair"].isin([swap[0] for swap in SWAPPED[:-1]])]
    write_table(pictured, path, "images", {})


# What a training with a discriminator in its second half writes at the end of each.
PHASES = (
    {
        "phase": 1,
        "of": 2,
        "learn": ["generator"],
        "steps": 8,
        "losses": {"train": {"perceptual": 0.31, "l1": 0.11}, "unseen": {"perceptual": 0.52}},
    },
    {
        "phase": 2,
        "of": 2,
        "learn": ["generator", "discriminator"],
        "steps": 12,
        "losses": {
            "train": {"perceptual": 0.3312, "l1": 0.12, "discriminator": 1.25},
            "unseen": {"perceptual": 0.4512, "discriminator": 1.5},
        },
    },
)


def make_training(folder, model, random_features=True, phases=(), parameters=142_000):
    """Write what a training leaves; `model` is its block of the config."""
    folder.mkdir(parents=True)
    software = {"commit": "0123abc"}
    facts = {"steps": 1500, "random_features": random_features, "software": software}
    facts["parameters"] = {"generator": parameters, "discriminator": 9}
    config = {"lr": 0.001, "weight_perceptual": 1.0, "perceptual": "posewarp12"}
    config["features"] = "random_features" if random_features else "vgg19.pth"
    write_json(folder / "run.json", {"model": model, "config": config, **facts})
    machine = {"device": "cpu", "device_name": "a made machine", "threads": 1}
    speed = {"seconds": 1234.5, "samples_per_s": 26.7, "ranks": 1}
    write_json(folder / "times.json", speed | {"machine": machine})
    if phases:
        write_json(folder / "phases.json", phases)
    rows = [f"{s},{1 / s},{2 / s}," for s in range(1, 21)]
    (folder / "losses.csv").write_text("\n".join(["step,loss,l1,discriminator", *rows]) + "\n")
    (folder / "samples.png").write_bytes(encode(picture("p0", 0), "png"))
    return folder


def warp3d(warp, pose):
    """A block of that family."""
    return {"network": "warp3d", "warp": warp, "pose": pose}
