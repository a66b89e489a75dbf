"""Filmed stick figures with their truth, and an untrained network in a folder of its stage."""

from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save

from repose.data.tables import make_table, write_table
from repose.files import write_json
from repose.manifests import write_manifest
from repose.poses.metro import FACTS, WEIGHTS
from repose.poses.metro_network import PoseNetwork, Sizes
from repose.poses.truth import project
from repose.skeleton import EDGES, JOINTS
from tests.poses.made import standing_mm, store_clips

SIDE = 64
INTRINSICS = np.array([[110.0, 0, SIDE / 2], [0, 110.0, SIDE / 2], [0, 0, 1]])
TOY = Sizes("full", 16, (6, 8, 12), (0, 0, 1), 1, 8, 4)


def draw(joints_px: np.ndarray, shade: int) -> np.ndarray:
    """Draw a person, left limbs green, right ones red, the rest blue."""
    image = np.full((SIDE, SIDE, 3), shade, np.uint8)
    for edge in EDGES:
        sides = {JOINTS[joint][:2] for joint in edge} & {"l_", "r_"}
        colour = {"l_": (40, 230, 40), "r_": (230, 40, 40)}.get("".join(sides), (40, 40, 230))
        ends = [tuple(int(v) for v in joints_px[joint, :2]) for joint in edge]
        cv2.line(image, *ends, colour, 2)
    return image


def filmed(
    folder: Path, people: str = "abc", test: str = "c", count: int = 4
) -> tuple[Path, Path, Path]:
    """Film people who turn; each has one clip of its name.

    Returns:
        The clip table, the folder of frames, the empty table of given poses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips, truth = {}, {}
    for number, person in enumerate(people):
        yaws = [0.9 * number + 0.5 * frame for frame in range(count)]
        stands = np.array([60 * number, -100, 4200])
        joints = np.stack([standing_mm(yaw) + stands for yaw in yaws])
        clips[person] = [draw(project(j, INTRINSICS), 90 + 30 * number) for j in joints]
        path = folder / f"{person}.npz"
        np.savez(path, joints_mm=joints.astype(np.float32), intrinsics=INTRINSICS)
        truth[person] = str(path)
    split = {person: "test" if person in test else "train" for person in people}
    made = store_clips(folder, clips, truth=truth, split=split)
    given = folder / "given_poses.parquet"
    write_table(make_table("given_poses", []), given, "given_poses", {})
    return *made, given


def untrained(folder: Path, sizes: Sizes = TOY, seed: int = 0) -> Path:
    """Write the folder of a network that has learnt nothing, as its stage would."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    weights = PoseNetwork(sizes).state_dict()
    (folder / WEIGHTS).write_bytes(save({k: v.contiguous() for k, v in weights.items()}))
    write_json(folder / FACTS, {"network": asdict(sizes)})
    write_manifest(folder, {})
    return folder
