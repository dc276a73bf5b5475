"""The block that keeps every test and notebook off the network works; nbval runs the lectures under it."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

OFF = "the network off"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_connections_are_refused(address):
    with pytest.raises(OSError, match=OFF):
        socket.create_connection(address, timeout=1)


def test_names_are_not_looked_up():
    with pytest.raises(OSError, match=OFF):
        socket.gethostbyname("example.org")


def test_datagrams_are_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(OSError, match=OFF):
        udp.sendto(b"hello", ("192.0.2.1", 53))


def test_libraries_see_an_ordinary_network_error():
    with pytest.raises(urllib.error.URLError, match=OFF):
        urllib.request.urlopen("http://example.org", timeout=1)


def test_the_machine_itself_stays_reachable():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_child_processes_are_cut_off_too():
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert OFF in done.stderr


def test_one_thread():
    assert os.environ["OMP_NUM_THREADS"] == "1"
