"""What nbgrader makes anew for every student, and what takes half of its time, made once."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import nbgrader.api
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from nbconvert.exporters import HTMLExporter


class _Compiled(BytecodeCache):
    """Templates that this process has compiled; jinja2 compares their source before it takes one from here."""

    def __init__(self):
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Page(HTMLExporter):
    """nbconvert's page, whose templates are compiled with the first and not with every one."""

    @property
    def environment(self) -> Environment:
        """The templates' environment."""
        environment = super().environment
        environment.bytecode_cache = _COMPILED
        return environment


@contextmanager
def one_engine() -> Iterator[None]:
    """Have a gradebook that is opened again use the engine it had, which knows its queries.

    nbgrader opens it ten times per student, and a new engine compiles every query anew.
    """
    create = nbgrader.api.create_engine
    nbgrader.api.create_engine = functools.cache(create)
    try:
        yield
    finally:
        nbgrader.api.create_engine = create
