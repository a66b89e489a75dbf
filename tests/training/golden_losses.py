"""The losses of a hundred steps of each model, in full precision.

`make golden` stores them as text in `golden/`; `test_golden.py` computes them anew and compares.
They are computed in a process of its own, because what makes a CPU repeat another's results is
read when libraries load.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
CPU = GOLDEN / "cpu.txt"
ROOT = Path(__file__).parents[2]
STEPS = 100
# One model of every family and of every data flow; the others differ in sizes.
MODELS = (
    *("warp3d", "warp2d", "warp2d_pose3d", "warp3d_pose2d"),
    *("posewarp", "posewarp7", "deformable", "deformable17", "vunet25d", "pg2"),
)
NOTHING = "-"  # what a phase does not compute

# One code path for every x86-64 CPU: no library may choose by what the CPU can do. oneDNN, which
# chooses by the sizes of caches, too, is switched off in `main`.
PLAIN = {
    "ATEN_CPU_CAPABILITY": "default",  # torch's own kernels: no AVX2, no AVX-512
    "MKL_CBWR": "COMPATIBLE",  # matrix products: Intel's promise of equal bits on any CPU
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL"
    " AVX512_ICL AVX512_SPR",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX512VL",  # exp, log, pow
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def compute() -> dict[str, str]:
    """Train each model of config/config.yaml; returns the golden texts by model."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.golden_losses"],
        cwd=ROOT,
        env=os.environ | PLAIN,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def cpu() -> str:
    """Name the CPU, and what it can do that changes how sums are rounded."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = [re.search(rf"^{key}\s*: (.*)$", text, re.M) for key in ("model name", "flags")]
    name, flags = (match[1] if match else "unknown" for match in found)
    notable = {"sse4_2", "avx2", "fma", "avx512f", "amx_tile"} & set(flags.split())
    return f"{name} ({' '.join(sorted(notable))})\n"


def spell(rows: list[dict[str, Any]]) -> str:
    """Spell losses as text: hexadecimal floats lose nothing, and are compared as they stand."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != "step"))
    lines = [" ".join(["step", *names])]
    for row in rows:
        numbers = (_hex(row[name]) if name in row else NOTHING for name in names)
        lines.append(" ".join([str(row["step"]), *numbers]))
    return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> list[list[float]]:
    """Return the numbers of a golden text, without its head."""
    lines = (line.split()[1:] for line in text.splitlines()[1:])
    return [[float.fromhex(word) for word in line if word != NOTHING] for line in lines]


def _hex(value: float) -> str:
    return re.sub(r"0+p", "p", float(value).hex())


def main() -> None:
    """Print the texts as JSON."""
    import torch

    from repose.recipes import RECIPE, network_block
    from repose.training.loss_log import LOSSES, read
    from tests.training import tiny

    torch.backends.mkldnn.enabled = False
    models = tiny.models()
    texts = {}
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(sys.stderr):
        data = tiny.make_data(Path(name))
        for method in MODELS:
            folder, block = Path(name) / method, models[method]
            recipe = tiny.stretched(block.get(RECIPE, {}), STEPS)
            often = {"checkpoint_every": STEPS, "log_every": 1, "watch_pairs": 0}
            tiny.run(folder, data, network_block(block), **recipe | often)
            [log] = folder.glob(f"runs/*/{LOSSES}")
            texts[method] = spell(read(log))
    print(json.dumps(texts))


def store() -> None:
    """Store the golden texts, and on which CPU they were computed."""
    GOLDEN.mkdir(exist_ok=True)
    for method, text in compute().items():
        (GOLDEN / f"{method}.txt").write_text(text, encoding="utf-8")
    CPU.write_text(cpu(), encoding="utf-8")


if __name__ == "__main__":
    store() if sys.argv[1:] == ["store"] else main()
