# What honest students write, and the test cells that must pass against it.
# ruff: noqa
# fmt: off

# %% the student's notebook
import torch, copy, collections
history, limit, table = [1, 2], 0.5, {"a": torch.ones(2)}
def double(x): return x * 2
def same(x): return x
def fail(kind): raise kind("no good")
class Diverged(Exception): pass
def diverge(): raise Diverged("at step 3")
def grow(items): items.append(len(items)); history.append(3)
def rebind(): global limit; limit = 9.0
def call(f, *args): return f(*args)
def say(): print("hello"); return 1
def count():
    n = 0
    while True:
        yield n
        n += 1
def zero_(t): t.zero_()
def fill(a): a += 1
def draw(generator): return torch.rand(3, generator=generator)
def draw_global(): return torch.rand(3)
def step(model, x):
    model.zero_grad(); model(x).sum().backward()
Point = collections.namedtuple("Point", "x y")
def point(): return Point(1, 2.5)
def top(t): return torch.max(t, dim=0)
class EarlyStopping:
    def __init__(self, patience): self.patience, self.best, self.bad, self.log = patience, float("inf"), 0, []
    def __call__(self, loss):
        self.bad = 0 if loss < self.best else self.bad + 1
        self.best = min(loss, self.best); self.log.append(loss)
        return self.bad >= self.patience
    def __len__(self): return len(self.log)
    def __getitem__(self, i): return self.log[i]
class Average:
    def __init__(self, model, decay):
        self.model, self.decay = model, decay
        self.shadow = {k: v.clone() for k, v in model.state_dict().items()}
    def update(self):
        for k, v in self.model.state_dict().items(): self.shadow[k].mul_(self.decay).add_(v, alpha=1 - self.decay)
    def apply(self): self.model.load_state_dict(self.shadow)
