"""Human3.6M, the action videos and YouTube Pose in their official layouts and quirks."""

import pickle

import numpy as np
from scipy.io import savemat

from repose.skeleton import JOINT_SETS
from tests.datasets.trees import SIDE, junk, save, shots

CAMERAS = ("54138969", "55011271", "58860488", "60457274")

H36M = {"train": ("S1", "S8"), "test": ("S9", "S11")}
FRAMES = 3  # 000001, 000006 and 000011: 10 Hz of 50


def h36m_shot(still):
    return shots(int(still.name.split("/")[0][1:]))[still.frame // 5]


def h36m_camera(focal):
    values = {"R": np.eye(3).T, "T": np.zeros((3, 1)), "c": np.full((2, 1), SIDE / 2 - 0.5)}
    values |= {"f": np.full((2, 1), focal), "k": np.zeros((3, 1)), "p": np.zeros((2, 1))}
    return values | {"w": SIDE, "h": SIDE, "name": "camera1", "id": "54138969"}


def human36m(folder, joint_set="h36m17", space=lambda mm: mm / 1000):
    """Images by sequence and camera; joints 2D and, as `space` makes them of camera mm, 3D."""
    notes = folder / "annotation_body3d"
    (notes / "fps10").mkdir(parents=True)
    for split, subjects in H36M.items():
        rows = []
        for subject in subjects:
            for camera in CAMERAS:
                sequence = f"{subject}_Directions_1.{camera}"
                for number, shot in enumerate(shots(int(subject[1:]))[:FRAMES]):
                    name = f"{subject}/{sequence}/{sequence}_{1 + 5 * number:06d}.jpg"
                    rows.append((name, shot))
                    save(folder / "images" / name, shot)
        np.savez(notes / "fps10" / f"h36m_{split}.npz", **h36m_arrays(rows, joint_set, space))
    cameras = {
        (f"S{subject}", camera): h36m_camera(shots(1)[0].focal)
        for subject in range(1, 12)
        for camera in CAMERAS
    }
    (notes / "cameras.pkl").write_bytes(pickle.dumps(cameras))
    return folder


def h36m_arrays(rows, joint_set, space):
    ones = np.ones((len(JOINT_SETS[joint_set]), 1))
    part = [np.hstack([s.arranged(joint_set, s.pixels, (1, 1)), ones]) for _, s in rows]
    solid = [
        np.hstack([s.arranged(joint_set, space(s.mm), space(s.mm)[0]), ones]) for _, s in rows
    ]
    names = np.array([name for name, _ in rows])
    count = len(rows)
    return {
        **{"imgname": names, "center": np.zeros((count, 2)), "scale": np.ones(count)},
        **{"part": np.array(part), "S": np.array(solid)},
    }


ACTIONS = {
    "train": {"Flavia Pennetta in 4k": ".jpg", "plain": ".png"},
    "test": {"Golf Lessons - Stop Topping Fairway Woods": ".png"},
}


def action_shot(still):
    return shots(7)[still.frame % 4]


def action_videos(folder):
    """Numbers from 1 without padding; joints counted from 1, one of them not found."""
    for split, videos in ACTIONS.items():
        for video, ending in videos.items():
            place = folder / split / "frames" / video
            for number in range(1, 13):
                save(place / f"{number}{ending}", shots(7)[(number - 1) % 4])
            junk(place)
            taken = [shots(7)[number % 4] for number in range(12)]
            x = np.stack([s.arranged("mpii14", s.pixels + 1, (9, 9)) for s in taken], axis=-1)
            x = x.astype(float)  # (14, 2, F)
            x[4, :, 0] = 0  # the right wrist was not found
            info = folder / split / "info" / f"{video}.mat"
            info.parent.mkdir(exist_ok=True)
            box = np.tile([20.0, 10.0, 60.0, 100.0], (12, 1))
            savemat(info, {"data": {"X": x, "bbox": box}}, do_compression=split == "test")
        junk(folder / split / "frames")
        junk(folder / split / "info")
    return folder


YOUTUBE = ("-0Xb9_yz1aE", "aB cd (dance)", "Zz_9")
FRAME_IDS = (17, 5, 1203, 40)


def youtube_shot(still):
    return shots(11)[still.frame]


def youtube_pose(folder, corners=True, images=True):
    """Four annotated frames of each video among others; joints counted from 1."""
    kinds = [(name, object) for name in ("locs", "frameids", "crop", "scale", "url", "videoname")]
    data = np.zeros((1, len(YOUTUBE)), dtype=kinds)
    box = (20, 20, SIDE - 20, SIDE - 10) if corners else (20, 20, SIDE - 40, SIDE - 30)
    for number, video in enumerate(YOUTUBE):
        locs = np.stack([s.arranged("youtube7", s.pixels + 1, (50, 40)).T for s in shots(11)], -1)
        facts = (locs.astype(float), np.array([FRAME_IDS]), np.array([box], np.uint16))
        data[0, number] = (*facts, np.array([[0.8]]), f"https://example.org/{video}", video)
        for place, frame in enumerate(FRAME_IDS if images else ()):
            name = f"frame_{frame:06d}" if number == 2 else f"{frame}"
            save(folder / "frames" / video / f"{name}.png", shots(11)[place])
        if images:
            save(folder / "frames" / video / "3.jpg", shots(11)[0])  # not annotated
            junk(folder / "frames" / video)
    folder.mkdir(exist_ok=True)
    savemat(folder / "YouTube_Pose_dataset.mat", {"data": data, "extra": np.arange(3)})
    return folder
