"""Cuts a Python process off the network: every connection but the machine's own is refused, as if the cable were out.

Python imports `sitecustomize` by itself in every process whose PYTHONPATH holds this folder: kernels, and what they
start. An audit hook sees what any library does through Python's sockets, and nothing in the process can take it back.
"""

import errno
import ipaddress
import socket
import sys

TO_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
TO_NAME = {"socket.getaddrinfo", "socket.gethostbyname"}


def is_local(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse(event, args):
    if event in TO_NAME:
        host = args[0]
    elif event in TO_ADDRESS and args[0].family in (socket.AF_INET, socket.AF_INET6) and args[1]:
        host = args[1][0]
    else:
        return
    if not is_local(host):
        raise OSError(errno.ENETUNREACH, f"the tests run with the network off, so {host!r} cannot be reached")


sys.addaudithook(refuse)
