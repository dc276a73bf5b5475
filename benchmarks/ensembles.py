"""`helpers.stacked` beside a loop over models, beside torch.func, and beside scikit-learn's bagging."""

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import Tensor
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from torch.nn import functional as F

from benchmarks.timing import Case, Contest
from helpers import ensembles, stacked, training
from helpers.device import generator

TITLE, COLUMNS = "Ensembles", ("networks", "task", "beside")
# Members, widths, and calls per round.
MODELS = {"8 of 64-32-10": ((8, (64, 32, 10)), 1), "12 of 40-100-10": ((12, (40, 100, 10)), 1)}
N, BATCH, N_EPOCHS, LR, MOMENTUM = 128, 32, 2, 0.05, 0.9


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, Sequence[int]], int]]) -> Iterator[Case]:
    """Every ensemble with every task.

    Args:
        device: Where the networks are; scikit-learn's are on the CPU.
        settings: By name, the number of members, the widths of an MLP, and the calls per round.
    """
    for name, ((n_members, sizes), n_calls) in settings.items():
        for task, make in TASKS.items():
            yield Case((name, *task), n_calls, make(n_members, tuple(sizes), device))


class _Setting:
    """The same task for all: each member has its own weights, bootstrap sample and order of examples."""

    def __init__(self, n_members: int, sizes: Sequence[int], device: torch.device):
        self.sizes, self.n_members = sizes, n_members
        self.x = torch.randn(N, sizes[0], generator=generator(0)).to(device)
        teacher = torch.randn(sizes[0], sizes[-1], generator=generator(1)).to(device)
        self.y = (self.x @ teacher).argmax(dim=1)
        self.rows = ensembles.bootstrap(N, n_members, generator=generator(2))
        self.stacked = stacked.StackedMLP(sizes, generators=self.streams(0)).to(device)
        self.networks = self.stacked.members()

    def streams(self, first: int) -> list[torch.Generator]:
        return [generator(first + k) for k in range(self.n_members)]


# Each of these prepares, and returns what is timed: training, which returns how to ask for all members' outputs.
Way = Callable[[_Setting], Callable[[], Callable[[], Tensor]]]


def _at_once(setting: _Setting) -> Callable[[], Callable[[], Tensor]]:
    model, streams = copy.deepcopy(setting.stacked), setting.streams(100)

    def train() -> Callable[[], Tensor]:
        options = {"loss": F.cross_entropy, "n_epochs": N_EPOCHS, "batch_size": BATCH, "indices": setting.rows}
        stacked.fit(model, setting.x, setting.y, optimizer=_sgd(model.parameters()), generators=streams, **options)
        return lambda: model(setting.x)

    return train


def _loop(setting: _Setting) -> Callable[[], Callable[[], Tensor]]:
    networks, streams = copy.deepcopy(setting.networks), setting.streams(100)

    def train() -> Callable[[], Tensor]:
        options = {"loss": F.cross_entropy, "n_epochs": N_EPOCHS, "batch_size": BATCH}
        for network, rows, stream in zip(networks, setting.rows, streams, strict=True):
            optimizer = _sgd(network.parameters())
            x, y = setting.x[rows], setting.y[rows]
            training.fit(network, x, y, optimizer=optimizer, generator=stream, **options)
        return lambda: torch.stack([network(setting.x) for network in networks])

    return train


def _torch_func(setting: _Setting) -> Callable[[], Callable[[], Tensor]]:
    parameters, buffers = stack_module_state(setting.networks)
    skeleton, streams = copy.deepcopy(setting.networks[0]).to("meta"), setting.streams(100)

    def call(parameters: dict, buffers: dict, x: Tensor) -> Tensor:
        return functional_call(skeleton, (parameters, buffers), (x,))

    step = vmap(grad_and_value(lambda p, b, x, y: F.cross_entropy(call(p, b, x), y)))

    def train() -> Callable[[], Tensor]:
        optimizer = _sgd(parameters.values())
        for _ in range(N_EPOCHS):
            orders = torch.stack([torch.randperm(N, generator=stream) for stream in streams])
            for batch in setting.rows.gather(1, orders).to(setting.x.device).split(BATCH, dim=1):
                gradients, losses = step(parameters, buffers, setting.x[batch], setting.y[batch])
                for name, parameter in parameters.items():
                    parameter.grad = gradients[name]
                optimizer.step()
                losses.mean().item()  # for the history that ours keeps, too
        return lambda: vmap(call, in_dims=(0, 0, None))(parameters, buffers, setting.x)

    return train


def _sgd(parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=LR, momentum=MOMENTUM, foreach=True)


def _beside(theirs: Way) -> Callable[[int, Sequence[int], torch.device], Contest]:
    def make(n_members: int, sizes: Sequence[int], device: torch.device) -> Contest:
        setting = _Setting(n_members, sizes, device)
        expected = _loop(setting)()()
        ready: list[Callable[[], Callable[[], Tensor]]] = []
        trained: list[Callable[[], Tensor]] = []

        def reset() -> None:
            trained.clear()
            ready[:] = [_at_once(setting), theirs(setting)]

        def check() -> None:
            if not trained or not torch.allclose(trained[0](), expected, rtol=1e-2, atol=1e-3):
                raise RuntimeError("the networks are not those that are trained one by one")

        return Contest(lambda: trained.append(ready[0]()), lambda: trained.append(ready[1]()), reset, check)

    return make


def _beside_scikit_learn(n_members: int, sizes: Sequence[int], device: torch.device) -> Contest:
    """As many networks, epochs and examples, other random streams: both only have to learn something."""
    setting = _Setting(n_members, sizes, device)
    x, y = setting.x.cpu().numpy(), setting.y.cpu().numpy()
    options = {"solver": "sgd", "learning_rate_init": LR, "momentum": MOMENTUM, "alpha": 0.0, "n_iter_no_change": 100}
    network = MLPClassifier(tuple(sizes[1:-1]), batch_size=BATCH, max_iter=N_EPOCHS, **options)
    right: list[float] = []

    def ours() -> None:
        logits = _at_once(_Setting(n_members, sizes, device))()()
        right.append((ensembles.mean_probabilities(logits).argmax(dim=1) == setting.y).double().mean().item())

    def theirs() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it stops after as many epochs as it was told
            right.append(BaggingClassifier(network, n_members, random_state=0).fit(x, y).score(x, y))

    def check() -> None:
        chance = setting.y.bincount().max().item() / N
        if not right or right[-1] < chance + 0.2:
            raise RuntimeError(f"the ensemble has not learned: {right} right where guessing has {chance:.2f}")

    return Contest(ours, theirs, right.clear, check)


TASKS = {
    ("training", "loop over models"): _beside(_loop),
    ("training", "torch.func.vmap"): _beside(_torch_func),
    ("bagging", "BaggingClassifier"): _beside_scikit_learn,
}
