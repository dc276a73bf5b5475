"""Helpers draw from a generator that the caller passes, and leave the global random streams alone."""

import ast

import pytest

from tests.notebooks import ROOT, name

MODULES = ("torch", "np", "numpy", "random")
STATE = {"seed", "manual_seed", "manual_seed_all", "set_rng_state", "fork_rng", "setstate", "set_state"}
STREAMS = {"default_rng", "Generator", "SeedSequence", "Random"}  # a stream of one's own, if it is given a seed
DRAWS = {
    *("rand", "randn", "randint", "randperm", "normal", "multinomial", "bernoulli", "poisson", "random_split"),
    *("rand_like", "randn_like", "randint_like"),
    *("normal_", "uniform_", "bernoulli_", "random_", "exponential_", "log_normal_", "cauchy_", "geometric_"),
    *("trunc_normal_", "xavier_normal_", "xavier_uniform_", "kaiming_normal_", "kaiming_uniform_", "orthogonal_"),
}
ALLOWED = {
    # mnist1d seeds the global streams itself; these put back what the caller had.
    "helpers/data.py": {"random.setstate", "np.random.set_state"},
}


def dotted(node):
    """The names in `a.b.c`, as far as it is made of names."""
    if isinstance(node, ast.Attribute):
        return [*dotted(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]


def is_global(call):
    """Whether a call reads or changes a random stream that was not passed to it."""
    *owner, function = dotted(call.func)
    keywords = {keyword.arg for keyword in call.keywords}
    module = ".".join(owner)
    if owner and owner[0] in MODULES and function in STATE:
        return True
    if module in ("random", "np.random", "numpy.random"):
        return function not in STREAMS | {"getstate", "get_state"} or (function in STREAMS and not call.args)
    if function == "DataLoader":
        return "shuffle" in keywords and "generator" not in keywords
    return function in DRAWS and "generator" not in keywords and module not in ("generator", "rng")


def global_draws(source):
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {".".join(dotted(call.func)) for call in calls if is_global(call)}


@pytest.mark.parametrize("path", sorted((ROOT / "helpers").glob("*.py")), ids=name)
def test_helpers_draw_from_a_generator(path):
    assert global_draws(path.read_text()) == ALLOWED.get(name(path), set())


@pytest.mark.parametrize(
    "call",
    [
        "torch.manual_seed(0)",
        "torch.cuda.manual_seed_all(0)",
        "torch.random.fork_rng()",
        "np.random.seed(0)",
        "numpy.random.normal()",
        "random.shuffle(x)",
        "np.random.default_rng()",
        "torch.randn(3)",
        "x.normal_()",
        "nn.init.normal_(x, std=1)",
        "DataLoader(x, shuffle=True)",
    ],
)
def test_a_global_draw_is_caught(call):
    assert global_draws(call) == {call.split("(")[0]}


@pytest.mark.parametrize(
    "call",
    [
        "torch.randn(3, generator=generator)",
        "x.uniform_(0, 1, generator=g)",
        "np.random.default_rng(seed)",
        "random.Random(7).shuffle(x)",
        "rng.normal(size=3)",
        "torch.Generator().manual_seed(3)",
        "DataLoader(x, shuffle=True, generator=g)",
    ],
)
def test_an_explicit_draw_passes(call):
    assert not global_draws(call)
