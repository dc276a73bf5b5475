"""Reading what a kernel sends: whatever was forged, the cell's result stays a small list of plain outputs."""

import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.sandbox.messages import Message, Outputs, parse
from grader.sandbox.start import sandboxed_kernel
from tests.sandbox_rules import complaint, needs_sandbox, printed

HEADER, PARENT = b'{"msg_type": "stream"}', b'{"msg_id": "1"}'


def frames(header=HEADER, parent=PARENT, content=b"{}"):
    return [b"topic", b"<IDS|MSG>", b"signature", header, parent, b"{}", content]


def test_a_message():
    assert parse(frames(content=b'{"name": "stdout"}')) == Message("stream", "1", {"name": "stdout"})


@pytest.mark.parametrize(
    "forged",
    [
        [],
        [b"<IDS|MSG>"],
        frames()[:-1],
        [b"<IDS|MSG>"] * 5,
        [b"<IDS|MSG>", *[b"{}"] * 1000],
        frames(header=b""),
        frames(header=b"{}"),
        frames(header=b"[]"),
        frames(header=b'{"msg_type": {}}'),
        frames(parent=b"[]"),
        frames(parent=b'{"msg_id": 1}'),
        frames(content=b"null"),
        frames(content=b"\xff\xfe"),
        frames(content=b"[" * 1_000_000),
        frames(content=b'{"a":' * 100_000),
        frames(content=b"9" * 5000),
        frames(content=b'{"text": "' + b"x" * 1000),
    ],
    ids=lambda forged: str(len(forged)),
)
def test_no_message(forged):
    assert parse(forged) is None


@pytest.mark.parametrize(
    "kind", ["stream", "error", "display_data", "execute_result", "clear_output", "status", "other"]
)
@pytest.mark.parametrize("value", [None, 1, float("nan"), [], {}, [[]], {"a": {}}, "\ud800", "\0", [None], {"a": 1}])
def test_contents_of_any_shape_become_outputs_that_can_be_saved(kind, value):
    names = ["name", "text", "ename", "evalue", "traceback", "data", "metadata", "execution_count", "wait"]
    outputs = Outputs()
    outputs.add(Message(kind, "1", dict.fromkeys(names, value)))
    outputs.add(Message(kind, "1", {"name": "stdout", "text": value, "data": {"text/plain": value}}))
    notebook = new_notebook(cells=[new_code_cell(outputs=outputs.nodes)])
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode()


def test_outputs_join_and_clear():
    outputs = Outputs()
    for text in ("a", "b"):
        outputs.add(Message("stream", "1", {"name": "stdout", "text": text}))
    assert [node.text for node in outputs.nodes] == ["ab"]
    outputs.add(Message("clear_output", "1", {"wait": True}))
    assert len(outputs.nodes) == 1
    outputs.add(Message("display_data", "1", {"data": {"text/plain": "c"}}))
    assert [node.output_type for node in outputs.nodes] == ["display_data"]


FORGE = """
import json, time
kernel = get_ipython().kernel
def send(content, kind="display_data", parent=None, header=None):
    header = header or json.dumps({"msg_type": kind, "msg_id": str(time.time())}).encode()
    parent = json.dumps(kernel.get_parent()["header"], default=str).encode() if parent is None else parent
    signature = kernel.session.sign([header, parent, b"{}", content])
    kernel.iopub_thread.send_multipart([b"topic", b"<IDS|MSG>", signature, header, parent, b"{}", content])
"""
SHOWN = b'{"data": {"text/plain": "forged"}, "metadata": {}, "execution_count": 1}'


@needs_sandbox
@pytest.mark.parametrize(
    ("forge", "shows"),
    [
        (f"send({SHOWN})", True),  # nothing can tell this one from an honest display
        (f'send({SHOWN}, parent=b\'{{"msg_id": "other"}}\')', False),
        (f"send({SHOWN}, parent=b'[')", False),
        (f"send({SHOWN}, header=b'[' * 100_000)", False),
        ("send(b'[' * 1_000_000)", False),
        ("send(b'[1, 2]')", False),
        ("send(b'{}', kind='execute_reply')", False),
        ("kernel.iopub_thread.send_multipart([b'x'] * 2000)", False),
    ],
)
def test_forged_outputs(forge, shows):
    with sandboxed_kernel() as kernel:
        run = kernel.run_cell(FORGE + forge)
        assert (run.status, len(run.outputs)) == ("ok", int(shows)), complaint(run)
        assert printed(kernel.run_cell("print(1)")) == "1\n"


@needs_sandbox
def test_a_late_message_belongs_to_no_later_cell():
    late = f"import threading\n{FORGE}\nold = json.dumps(kernel.get_parent()['header'], default=str).encode()"
    with sandboxed_kernel() as kernel:
        run = kernel.run_cell(f"{late}\nthreading.Timer(0.3, lambda: send({SHOWN}, parent=old)).start()")
        assert run.status == "ok"
        assert kernel.run_cell("time.sleep(0.6)").outputs == []


@needs_sandbox
def test_a_kernel_that_stops_listening():
    with sandboxed_kernel() as kernel:
        kernel.run_cell("import os; os.closerange(3, 200)", 3)
        started = time.monotonic()
        assert kernel.run_cell("1", 2).status in ("dead", "timeout", "flooded")
        assert kernel.run_cell("1", 2).status == "dead"
        assert time.monotonic() - started < 8
        assert kernel.dead_reason


@needs_sandbox
def test_the_last_words_of_a_kernel_are_read():
    """With a connection that libzmq gives up for good, reading them would abort this very process."""
    with sandboxed_kernel() as kernel:
        kernel.client.execute("import os, time\nprint('last words', flush=True)\ntime.sleep(0.5)\nos._exit(0)")
        kernel._poller.poll(10_000)  # libzmq takes the first part of a message off the connection
        while not kernel.is_dead():
            time.sleep(0.01)
        time.sleep(0.5)
        found = []
        while (received := kernel.receive(0.1)) is not None:
            found.append(received[2])
    assert "last words\n" in [message.content.get("text") for message in found if message is not None]
