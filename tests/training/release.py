"""What is stored of every release: a checkpoint and weights, as small as they go.

`make release-state` writes the folder of the version in pyproject.toml, once; `test_releases.py`
loads those of all versions.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import repose
from repose.models import build_model
from tests.training import tiny
from tests.training.toy import JOINTS, MODEL, STANDING

RELEASES = Path(__file__).parent / "releases"
SIZE = 16
STEPS = 2
SMALLEST = {
    **MODEL,
    "depth": 4,
    "channels": 2,
    "groups": 1,
    "stem": 2,
    "encoder_widths": [4],
    "pose_channels": 1,
    "decoder_widths": [4, 4],
    "inpainter_widths": [2, 2],
    "discriminator_stem": 1,
    "discriminator_widths": [4],
    "compat": [],
}


def example() -> dict[str, Tensor]:
    """Make an input that needs no random numbers."""
    standing = torch.tensor([STANDING[name] for name in JOINTS]) * SIZE
    sway = torch.sin(torch.arange(standing.numel()).view_as(standing).float())
    return {
        "source": torch.cos(torch.arange(3.0 * SIZE * SIZE)).view(1, 3, SIZE, SIZE),
        "source_joints": standing[None],
        "target_joints": (standing + 0.5 * sway)[None],
    }


def generate(model: dict[str, Any], weights: Path, given: dict[str, Tensor]) -> Tensor:
    """Return what stored weights make of an input."""
    generator = build_model(model, given["source"].shape[-1]).generator.eval()
    generator.load_state_dict(load_file(weights))
    joints = given["source_joints"], given["target_joints"]
    with torch.no_grad():
        made: Tensor = generator(given["source"], *joints, generator.fit(*joints))["image"]
    return made


def write(release: Path) -> None:
    """Train two steps, and store what a release stores."""
    release.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = tiny.make_data(folder, SIZE)
        output = tiny.run(folder, data, SMALLEST, steps=STEPS, checkpoint_every=STEPS)
        [kept] = folder.glob("runs/*/checkpoints")
        shutil.copytree(kept, release / "checkpoints")
        shutil.copyfile(output / "generator.safetensors", release / "generator.safetensors")
    (release / "model.json").write_text(json.dumps(SMALLEST, indent=1) + "\n")
    given = example()
    image = generate(SMALLEST, release / "generator.safetensors", given)
    save_file(given | {"image": image}, release / "example.safetensors")


if __name__ == "__main__":
    folder = RELEASES / repose.__version__
    if folder.exists():
        sys.exit(f"{folder} is there: what was released does not change")
    write(folder)
    print(f"written: {folder}")