class Net(torch.nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.layer, self.drop = torch.nn.Linear(2, width), torch.nn.Dropout(0.5)
    def forward(self, x): return self.drop(self.layer(x))
def watch(model, seen):
    def hook(module, args, output): seen.append(tuple(output.shape))
    return model.register_forward_hook(hook)
class Frozen:
    def __init__(self, net): self.net = net
    def __enter__(self):
        for p in self.net.parameters(): p.requires_grad_(False)
        return self
    def __exit__(self, *error):
        for p in self.net.parameters(): p.requires_grad_(True)
def ensemble(makers, x): return torch.stack([make()(x) for make in makers]).mean(0)
def squared_with_leaf(numbers, used):
    leaf = torch.tensor(numbers, requires_grad=True)
    result = leaf.square()
    if used: result.sum().backward(inputs=[leaf]); result = leaf.square()
    return (leaf, leaf.grad, result, leaf), {"again": [leaf.grad, result]}
class Sgd(torch.optim.Optimizer):
    def __init__(self, params, lr): super().__init__(params, {"lr": lr})
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None: p.sub_(group["lr"] * p.grad)

# %% values
assert history == [1, 2] and limit == 0.5 and type(history) is list

# %% tensor in a dict
import torch
assert torch.equal(table['a'], torch.ones(2))

# %% numbers
for x in (0, -1, 2**100, 0.1, -0.0, 1j, True, None, 'é', b'x', (1, [2]), {1: {2}}, range(3), float('inf')):
    assert same(x) == x and type(same(x)) is type(x)

# %% numpy
import numpy as np
x = np.arange(6.0).reshape(2, 3)
assert (double(x) == 2 * x).all()
assert type(double(x).sum()) is np.float64 and double(np.float32(2)).dtype == np.float32

# %% an array in place
import numpy as np
x = np.zeros(3)
fill(x)
assert x.tolist() == [1, 1, 1]

# %% a tensor in place
import torch
x = torch.ones(4)
zero_(x[1:3])
zero_(y := x[:1])
assert y.item() == 0 and x.tolist() == [0, 0, 0, 1]

# %% a base through its view
import torch
x = torch.ones(3)
call(lambda a, b: zero_(b), x, x[:1])
assert x[0] == 0

# %% dtypes
import torch
for d in (torch.bfloat16, torch.float16, torch.bool, torch.int8, torch.complex64):
    x = torch.ones(2, dtype=d)
    assert same(x.clone()).dtype == d and double(x.float()).dtype == torch.float32

# %% our very object comes back
x = [1]
assert same(x) is x

# %% a list in place
x = []
grow(x)
grow(x)
assert x == [0, 1]
assert history[-1] == 3
history[:] = [1, 2]
double(1)

# %% a name rebound
assert limit == 0.5
rebind()
assert limit == 9.0
call(lambda: globals())
import builtins

# %% exceptions
try:
    fail(ValueError)
except ValueError as e:
    assert str(e) == 'no good'
else:
    raise AssertionError

# %% own exceptions
try:
    diverge()
except Diverged as e:
    assert 'step 3' in str(e)

# %% a lambda's list
seen = []
call(lambda a: seen.append(a), 3)
assert seen == [3]

# %% a global counter
n = 0
def tick():
    global n
    n += 1
call(tick)
call(tick)
assert n == 2

# %% a nonlocal counter
def outer():
    n = 0
    def tick():
        nonlocal n
        n += 1
    call(tick)
    call(tick)
    return n
assert outer() == 2

# %% a student's function in a lambda
assert call(lambda x: double(x) + 1, 3) == 7

# %% a class of the test
class Box:
    def __init__(self): self.n = 0
    def add(self): self.n += 1
box = Box()
call(lambda b: b.add(), box)
assert box.n == 1

# %% a named tuple
p = point()
assert p.x == 1 and p.y == 2.5 and p == (1, 2.5)

# %% torch's return types
import torch
t = top(torch.tensor([1.0, 3.0]))
assert t.values == 3 and t.indices == 1 and t[0] == 3

# %% early stopping
s = EarlyStopping(patience=2)
assert [s(x) for x in (3.0, 2.0, 2.5, 2.5)] == [False] * 3 + [True]
assert s.best == 2.0 and len(s) == 4 and s[0] == 3.0 and list(s) == [3, 2, 2.5, 2.5]
s.bad = 0
assert not s(5.0)
log = s.log
s(7.0)
assert log[-1] == 7.0 and s.log is log
assert isinstance(s, EarlyStopping)

# %% generators
g = count()
assert [next(g) for _ in range(3)] == [0, 1, 2]
assert next(iter(g)) == 3

# %% a random generator
import torch
a = torch.Generator().manual_seed(1)
b = torch.Generator().manual_seed(1)
assert torch.equal(draw(a), torch.rand(3, generator=b))
assert torch.equal(a.get_state(), b.get_state())

# %% the global seed
import torch
torch.manual_seed(3)
a = draw_global()
b = torch.rand(2)
torch.manual_seed(3)
assert torch.equal(a, torch.rand(3)) and torch.equal(b, torch.rand(2))

# %% autograd
import torch
x = torch.ones(3, requires_grad=True)
y = double(x)
(y * torch.arange(3.0)).sum().backward()
assert x.grad.tolist() == [0, 2, 4]

# %% autograd.grad in the middle
import torch
x = torch.ones(3, requires_grad=True)
z = call(lambda a, b: a * b, x.exp(), x)
(g,) = torch.autograd.grad(z.sum(), x)
assert torch.allclose(g, 2 * torch.e * torch.ones(3)) and x.grad is None

# %% second derivatives
import torch
x = torch.tensor(2.0, requires_grad=True)
y = call(lambda a: a**3, x)
(g,) = torch.autograd.grad(y, x, create_graph=True)
(h,) = torch.autograd.grad(g, x)
assert g == 12 and h == 12

# %% a leaf beside what was made of it
import torch
for used in (False, True):
    (leaf, grad, result, same_leaf), others = squared_with_leaf([1.0, 3.0], used)
    assert leaf is same_leaf and others["again"][1] is result
    assert leaf.grad is grad is others["again"][0]
    before = torch.tensor([2.0, 6.0]) if used else torch.zeros(2)
    result.sum().backward()
    assert torch.equal(leaf.grad, before + torch.tensor([2.0, 6.0]))

# %% no_grad
import torch
x = torch.ones(1, requires_grad=True)
with torch.no_grad():
    assert not double(x).requires_grad

# %% grads of our module
import torch
m = torch.nn.Linear(2, 1)
step(m, torch.ones(1, 2))
assert m.weight.grad.tolist() == [[1, 1]]
step(m, torch.ones(1, 2))
assert m.weight.grad.tolist() == [[1, 1]]

# %% an object that keeps our module
import torch
m = torch.nn.Linear(1, 1)
torch.nn.init.zeros_(m.weight)
e = Average(m, 0.5)
torch.nn.init.ones_(m.weight)
e.update()
assert e.shadow['weight'].item() == 0.5
e.apply()
assert m.weight.item() == 0.5

# %% the student's module
import torch
n = Net(width=4)
assert isinstance(n, torch.nn.Module)
assert sum(p.numel() for p in n.parameters()) == 12
n.eval()
x = torch.ones(5, 2)
assert torch.equal(n(x), n(x)) and n(x).shape == (5, 4)
n.train()
assert (n(x) == 0).any()
n.eval()
n(x).sum().backward()
assert n.layer.weight.grad.tolist() == [[5, 5]] * 4
assert any(isinstance(m, torch.nn.Dropout) for m in n.modules())

# %% our optimiser on their module
import torch
n = Net().eval()
sgd = torch.optim.SGD(n.parameters(), lr=1.0)
before = n.layer.bias.detach().clone()
n(torch.ones(1, 2)).sum().backward()
sgd.step()
sgd.zero_grad()
assert torch.allclose(n(torch.zeros(1, 2)), before - 1)

# %% their optimiser on our module
import torch
m = torch.nn.Linear(2, 1)
opt = Sgd(m.parameters(), lr=0.5)
before = m.bias.item()
m(torch.ones(1, 2)).sum().backward()
opt.step()
assert abs(m.bias.item() - before + 0.5) < 1e-6
assert isinstance(opt, torch.optim.Optimizer)

# %% our optimiser with state
import torch
m = torch.nn.Linear(2, 1)
opt = torch.optim.Adam(m.parameters())
step(m, torch.ones(1, 2))
call(lambda o: o.step(), opt)
call(lambda o: o.step(), opt)
assert opt.state[m.weight]['step'] == 2
opt.step()
assert opt.state[m.weight]['step'] == 3

# %% a hook on our module
import torch
m, seen = torch.nn.Linear(2, 3), []
handle = watch(m, seen)
m(torch.ones(4, 2))
assert seen == [(4, 3)]
handle.remove()
m(torch.ones(4, 2))
assert len(seen) == 1

# %% a context manager
import torch
m = torch.nn.Linear(2, 3)
with Frozen(m):
    assert not m.weight.requires_grad
assert m.weight.requires_grad

# %% an ensemble
import torch
nets = [torch.nn.Linear(1, 1) for _ in range(3)]
x = torch.ones(1, 1)
got = ensemble([lambda net=net: net for net in nets], x)
assert torch.allclose(got, sum(n(x) for n in nets) / 3)

# %% a deep copy
import copy
n = Net()
m = copy.deepcopy(n)
assert m is not n and m.layer is not n.layer

# %% their layer in our Sequential
import torch
net = torch.nn.Sequential(Net(), torch.nn.ReLU()).eval()
assert net(torch.ones(2, 2)).shape == (2, 3)
assert len(list(net.parameters())) == 2

# %% builtins are ours
assert sum([1, 2]) == 3 and sorted([2, 1]) == [1, 2]
