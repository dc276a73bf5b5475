"""What runs in the student's kernel; `content` and `table` run on our side of the border too.

Nothing here is trusted once the student's code has run. It only has to be right for honest students.
"""

from importlib.resources import files

_PARTS = ("lazy", "content", "table", "graph", "encode", "load", "line", "serve")
_PACKAGE = "_examiner"
_LOADER = """
import sys, types
package = types.ModuleType({package!r})
package.__path__ = []
sys.modules[{package!r}] = package
for name, source in {sources!r}:
    module = types.ModuleType({package!r} + "." + name)
    module.__package__ = {package!r}
    sys.modules[module.__name__] = module
    exec(compile(source, module.__name__, "exec"), vars(module))
    setattr(package, name, module)
package.server = package.serve.Server(get_ipython().user_ns, {limits!r})
"""
CONNECT = f"__import__('sys').modules[{_PACKAGE!r}].server.connect({{!r}})"


def loader(max_nodes: int, max_bytes: int, max_printed: int) -> str:
    """Return the code that brings these modules into the student's kernel.

    Args:
        max_nodes: How many values a reply may hold.
        max_bytes: How many bytes of raw data.
        max_printed: How many characters of what is printed meanwhile.
    """
    sources = [(name, (files(__name__) / f"{name}.py").read_text(encoding="utf-8")) for name in _PARTS]
    limits = {"max_nodes": max_nodes, "max_bytes": max_bytes, "max_printed": max_printed}
    return _LOADER.format(package=_PACKAGE, sources=sources, limits=limits)
