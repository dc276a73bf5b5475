"""`helpers.fashion`: found, read, refused and fetched, with four tiny files in place of the real ones."""

import gzip
import hashlib
import http.client
import io
import struct
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import fashion

NAMES = list(fashion._SHA256)
REAL = Path("/usr/share/datasets/fashion-mnist")


def idx(array):
    """An array of bytes in the IDX format."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes()


def made_up():
    stream = np.random.default_rng(0)
    shapes = [(6, 28, 28), (6,), (2, 28, 28), (2,)]
    return [stream.integers(0, 256 if len(shape) == 3 else 10, shape, dtype=np.uint8) for shape in shapes]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No folder of this machine and no network counts."""
    monkeypatch.delenv("FASHION_MNIST", raising=False)
    monkeypatch.setattr(fashion, "_FOLDERS", (tmp_path / "debian", tmp_path / "cache"))
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: pytest.fail("nobody asked for a download"))


@pytest.fixture
def packed(monkeypatch):
    """The four files' contents by name; their checksums are taken for the original ones."""
    contents = dict(zip(NAMES, map(idx, made_up()), strict=True))
    monkeypatch.setattr(fashion, "_SHA256", {n: hashlib.sha256(c).hexdigest() for n, c in contents.items()})
    return {name: gzip.compress(content) for name, content in contents.items()}


def write(folder, packed):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in packed.items():
        (folder / name).write_bytes(content)
    return folder


def serve(monkeypatch, answer):
    """Let `answer(name)` be what a download brings; returns the list of the names asked for."""
    asked = []

    def urlopen(url, timeout):
        assert url.startswith("https://")
        assert timeout
        asked.append(url.rsplit("/", 1)[1])
        return io.BytesIO(answer(asked[-1]))

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


def test_reading(tmp_path, packed):
    found = fashion.fashion_mnist(write(tmp_path / "mine", packed))
    for tensor, raw in zip(found, made_up(), strict=True):
        if raw.ndim == 3:
            assert (tensor.dtype, tensor.shape) == (torch.float32, (len(raw), 1, 28, 28))
            np.testing.assert_array_equal(tensor.squeeze(1).numpy(), raw.astype(np.float32) / 255)
        else:
            assert tensor.dtype == torch.int64
            np.testing.assert_array_equal(tensor.numpy(), raw)


@pytest.mark.parametrize("place", ["debian", "cache"])
def test_the_usual_folders_are_looked_in(tmp_path, packed, place):
    write(tmp_path / place, packed)
    assert len(fashion.fashion_mnist().x_train) == 6


def test_the_variable_goes_before_the_usual_folders(tmp_path, packed, monkeypatch):
    write(tmp_path / "debian", packed)
    monkeypatch.setenv("FASHION_MNIST", str(tmp_path / "mine"))
    with pytest.raises(FileNotFoundError, match="mine"):
        fashion.fashion_mnist()
    write(tmp_path / "mine", packed)
    write(tmp_path / "debian", dict.fromkeys(NAMES, b"not looked at"))
    assert len(fashion.fashion_mnist().x_train) == 6


def test_the_argument_goes_before_the_variable(tmp_path, packed, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST", str(write(tmp_path / "debian", packed)))
    with pytest.raises(FileNotFoundError, match="mine"):
        fashion.fashion_mnist(str(tmp_path / "mine"))


def test_nothing_found_says_where_and_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        fashion.fashion_mnist()
    for hint in (
        str(tmp_path / "debian"),
        str(tmp_path / "cache"),
        "dataset-fashion-mnist",
        "FASHION_MNIST",
        "download",
    ):
        assert hint in str(caught.value)


def test_three_files_are_not_the_set(tmp_path, packed):
    del packed[NAMES[2]]
    with pytest.raises(FileNotFoundError):
        fashion.fashion_mnist(write(tmp_path / "mine", packed))


def test_other_data_under_the_right_names_is_refused(tmp_path):
    packed = dict(zip(NAMES, map(gzip.compress, map(idx, made_up())), strict=True))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte.* is not the original"):
        fashion.fashion_mnist(write(tmp_path / "mine", packed))


def damages(good):
    return [b"", b"<html>not found</html>", good[:-100], good[:10] + b"\xff" * 40 + good[50:]]  # 10: gzip's header


@pytest.mark.parametrize("damage", range(4), ids=["empty", "a page", "cut off", "overwritten"])
def test_a_damaged_file_is_refused(tmp_path, packed, damage):
    packed[NAMES[0]] = damages(packed[NAMES[0]])[damage]
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte.* is not"):
        fashion.fashion_mnist(write(tmp_path / "mine", packed))


@pytest.mark.parametrize("place", ["cache", "named", "mine"])
def test_a_download_goes_where_the_next_call_looks(tmp_path, packed, monkeypatch, place):
    if place == "named":
        monkeypatch.setenv("FASHION_MNIST", str(tmp_path / place))
    folder = tmp_path / place if place == "mine" else None
    asked = serve(monkeypatch, packed.__getitem__)
    first = fashion.fashion_mnist(folder, download=True)
    assert asked == NAMES
    assert sorted(file.name for file in (tmp_path / place).iterdir()) == sorted(NAMES)
    assert torch.equal(fashion.fashion_mnist(folder).x_train, first.x_train)
    fashion.fashion_mnist(folder, download=True)
    assert asked == NAMES  # nothing twice


def test_a_download_fetches_only_what_is_missing(tmp_path, packed, monkeypatch):
    write(tmp_path / "mine", {name: packed[name] for name in NAMES[:2]})
    asked = serve(monkeypatch, packed.__getitem__)
    fashion.fashion_mnist(tmp_path / "mine", download=True)
    assert asked == NAMES[2:]


@pytest.mark.parametrize(
    "error", [urllib.error.URLError("no network"), TimeoutError(), http.client.IncompleteRead(b"")]
)
def test_an_interrupted_download_leaves_what_was_complete(tmp_path, packed, monkeypatch, error):
    def answer(name):
        if name == NAMES[1]:
            raise error
        return packed[name]

    serve(monkeypatch, answer)
    with pytest.raises(OSError, match=r"train-labels-idx1-ubyte.gz could not be downloaded .* online"):
        fashion.fashion_mnist(tmp_path / "mine", download=True)
    assert [file.name for file in (tmp_path / "mine").iterdir()] == NAMES[:1]
    serve(monkeypatch, packed.__getitem__)
    assert len(fashion.fashion_mnist(tmp_path / "mine", download=True).x_train) == 6


@pytest.mark.parametrize("damage", range(4), ids=["empty", "a page", "cut off", "overwritten"])
def test_a_damaged_download_is_not_stored(tmp_path, packed, monkeypatch, damage):
    serve(monkeypatch, lambda name: damages(packed[name])[damage])
    with pytest.raises(ValueError, match="is not"):
        fashion.fashion_mnist(tmp_path / "mine", download=True)
    assert not list((tmp_path / "mine").iterdir())


@pytest.mark.skipif(not REAL.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_the_real_set():
    found = fashion.fashion_mnist(REAL)
    assert [len(part) for part in found] == [60_000, 60_000, 10_000, 10_000]
    assert found.y_train.bincount().tolist() == [6000] * 10
    assert found.y_test.bincount().tolist() == [1000] * 10
    # The mean and standard deviation that tutorials normalise it with.
    assert found.x_train.mean().item() == pytest.approx(0.2860, abs=5e-5)
    assert found.x_train.std().item() == pytest.approx(0.3530, abs=5e-5)
