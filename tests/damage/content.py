"""Bytes that are not quite a notebook's."""

import json
import random

from tests.damage.kinds import NOTHING, PARTLY, REPAIRED, damage, dumped, in_bytes, prose, text


@damage(REPAIRED, "byte order mark")
def utf8_with_bom(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook).encode("utf-8-sig"))


@damage(REPAIRED, "UTF-16")
def utf16(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("utf-16"))


@damage(REPAIRED, "UTF-16")
def utf16_without_bom(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("utf-16-be"))


@damage(REPAIRED, "not UTF-8")
def latin1(folder, name, notebook):
    notebook["cells"].insert(0, prose("Übung von André"))
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace"))


@damage(REPAIRED, "NUL bytes")
def nul_bytes_at_the_end(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook) + bytes(4096))


@damage(REPAIRED, "went on after")
def rest_of_a_longer_file(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook) + b'"nbformat": 4}\n')


@damage(REPAIRED)
def windows_line_ends(folder, name, notebook):
    for cell in notebook["cells"]:
        cell["source"] = text(cell).replace("\n", "\r\n")
    in_bytes(folder, name, json.dumps(notebook, indent=1).replace("\n", "\r\n").encode())


@damage(REPAIRED, "a key stands twice")
def duplicate_keys(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook).replace(b"{", b'{"cells": [], ', 1))


@damage(REPAIRED)
def nan_and_huge_numbers(folder, name, notebook):
    notebook["metadata"] = {"a": float("nan"), "b": float("-inf")}
    in_bytes(folder, name, dumped(notebook).replace(b"{", b'{"n": ' + b"9" * 10_000 + b", ", 1))


@damage(PARTLY, "damaged: only its first")
def truncated_json(folder, name, notebook):
    data = dumped(notebook)
    in_bytes(folder, name, data[: len(data) // 2])


@damage(PARTLY, "damaged: only its first")
def merge_conflict(folder, name, notebook):
    lines = json.dumps(notebook, indent=1).splitlines()
    lines.insert(len(lines) // 2, "<<<<<<< HEAD")
    in_bytes(folder, name, "\n".join(lines).encode())


@damage(NOTHING, "it is empty")
def empty_file(folder, name, notebook):
    in_bytes(folder, name, b"")


@damage(NOTHING, "not JSON")
def random_bytes(folder, name, notebook):
    in_bytes(folder, name, random.Random(0).randbytes(10_000))


@damage(NOTHING, "not a notebook")
def json_but_no_notebook(folder, name, notebook):
    in_bytes(folder, name, b'["cells"]')


@damage(NOTHING, "web page")
def web_page(folder, name, notebook):
    in_bytes(folder, name, b"<!DOCTYPE html><html></html>")


@damage(NOTHING, "nested too deeply")
def deeply_nested(folder, name, notebook):
    in_bytes(folder, name, b'{"cells": ' + b"[" * 200_000)


@damage(NOTHING, "far more values")
def millions_of_values(folder, name, notebook):
    in_bytes(folder, name, b'{"cells": [' + b"{}," * 6_000_000)
