"""Weights of the networks that judge images: from a file that is proven by its sha256, or the net.

VGG19 stands behind the perceptual loss, the two Inceptions behind FID and Inception Score, one of
the others behind LPIPS, all under torchvision's names.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.hub import load_state_dict_from_url

from repose.errors import ReposeError, nearest
from repose.files import sha256
from repose.losses import Features, random_features

# The names hold the first digits of the files' sha256, by which torch.hub proves a download.
URLS: Mapping[str, str] = {
    "vgg19": "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    "alexnet": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "squeezenet1_1": "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
    "inception_v3": "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    "inception_tf": "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    "pt_inception-2015-12-05-6726825d.pth",
}

MOST_BYTES = 1 << 31  # of a file of weights; VGG19's has 0.6 GB

RANDOM = "random_features"
DOWNLOAD = "download"
RANDOM_SEED = 0  # one network for all runs, so that their losses compare


def perceptual_features(
    source: str, expected_sha256: str, *, compat_means: bool, form: str = "knoche"
) -> Features:
    """Build the network behind the losses on activations.

    Args:
        source: Path of VGG19's weights, "download", or "random_features".
        expected_sha256: Of the file at that path; "" for the other two.
        compat_means: Subtract the channel means in the original's order, red for blue.
        form: A key of `losses.FORMS`: what is compared; a scaled one wants `measure` next.

    Raises:
        ReposeError: missing-weights, wrong-weights; wrong-value for an unknown form.
    """
    if source == RANDOM:
        return random_features(RANDOM_SEED, form=form)
    weights = load_backbone("vgg19", source, expected_sha256, without=RANDOM)
    try:
        return Features.from_state_dict(weights, form=form, compat_means=compat_means)
    except (KeyError, RuntimeError) as error:
        raise ReposeError(
            "wrong-weights",
            f"these are not torchvision's VGG19 weights ({error})",
            path=source,
            mend="use vgg19-dcbb9e9d.pth of torchvision",
        ) from error


def load_backbone(
    name: str, source: str, expected_sha256: str, *, without: str
) -> dict[str, Tensor]:
    """Load a backbone's weights; nothing in the file is ever run.

    Args:
        name: A key of `URLS`.
        source: Path of a .pth or .safetensors file, or "download".
        expected_sha256: Of the file, in hex; "" only with "download".
        without: What the user may set instead to go without these weights.

    Raises:
        ReposeError: unknown-backbone; missing-weights, when there is no file or no network;
            wrong-weights, when the file is another one.
    """
    if name not in URLS:
        raise ReposeError("unknown-backbone", f"no backbone '{name}'", mend=nearest(name, URLS))
    if source == DOWNLOAD:
        return _download(name, without)
    path = Path(source)
    if not path.is_file():
        raise ReposeError(
            "missing-weights",
            f"no {name} weights",
            path=source,
            mend=f"fetch {URLS[name]}, or set '{DOWNLOAD}', or '{without}' for a run without them",
        )
    _check_room(path)
    found = sha256(path)
    if found != expected_sha256.lower():
        raise ReposeError(
            "wrong-weights",
            f"the {name} weights have sha256 {found}, the config wants '{expected_sha256}'",
            path=source,
            mend="set the sha256 of the file that you trust",
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return _state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # rubbish makes the restricted unpickler fail in any way
        raise ReposeError(
            "wrong-weights",
            f"no {name} weights can be read from it ({_first_line(error)})",
            path=source,
            mend=f"fetch {URLS[name]}",
        ) from error


def _check_room(path: Path) -> None:
    """Refuse what no file of weights is: larger than any network, or unfolding to more."""
    size = path.stat().st_size
    unfolded = size
    if zipfile.is_zipfile(path):  # what torch writes, without compression
        with zipfile.ZipFile(path) as archive:
            unfolded = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES or unfolded > size:
        said = f"{size:,} bytes that unfold to {unfolded:,}, where at most {MOST_BYTES:,} are read"
        raise ReposeError("wrong-weights", said, path=path, mend="fetch the file again")


def _state_dict(found: object) -> dict[str, Tensor]:
    if isinstance(found, dict) and all(isinstance(value, Tensor) for value in found.values()):
        return found
    raise TypeError("it is no state dict: no tensors by name")


def _first_line(error: Exception) -> str:
    # torch goes on for a page, and advises to switch the restricted unpickler off.
    return (str(error).splitlines() or [""])[0].partition(". ")[0] or type(error).__name__


def _download(name: str, without: str) -> dict[str, Tensor]:
    try:
        return _state_dict(
            load_state_dict_from_url(
                URLS[name], map_location="cpu", check_hash=True, progress=False, weights_only=True
            )
        )
    except Exception as error:  # no network; not the file that was expected; rubbish kept of it
        raise ReposeError(
            "missing-weights",
            f"cannot download the {name} weights ({_first_line(error)})",
            path=URLS[name],
            mend=f"fetch the file elsewhere and set its path, or set '{without}'",
        ) from error
