"""Pickles that do harm where they are unpickled; each makes the canary, or takes all memory."""

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

GOOD = np.ones((19, 3), np.float32)


class Does:
    """Pickles as a call."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


def hostile(canary: Path) -> dict[str, bytes]:
    """Return hostile files by name."""
    touch = f"touch {canary}".encode()
    code = f"open({str(canary)!r}, 'w')".encode()
    return calls(canary) | instructions(touch, code) | arrays() | sizes() | rubbish()


def calls(canary: Path) -> dict[str, bytes]:
    """Return calls of what Python and numpy offer, alone and within poses."""
    import os
    import subprocess

    shell = Does(os.system, f"touch {canary}")
    code = f"open({str(canary)!r}, 'w')"
    found = {
        f"os.system, protocol {protocol}": pickle.dumps(shell, protocol) for protocol in range(6)
    }
    found |= {
        "eval": pickle.dumps(Does(eval, code)),
        "exec": pickle.dumps(Does(exec, code)),
        "getattr": pickle.dumps(Does(getattr, Does(__import__, "os"), "system")),
        "Popen": pickle.dumps(Does(subprocess.Popen, ["touch", str(canary)])),
        "open": pickle.dumps(Does(open, str(canary), "w")),
        "Path.touch": pickle.dumps(Does(Path.touch, canary)),
        "deep within poses": pickle.dumps({"001": {"1": {"1": {"0001": GOOD, "0002": shell}}}}),
        "as a key": pickle.dumps({Does(str, "a"): GOOD}),
        "numpy.load": pickle.dumps(Does(np.load, "other.npy", None, True)),
        "numpy fromfile": pickle.dumps(Does(np.fromfile, "/etc/passwd")),
        "an object of ours": pickle.dumps({"a": Path("a")}),
        "numpy scalar of objects": pickle.dumps({"a": np.array([shell], object)[0]}),
    }
    return found


def instructions(touch: bytes, code: bytes) -> dict[str, bytes]:
    """Return programs that no `dumps` would write."""
    text = b"X" + struct.pack("<I", len(touch)) + touch
    small = b"X" + struct.pack("<I", len(code)) + code
    state = b"}X\x04\x00\x00\x00a   K\x01s"
    return {
        "GLOBAL and REDUCE": b"cos\nsystem\n(" + text + b"tR.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.",
        "STACK_GLOBAL of dots": b"\x80\x04\x8c\x05numpy\x8c\x12core.numeric.system\x93.",
        "INST": b"(" + text + b"ios\nsystem\n.",
        "OBJ": b"(cos\nsystem\n" + text + b"o.",
        "NEWOBJ": b"cos\nsystem\n" + text + b"\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85}\x92.",
        "EXT1": b"\x82\x01.",
        "EXT2": b"\x83\x01\x01.",
        "EXT4": b"\x84\x01\x01\x01\x01.",
        "PERSID": b"Pwho\n.",
        "BINPERSID": b"K\x01Q.",
        "NEXT_BUFFER": b"\x80\x05\x97.",
        "eval by hand": b"c__builtin__\neval\n(" + small + b"tR.",
        "BUILD of a function's __dict__": b"cnumpy\ndtype\n" + state + b"b.",
        "BUILD with __setstate__": b"cnumpy\nndarray\n}X\x0c\x00\x00\x00__setstate__"
        b"cos\nsystem\nsb" + text + b"b.",
        "BUILD of a dict": b"}" + state + b"b.",
        "a call of a class": b"cnumpy\nndarray\n)R.",
        "_reconstruct of another class": b"cnumpy.core.multiarray\n_reconstruct\n(cos\nsystem"
        b"\nK\x00\x85C\x01btR.",
        "two names in one GLOBAL": b"cnumpy.core\nmultiarray _reconstruct\n.",
        "_codecs with another codec": b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00hex"
        b"tR.",
        "a list": b"]K\x01a.",
        "a set": b"\x80\x04\x8f(K\x01\x90.",
        "a float key": b"}G?\xf0\x00\x00\x00\x00\x00\x00K\x01s.",
        "a dict in itself": b"}q\x00X\x01\x00\x00\x00ah\x00s.",
        "a value of a mark": b"(.",
        "a value that is not there": b"0.",
        "a memory that is not there": b"h\x07.",
        "entries without a dict": b"K\x01(X\x01\x00\x00\x00aK\x01u.",
        "an odd number of entries": b"}(X\x01\x00\x00\x00au.",
    }


def arrays() -> dict[str, bytes]:
    """Return arrays that are no poses."""
    records = np.zeros(19, [("x", "f4"), ("y", "f4"), ("z", "f4")])
    huge = pickle.dumps({"a": GOOD}, 4).replace(b"K\x13K\x03\x86", b"J\xff\xff\xff\x7fK\x03\x86")
    return {
        "an array of objects": pickle.dumps({"a": np.array([[1, "a"]] * 3, object)}),
        "an array of records": pickle.dumps({"a": records}),
        "an array of texts": pickle.dumps({"a": np.full((19, 3), "a")}),
        "an array of dates": pickle.dumps({"a": np.zeros((19, 3), "M8[s]")}),
        "an array of complex": pickle.dumps({"a": np.zeros((19, 3), complex)}),
        "an array of another shape": pickle.dumps({"a": np.zeros((17, 3), np.float32)}),
        "an array of 2 billion rows": huge,
        "an array that is not finite": pickle.dumps({"a": np.full((19, 3), np.nan)}),
        "an array alone": pickle.dumps(GOOD),
        "a masked array": pickle.dumps({"a": np.ma.masked_array(GOOD)}),
        "a memory of a file": pickle.dumps(np.float64(3)),
        "no pose": pickle.dumps({}),
        "a name that leaves": pickle.dumps({"..": {"a": GOOD}}),
        "a name from the root": pickle.dumps({"/etc": {"a": GOOD}}),
        "a name of control characters": pickle.dumps({"a\x1b[2J": GOOD}),
        "a long name": pickle.dumps({"a" * 300: GOOD}),
        "a name twice": pickle.dumps({"a": {"b": GOOD}, "a/b": GOOD}),
        "a number and its text": pickle.dumps({1: GOOD, "1": GOOD}),
    }


def sizes() -> dict[str, bytes]:
    """Return small files that promise or unfold to much."""
    doubled: dict = {"a": GOOD}
    for _ in range(40):
        doubled = {"a": doubled, "b": doubled}
    nested: dict = {"a": GOOD}
    for _ in range(200):
        nested = {"a": nested}
    tuples = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR("
    return {
        "a memory of 2 billion places": b"K\x01r\xff\xff\xff\x7f.",
        "a memory of 4 billion places": b"K\x01r\xff\xff\xff\xff0K\x01.",
        "bytes of 8 EiB": b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        "bytes of 1 TiB": b"\x8e\x00\x00\x00\x00\x00\x01\x00\x00.",
        "bytes of 4 GiB": b"B\xff\xff\xff\xff.",
        "a text of 1 TiB": b"\x8d\x00\x00\x00\x00\x00\x01\x00\x00.",
        "a bytearray of 1 TiB": b"\x96\x00\x00\x00\x00\x00\x01\x00\x00.",
        "a frame of 8 EiB": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
        "a number of 100,000 digits": b"L" + b"9" * 100_000 + b"L\n.",
        "a long of 2 GiB": b"\x8b\xff\xff\xff\x7f.",
        "a million marks": b"(" * 1_000_000 + b".",
        "a million dicts": b"}" * 1_000_000 + b".",
        "a million nested tuples": tuples
        + b"K\x01)"
        + b"\x85" * 1_000_000
        + b"K\x01K\x01K\x01tb.",
        "a dict doubled 40 times": pickle.dumps(doubled),
        "a dict nested 200 times": pickle.dumps(nested),
        "a dict nested 100,000 times": b"}X\x01\x00\x00\x00a" * 40_000
        + b"N"
        + b"s" * 40_000
        + b".",
    }


def rubbish() -> dict[str, bytes]:
    """Return files that are no pickles at all."""
    good = pickle.dumps({"a": GOOD}, 4)
    return {
        "no byte": b"",
        "text": b"poses",
        "zeros": bytes(1000),
        "a cut file": good[:-20],
        "no end": good[:-1],
        "an unknown instruction": b"\xff\xfe",
        "protocol 255": b"\x80\xffN.",
    }
