"""Answers that put into the feedback page what must not be there: hidden inputs, or a program for its reader."""

from nbformat.v4 import new_markdown_cell

from tests.hostile.attack import SCRIPT, TOLD, Attack, shared

KEEP = "kept = globals().get('kept', [])\ncalls = globals().get('calls', [])\ncalls.append(kept.append)"
SHOW = "from IPython.display import HTML, Javascript, Markdown, display\n"


def add_markdown(text):
    return lambda notebook: notebook.cells.append(new_markdown_cell(text))


def page(name, code):
    return shared(name, SCRIPT, SHOW + code)


ATTACKS = [
    shared("hidden inputs printed later", TOLD, KEEP, later="print(kept)"),
    shared("hidden inputs raised later", TOLD, KEEP, later="raise ValueError(kept)"),
    shared("hidden inputs as a result later", TOLD, KEEP, later="kept"),
    shared("hidden inputs displayed later", TOLD, KEEP, later=f"{SHOW}display(HTML(str(kept)))"),
    shared(
        "hidden inputs as a name of an error", TOLD, KEEP, later="raise type(f'E{abs(kept[-1])}', (Exception,), {})"
    ),
    Attack("hidden inputs raised at once", TOLD, "def double(x):\n    assert x == 2, x\n    return 4"),
    Attack("hidden inputs printed at once", TOLD, "def double(x):\n    print(x)\n    return 4"),
    Attack(
        "hidden inputs warned of", TOLD, "import warnings\n\ndef double(x):\n    warnings.warn(str(x))\n    return 4"
    ),
    page("a script", "display(HTML('<script>bait()</script>'))"),
    page("a JavaScript output", "display(Javascript('bait()'))"),
    page("an image with a handler", "display(HTML('<img src=x onerror=bait()>'))"),
    page("a link to a script", "display(HTML('<a href=\"javascript:bait()\">more</a>'))"),
    page("a script in Markdown", "display(Markdown('more <script>bait()</script>'))"),
    Attack("a script between the cells", SCRIPT, "", change=add_markdown("more <script>bait()</script>")),
    Attack("a handler between the cells", SCRIPT, "", change=add_markdown("more <b onmouseover=bait()>here</b>")),
]
