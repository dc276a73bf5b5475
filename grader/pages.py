"""Pages with students' text in them, feedback and formgrader's: what it says is shown, and nothing in it runs."""

import re
from typing import Any

import bleach
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong"),
    *("sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "*": ["class", "id", "title"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
}
_PROTOCOLS = ("http", "https", "mailto", "data")  # a picture in a Markdown cell is data
_NOT_TEXT = re.compile(r"<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_EXPORTER = HTMLExporter()


def clean(html: str | bytes) -> str:
    """Return HTML without anything that a browser would run.

    Args:
        html: Anything at all.
    """
    text = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    # What is between such tags would stay as text; pandas' tables bring their style along.
    text = _NOT_TEXT.sub("", text)
    return bleach.clean(text, tags=_TAGS, attributes=_ATTRIBUTES, protocols=_PROTOCOLS)


@pass_context
def markdown(context: Any, source: str) -> str:
    """Return Markdown as clean HTML; nbgrader's templates do not clean it."""
    return clean(_EXPORTER.markdown2html(context, source))


FILTERS = {"clean_html": clean, "markdown2html": markdown}
