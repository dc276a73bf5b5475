"""What the grader makes once for a class is what nbgrader would have made for every student."""

import os
import sysconfig

import jsonschema
import nbgrader.api
import pytest
from jinja2 import Environment
from jsonschema.validators import validator_for
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import SchemaTooOldError, common
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

from grader import reuse
from tests.small import assignment


@pytest.fixture(autouse=True)
def alembic_to_be_found(monkeypatch):
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)


@pytest.fixture
def compiled(monkeypatch):
    """The names of the templates that are compiled from now on."""
    names, compile_template = [], Environment.compile

    def compile_and_note(self, source, name=None, *args, **kwargs):
        names.append(name)
        return compile_template(self, source, name, *args, **kwargs)

    monkeypatch.setattr(Environment, "compile", compile_and_note)
    monkeypatch.setattr(reuse, "_COMPILED", reuse._Compiled())
    return names


def page(exporter, **options):
    return exporter(**options).from_notebook_node(assignment())[0]


def test_pages_are_nbconverts():
    assert page(reuse.Page) == page(reuse.Page) == page(HTMLExporter)


def test_templates_are_compiled_with_the_first_page_only(compiled):
    page(reuse.Page)
    assert compiled
    compiled.clear()
    page(reuse.Page)
    assert not compiled


def test_another_template_is_another_page(compiled):
    assert page(reuse.Page) != page(reuse.Page, template_name="classic") == page(HTMLExporter, template_name="classic")


def test_a_gradebook_that_is_opened_again_has_its_engine(tmp_path):
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("a", "a", "b")]
    with reuse.made_once():
        books = [Gradebook(url) for url in urls]
        for book in books:
            book.close()
    assert books[0].engine is books[1].engine is not books[2].engine


def test_a_closed_gradebook_keeps_what_was_written(tmp_path):
    url = f"sqlite:///{tmp_path}/book.db"
    with reuse.made_once():
        with Gradebook(url) as book:
            book.add_student("ada")
        with Gradebook(url) as book:
            assert [student.id for student in book.students] == ["ada"]
    with Gradebook(url) as book:
        assert [student.id for student in book.students] == ["ada"]


def test_nbgrader_is_left_as_it_was():
    before = nbgrader.api.create_engine, common.jsonschema
    with pytest.raises(KeyError), reuse.made_once():
        raise KeyError
    assert (nbgrader.api.create_engine, common.jsonschema) == before


@pytest.mark.parametrize("change", [{}, {"points": "two"}, {"grade": 1}, {"schema_version": 2}])
def test_metadata_is_judged_as_nbgrader_judges_it(change):
    def complaint():
        cell = next(cell for cell in assignment().cells if cell.metadata.get("nbgrader", {}).get("grade"))
        cell.metadata["nbgrader"].update(change)
        try:
            MetadataValidatorV3().validate_cell(cell)
        except (jsonschema.ValidationError, SchemaTooOldError) as error:
            return type(error), str(error)

    stock = complaint()
    assert (stock is None) == (not change)
    with reuse.made_once():
        assert complaint() == complaint() == stock


def test_the_schema_is_checked_once(monkeypatch):
    checked = []
    kind = validator_for(MetadataValidatorV3().schema)
    monkeypatch.setattr(kind, "check_schema", lambda schema: checked.append(schema))
    reuse._validator.cache_clear()
    with reuse.made_once():
        for _ in range(3):
            MetadataValidatorV3().validate_nb(assignment())
    assert len(checked) == 1
