"""ONNX files written by hand, since the package that writes them needs another protobuf.

Each is a network in RTMPose's form that finds the dots of `colours`. The numbers of the fields are
those of onnx.proto.
"""

from pathlib import Path

import numpy as np

from tests.poses.colours import COLOURS

MEAN, STD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
FLOAT, INT64 = 1, 7


def write_rtmpose(path: Path, width: int, height: int, depths: np.ndarray | None = None) -> Path:
    """Write a network for inputs of that size.

    Args:
        path: The file.
        width: Of the input, px.
        height: Of the input, px.
        depths: (17,) cells along z where each joint is found, of `width` px: RTMW3D's form.
    """
    colours = ((COLOURS - MEAN) / STD)[None, :, :, None, None]
    twice = [np.repeat(np.arange(side), 2) for side in (width, height)]
    constants = {
        "colours": colours.astype(np.float32),
        "sharpness": np.full((1, 1, 1, 1), -((57 / 25) ** 2), np.float32),
        "twice_x": twice[0].astype(np.int64),
        "twice_y": twice[1].astype(np.int64),
    }
    pool = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        _node("Unsqueeze", ["input"], "wide", axes=[1]),
        _node("Sub", ["wide", "colours"], "apart"),
        _node("Mul", ["apart", "apart"], "squared"),
        _node("ReduceSum", ["squared"], "distance", axes=[2], keepdims=0),
        _node("Mul", ["distance", "sharpness"], "negative"),
        _node("Exp", ["negative"], "alike"),
        _node("AveragePool", ["alike"], "blurred", **pool),
        _node("AveragePool", ["blurred"], "smooth", **pool),
        _node("ReduceMax", ["smooth"], "along_x", axes=[2], keepdims=0),
        _node("ReduceMax", ["smooth"], "along_y", axes=[3], keepdims=0),
        _node("Gather", ["along_x", "twice_x"], "simcc_x", axis=2),
        _node("Gather", ["along_y", "twice_y"], "simcc_y", axis=2),
    ]
    outputs = {"simcc_x": 2 * width, "simcc_y": 2 * height}
    if depths is not None:
        planted = np.zeros((1, len(COLOURS), 2 * width), np.float32)
        planted[0, np.arange(len(COLOURS)), (2 * depths).astype(int)] = 1
        constants["planted"] = planted
        nodes.append(_node("Identity", ["planted"], "simcc_z"))
        outputs["simcc_z"] = 2 * width
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "finder")
    graph += b"".join(_field(5, _tensor(name, array)) for name, array in constants.items())
    graph += _field(11, _value("input", (1, 3, height, width)))
    for name, cells in outputs.items():
        graph += _field(12, _value(name, (1, len(COLOURS), cells)))
    path.write_bytes(_field(1, 7) + _field(7, graph) + _field(8, _field(2, 11)))
    return path


def _varint(value: int) -> bytes:
    coded = bytearray()
    while value > 0x7F:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*coded, value])


def _field(number: int, content: int | str | bytes) -> bytes:
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    data = content.encode() if isinstance(content, str) else content
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _node(kind: str, inputs: list[str], output: str, **attributes: int | list[int]) -> bytes:
    coded = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind)
    for name, value in attributes.items():
        whole = isinstance(value, int)
        values = _field(3, value) if whole else b"".join(_field(8, one) for one in value)
        coded += _field(5, _field(1, name) + values + _field(20, 2 if whole else 7))
    return coded


def _tensor(name: str, array: np.ndarray) -> bytes:
    kind = FLOAT if array.dtype == np.float32 else INT64
    sizes = b"".join(_field(1, size) for size in array.shape)
    return sizes + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sizes = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, FLOAT) + _field(2, sizes)))
