"""What nbgrader makes anew for every student, and what takes half of its time, made once."""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import nbgrader.api
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from nbconvert.exporters import HTMLExporter
from nbgrader.nbgraderformat import common


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
def made_once() -> Iterator[None]:
    """Have nbgrader keep the engine of a gradebook, which knows its queries, and the validator of a cell's metadata.

    It opens the gradebook ten times per student, and checks its own schema anew before it checks a cell with it.
    """
    create, schemas = nbgrader.api.create_engine, common.jsonschema
    nbgrader.api.create_engine = functools.cache(create)
    common.jsonschema = SimpleNamespace(validate=_validate)
    try:
        yield
    finally:
        nbgrader.api.create_engine, common.jsonschema = create, schemas


def _validate(instance: Any, schema: dict) -> None:
    """As `jsonschema.validate`."""
    error = best_match(_validator(json.dumps(schema)).iter_errors(instance))
    if error is not None:
        raise error


@functools.cache
def _validator(schema: str) -> Validator:
    kind = validator_for(json.loads(schema))
    kind.check_schema(json.loads(schema))
    return kind(json.loads(schema))
