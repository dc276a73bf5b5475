"""Fashion-MNIST from a folder that is already there, or from a download that was asked for by name."""

import gzip
import hashlib
import http.client
import os
import struct
import urllib.request
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from helpers.data import Data

_FOLDERS = (Path("/usr/share/datasets/fashion-mnist"), Path.home() / ".cache" / "fashion-mnist")
_URL = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
# SHA-256 of the unpacked files: the packed ones differ from one distributor to the next.
_SHA256 = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def fashion_mnist(folder: str | Path | None = None, *, download: bool = False) -> Data:
    """Fashion-MNIST: 60 000 training and 10 000 test images (n, 1, 28, 28) in [0, 1], ten kinds of clothing.

    Looked for in `folder` if given, else in the folder that the environment variable FASHION_MNIST names if set, else
    where Debian's package dataset-fashion-mnist puts it and in `~/.cache/fashion-mnist`.

    Args:
        folder: Holds the four original `*-ubyte.gz` files.
        download: Fetch what is missing into the last folder looked in; 30 MB.

    Raises:
        FileNotFoundError: If the files are nowhere and `download` is false.
        OSError: If a download fails; the files that are complete stay.
        ValueError: If a file is not the original.

    Source:
        Xiao, Rasul, Vollgraf 2017, https://arxiv.org/abs/1708.07747.
    """
    place = _find(folder)
    if place is None and download:
        place = _candidates(folder)[-1]
        _download(place)
    if place is None:
        raise FileNotFoundError(
            f"Fashion-MNIST was not found in {', '.join(map(str, _candidates(folder)))}. Install Debian's package "
            "dataset-fashion-mnist, set FASHION_MNIST to a folder with the four *-ubyte.gz files, or call "
            "fashion_mnist(download=True) once while online."
        )
    x_train, y_train, x_test, y_test = (_read(place / name) for name in _SHA256)
    return Data(_images(x_train), y_train.long(), _images(x_test), y_test.long())


def _candidates(folder: str | Path | None) -> list[Path]:
    if folder is not None:
        return [Path(folder)]
    named = os.environ.get("FASHION_MNIST")
    return [Path(named)] if named else list(_FOLDERS)


def _find(folder: str | Path | None) -> Path | None:
    complete = (place for place in _candidates(folder) if all((place / name).is_file() for name in _SHA256))
    return next(complete, None)


def _download(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name in _SHA256:
        if (place / name).is_file():
            continue
        try:
            with urllib.request.urlopen(_URL + name, timeout=60) as response:
                packed = response.read()
        except (OSError, http.client.HTTPException) as error:  # the latter where the connection breaks off
            raise OSError(f"{name} could not be downloaded ({error}). Are you online? Try again.") from error
        _unpacked(name, packed)
        # Under its name only when complete, so that an interrupted download is not taken for the data.
        partial = place / f"{name}.part"
        partial.write_bytes(packed)
        partial.replace(place / name)


def _unpacked(name: str, packed: bytes) -> bytes:
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name} is not a gzip file: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256[name]:
        raise ValueError(f"{name} is not the original Fashion-MNIST file: its content has SHA-256 {found}")
    return content


def _read(path: Path) -> Tensor:
    content = _unpacked(path.name, path.read_bytes())
    # The IDX format: two zero bytes, the type (8 = unsigned byte), the number of axes, each axis as a big-endian int32.
    n_axes = content[3]
    shape = struct.unpack(f">{n_axes}i", content[4 : 4 + 4 * n_axes])
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=4 + 4 * n_axes).reshape(shape).copy())


def _images(raw: Tensor) -> Tensor:
    return raw.unsqueeze(1).float() / 255
