"""Zip files around the notebook."""

import zipfile

from tests.damage.kinds import NOTHING, REPAIRED, damage, dumped, zipped


@damage(REPAIRED, "in a zip file")
def in_a_zip_file(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(
        zipped({f"homework/{name}.ipynb": dumped(notebook), "__MACOSX/._x.ipynb": "x"})
    )


@damage(REPAIRED, "in a zip file")
def zip_file_called_ipynb(folder, name, notebook):
    (folder / f"{name}.ipynb").write_bytes(zipped({f"{name}.ipynb": dumped(notebook)}))


@damage(REPAIRED, "in a zip file")
def zip_in_a_zip(folder, name, notebook):
    inner = zipped({f"{name}.ipynb": dumped(notebook)})
    (folder / "all.zip").write_bytes(zipped({"inner.zip": inner}))


@damage(REPAIRED, "in a zip file", flags="zip slip")
def zip_slip(folder, name, notebook):
    files = {f"../../{name}.ipynb": dumped(notebook), "/tmp/slipped": "x", "..\\..\\slipped": "x"}
    (folder / f"{name}.zip").write_bytes(zipped(files))


@damage(NOTHING, "zip bomb", flags="zip bomb")
def zip_bomb(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(zipped({f"{name}.ipynb": bytes(60_000_000)}))


@damage(NOTHING, "damaged", flags="symbolic link in the zip")
def link_in_a_zip(folder, name, notebook):
    link = zipfile.ZipInfo(f"{name}.ipynb")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    (folder / f"{name}.zip").write_bytes(zipped({link: "/etc/passwd", "broken.ipynb": b"{"}))


@damage(NOTHING, "password")
def encrypted_zip(folder, name, notebook):
    data = bytearray(zipped({f"{name}.ipynb": dumped(notebook)}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (folder / f"{name}.zip").write_bytes(data)


@damage(NOTHING, "zip file is damaged")
def truncated_zip(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(zipped({f"{name}.ipynb": dumped(notebook)})[:-30])
