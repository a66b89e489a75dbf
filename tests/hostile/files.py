"""Small files that say they are large, or hold what runs; and reading each in little memory.

Run as a program it makes them in a folder, reads them as the program does, and prints for each
the name and what was said.
"""

import io
import json
import os
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from repose import datasets
from repose.data.packs import Pack, decode
from repose.data.schemas import VERSION
from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.files import read_json, sha256
from repose.poses.base import Clip
from repose.poses.truth import TruthEstimator
from repose.video import Decoding, probe
from tests.hostile.annotations import annotations

ROOM_BYTES = 1536 << 20
SIZE = 60_000  # px

Case = tuple[str, str, Callable[[], object]]  # its name, the code of its error, the reading of it


def cases(folder: Path) -> Iterator[Case]:
    """Give every hostile file."""
    yield from images(folder)
    yield from truths(folder)
    yield from texts(folder)
    yield from listings(folder)
    yield from tables(folder)
    yield from videos(folder)
    yield from weights(folder)
    yield from annotations(folder)


def put(path: Path, data: bytes) -> Path:
    """Write a file, and the folder that it lies in."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def png(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes that says how large it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(width: int, height: int) -> bytes:
    """Make a JPEG of a few bytes that says how large it is."""
    data = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    return resized(data, width, height)


def resized(data: bytes, width: int, height: int) -> bytes:
    """Write another size into every JPEG frame header."""
    parts = data.split(b"\xff\xc0\x00\x11\x08")
    size = struct.pack(">HH", height, width)
    return b"\xff\xc0\x00\x11\x08".join([parts[0], *(size + part[4:] for part in parts[1:])])


def images(folder: Path) -> Iterator[Case]:
    for width, height in ((SIZE, SIZE), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0), (10_001, 10_000)):
        data = png(width, height)
        yield f"png of {width} x {height}", "bad-image", lambda data=data: decode(data)
    for width, height in ((SIZE, SIZE), (65_535, 65_535), (0, 16)):
        data = jpeg(width, height)
        yield f"jpeg of {width} x {height}", "bad-image", lambda data=data: decode(data)
    data = b"\xff\xe0\x00\x04ab" * 1000
    yield "jpeg of segments", "bad-image", lambda: decode(b"\xff\xd8" + data + b"\xff\xd9")
    yield "jpeg of fill", "bad-image", lambda: decode(b"\xff\xd8\xff" + b"\xff" * 5000 + b"\xd9")
    large = put(folder / "large.pack", png(SIZE, SIZE))
    size = large.stat().st_size
    yield "png of 60,000 in a pack", "bad-pack", lambda: Pack(large).image(0, size)


def npy(head: str, data: bytes = b"") -> bytes:
    """Make an array file of a header and anything."""
    text = head.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def truths(folder: Path) -> Iterator[Case]:
    def read(path: Path) -> object:
        return TruthEstimator().estimate([], Clip("a", (0,), path))

    def archive(name: str, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
        path = folder / f"{name}.npz"
        with zipfile.ZipFile(path, "w", method) as file:
            for member, data in members.items():
                file.writestr(f"{member}.npy", data)
        return path

    eye = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3)}", bytes(72))
    heads = {
        "10^12 rows": "{'descr': '<f8', 'fortran_order': False, 'shape': (10**12, 19, 3)}",
        "many rows": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 19, 3)}",
        "negative rows": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 19, 3)}",
        "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "records": "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}",
        "texts": "{'descr': '<U1000000000', 'fortran_order': False, 'shape': (1,)}",
        "code": "__import__('os').system('touch canary')",
        "deep": "(" * 9000,
        "another shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 17, 3)}",
        "nothing": "",
    }
    for name, head in heads.items():
        data = npy(head, b"\x80\x04N." if name == "objects" else b"")
        path = archive(f"truth {name}", joints_mm=data, intrinsics=eye)
        yield f"truth: {name}", "wrong-truth", lambda path=path: read(path)
    zeros = archive("bomb", joints_mm=bytes(1 << 29), intrinsics=eye)
    yield "truth: 512 MiB of zeros", "wrong-truth", lambda: read(zeros)
    objects = io.BytesIO()
    np.savez(objects, joints_mm=np.array([{}], object), intrinsics=np.eye(3))
    pickled = put(folder / "objects.npz", objects.getvalue())
    yield "truth: pickled objects", "wrong-truth", lambda: read(pickled)
    good = zeros.read_bytes()
    for name, data in {"cut": good[:-30], "no archive": b"PK", "nothing": b""}.items():
        path = put(folder / f"{name}.npz", data)
        yield f"truth: {name}", "wrong-truth", lambda path=path: read(path)


def texts(folder: Path) -> Iterator[Case]:
    found = {
        "deep lists": b"[" * 200_000 + b"]" * 200_000,
        "deep objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        "a long number": b"9" * 1_000_000,
        "no UTF-8": b"\xff\xfe{}",
        "nothing": b"",
        "zeros": bytes(1000),
    }
    for name, data in found.items():
        path = put(folder / f"{name}.json", data)
        yield f"json: {name}", "bad-json", lambda path=path: read_json(path)
    hollow = folder / "hollow.json"
    with hollow.open("wb") as file:
        file.truncate(1 << 40)
    yield "json: 1 TiB", "bad-json", lambda: read_json(hollow)


def listings(folder: Path) -> Iterator[Case]:
    found = {
        "a NUL in a name": (b"file\na\0b.mp4\n", "missing-file"),
        "a name that leaves": (b"file\n../a.mp4\n", "missing-file"),
        "a name from the root": (b"file\n/etc/passwd\n", "missing-file"),
        "a name of 100,000 letters": (b"file\n" + b"a" * 100_000 + b"\n", "missing-file"),
        "a huge field": (b"file\n" + b"a" * 1_000_000 + b"\n", "bad-listing"),
        "a quote without end": (b'file\n"' + b"a\n" * 500_000, "bad-listing"),
        "a column twice": (b"file,file\na,b\n", "bad-listing"),
        "a million columns": (b"a," * 1_000_000 + b"\n", "bad-listing"),
        "more values than columns": (b"file\na,b\n", "bad-listing"),
        "UTF-16": ("file\na\n".encode("utf-16"), "bad-listing"),
        "bytes": (bytes(range(256)), "bad-listing"),
        "nothing": (b"", "bad-listing"),
        "only a mark": (b"\xef\xbb\xbf", "bad-listing"),
    }
    for name, (data, code) in found.items():
        place = folder / f"listing {name}"
        place.mkdir()
        put(place / "a.mp4", b"")
        put(place / "videos.csv", data)
        yield (
            f"videos.csv: {name}",
            code,
            lambda place=place: datasets.read("folder", [place], None, ""),
        )
    hollow = folder / "hollow"
    hollow.mkdir()
    with (hollow / "videos.csv").open("wb") as file:
        file.truncate(1 << 40)
    yield "videos.csv: 1 TiB", "bad-listing", lambda: datasets.read("folder", [hollow], None, "")


def tables(folder: Path) -> Iterator[Case]:
    def write(name: str, table: pa.Table, facts: object) -> Path:
        path = folder / f"{name}.parquet"
        text = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
        pq.write_table(table.replace_schema_metadata({b"repose": text}), path)
        return path

    right = {"schema": "images", "version": VERSION, "metadata": {}}
    row = {
        "pair": pa.array([0], pa.int32()),
        "offset": pa.array([0], pa.int64()),
        "length": pa.array([1], pa.int32()),
        "sha256": pa.array(["a"]),
    }

    text = pa.array(["a" * 1_000_000] * 10)
    bomb = {k: pa.array(np.arange(2000) + 1, v.type) for k, v in row.items() if k != "sha256"}
    path = write("bomb", pa.table(bomb | {"sha256": pa.chunked_array([text] * 200)}), right)
    found = {
        "2 GB of one text": path,
        "metadata nested deep": write("deep", pa.table(row), b"[" * 100_000),
        "metadata of another kind": write("list", pa.table(row), ["schema", "version"]),
        "another table": write("other", pa.table(row), right | {"schema": "masks"}),
        "another column": write("column", pa.table({"a": [1]}), right),
        "another type": write("type", pa.table(row | {"pair": ["a"]}), right),
        "no table of ours": write("foreign", pa.table(row), {}),
    }
    good = write("good", pa.table(row), right).read_bytes()
    found |= {
        "a cut file": put(folder / "cut.parquet", good[:-9]),
        "zeros": put(folder / "zeros.parquet", bytes(1000)),
        "a footer of 2 GiB": put(folder / "foot.parquet", good[:-8] + b"\xff\xff\xff\x7fPAR1"),
        "nothing": put(folder / "no.parquet", b""),
    }
    for name, place in found.items():
        yield f"table: {name}", "bad-table", lambda place=place: read_table(place, "images")


def videos(folder: Path) -> Iterator[Case]:
    from tests.films import film, picture

    shot = [picture(i, 64, 64) for i in range(3)]
    small = film(folder / "small.avi", shot, codec="mjpeg", pixels="yuvj420p").read_bytes()
    at = small.index(b"strf") + 8 + 4
    side = 14_000  # px; what is larger still, ffmpeg itself does not open
    size = struct.pack("<ii", side, side)
    declared = small[:at] + size + small[at + 8 :]
    both = put(folder / "both.avi", resized(declared, side, side))
    frames = put(folder / "frames.avi", resized(small, SIZE, SIZE))
    yield "video of 14,000 px", "no-frames", lambda: probe(both)
    yield "decoding it", "no-frames", lambda: list(Decoding(both))
    yield "video that says nothing of its frames of 60,000 px", "no-frames", lambda: probe(frames)
    yield "decoding those", "no-frames", lambda: list(Decoding(frames))
    for name, data in {
        "a cut box": b"\xff\xff\xff\xffftypisom",
        "no box": b"\0\0\0\0ftyp",
    }.items():
        path = put(folder / f"{name}.mp4", data + bytes(100))
        yield f"video: {name}", "truncated-video", lambda path=path: probe(path)
    playlist = put(folder / "list.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    yield "video: a playlist", "not-a-video", lambda: probe(playlist)


def weights(folder: Path) -> Iterator[Case]:
    import torch

    from repose.training.backbones import load_backbone
    from tests.hostile.pickles import calls

    def read(path: Path) -> object:
        return load_backbone("alexnet", str(path), sha256(path), without="none")

    def tensors(head: object, data: bytes = b"") -> bytes:
        text = head if isinstance(head, bytes) else json.dumps(head).encode()
        return struct.pack("<Q", len(text)) + text + data

    one = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    found = {
        "a header of 8 EiB": b"\xff" * 7 + b"\x7f{}",
        "a header of 2 GiB": struct.pack("<Q", 1 << 31) + b"{}",
        "overlapping tensors": tensors({"a": one, "b": one}, bytes(8)),
        "a tensor of 4 TiB": tensors({"a": one | {"shape": [1 << 40]}}, bytes(8)),
        "offsets beyond the end": tensors({"a": one | {"data_offsets": [0, 1 << 40]}}, bytes(8)),
        "negative offsets": tensors({"a": one | {"data_offsets": [-8, 0]}}, bytes(8)),
        "a header nested deep": tensors(b"[" * 200_000),
        "nothing": b"",
    }
    for name, data in found.items():
        path = put(folder / f"{name}.safetensors", data)
        yield f"safetensors: {name}", "wrong-weights", lambda path=path: read(path)
    for name, data in calls(folder / "canary").items():
        path = put(folder / f"{name}.pth", data)
        yield f"pth: {name}", "wrong-weights", lambda path=path: read(path)
        path = folder / f"{name} in an archive.pth"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("archive/data.pkl", data)
            file.writestr("archive/version", "3\n")
        yield f"pth: {name}, in an archive", "wrong-weights", lambda path=path: read(path)
    bomb = folder / "bomb.pth"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(1 << 29))
    yield "pth: 512 MiB of zeros", "wrong-weights", lambda: read(bomb)
    hollow = folder / "hollow.pth"
    with hollow.open("wb") as file:
        file.truncate(1 << 40)
    given = (str(hollow), "0" * 64)
    yield "pth: 1 TiB", "wrong-weights", lambda: load_backbone("alexnet", *given, without="none")
    state = {"a": torch.zeros(2)}
    torch.save(state, folder / "sum.pth")
    wrong = (str(folder / "sum.pth"), "0" * 64)
    yield (
        "pth: another sum",
        "wrong-weights",
        lambda: load_backbone("alexnet", *wrong, without="none"),
    )


def main(folder: Path) -> None:
    """Make every file, then read each in little room, and print what is said."""
    os.chdir(folder)
    made = list(cases(folder))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM_BYTES,) * 2)
    for name, code, read in made:
        try:
            read()
            found, said = "", "read"
        except ReposeError as error:
            found, said = error.code, str(error)
        except BaseException as error:
            found, said = type(error).__name__, str(error)
        print(json.dumps([name, code, found, said]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
