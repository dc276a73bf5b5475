# Answers to exercise 6a: the same function with root mean square 1 behind each ReLU.

# %% wrong: every layer divided by its own size from one pass
# loses: test_rebalance_sizes, test_rebalance_function, test_rebalance_deep, test_experiment
# says: scaling a layer changes all sizes behind it
def rebalance(model, x):
    with torch.no_grad():
        sizes, h = [], x
        for layer in model:
            h = layer(h)
            if isinstance(layer, nn.ReLU):
                sizes.append(h.square().mean().sqrt())
        for layer, size in zip(model[:-1:2], sizes, strict=True):
            layer.weight.div_(size)
            layer.bias.div_(size)


# %% wrong: the last layer undoes nothing
# loses: test_rebalance_function, test_rebalance_deep
# says: the last layer has to undo
def rebalance(model, x):
    with torch.no_grad():
        for number in range(0, len(model) - 1, 2):
            size = model[: number + 2](x).square().mean().sqrt()
            model[number].weight.div_(size)
            model[number].bias.div_(size)


# %% wrong: the biases stay
# loses: test_rebalance_sizes, test_rebalance_function, test_rebalance_deep
# says: root mean square 1
def rebalance(model, x):
    with torch.no_grad():
        total = 1.0
        for number in range(0, len(model) - 1, 2):
            size = model[: number + 2](x).square().mean().sqrt()
            model[number].weight.div_(size)
            total = total * size
        model[-1].weight.mul_(total)


# %% wrong: a bias gets its own layer's factor only
# loses: test_rebalance_function, test_rebalance_deep
# says: with biases the function changed
def rebalance(model, x):
    with torch.no_grad():
        total = 1.0
        for number in range(0, len(model) - 1, 2):
            size = model[: number + 2](x).square().mean().sqrt()
            model[number].weight.div_(size)
            model[number].bias.div_(size)
            total = total * size
        model[-1].weight.mul_(total)


# %% wrong: the standard deviation
# loses: test_rebalance_sizes, test_rebalance_deep
# says: not the standard deviation
def rebalance(model, x):
    with torch.no_grad():
        h, before = x, 1.0
        for layer in model:
            if isinstance(layer, nn.Linear):
                z = layer(h)
                after = 1.0 if layer is model[-1] else 1 / z.relu().std()
                layer.weight.mul_(after / before)
                layer.bias.mul_(after)
                h, before = z.relu(), after


# %% wrong: the size of what goes into the ReLU
# loses: test_rebalance_sizes, test_rebalance_deep
# says: not for what goes into it
def rebalance(model, x):
    with torch.no_grad():
        h, before = x, 1.0
        for layer in model:
            if isinstance(layer, nn.Linear):
                z = layer(h)
                after = 1.0 if layer is model[-1] else 1 / z.square().mean().sqrt()
                layer.weight.mul_(after / before)
                layer.bias.mul_(after)
                h, before = z.relu(), after


# %% wrong: works on a copy
# loses: test_rebalance_sizes, test_rebalance_deep, test_experiment
# says: the network did not change
def rebalance(model, x):
    import copy

    with torch.no_grad():
        h, before = x, 1.0
        for layer in copy.deepcopy(model):
            if isinstance(layer, nn.Linear):
                z = layer(h)
                after = 1 / z.relu().square().mean().sqrt()
                layer.weight.mul_(after / before)
                layer.bias.mul_(after)
                h, before = z.relu(), after


# %% wrong: a factor for each unit
# loses: test_rebalance_deep, test_experiment
# says: one positive factor
def rebalance(model, x):
    with torch.no_grad():
        h, before = x, torch.ones(x.shape[1], dtype=x.dtype)
        for layer in model:
            if isinstance(layer, nn.Linear):
                z = layer(h)
                after = 1 / z.relu().square().mean(dim=0).sqrt().clamp(min=1e-12)
                after = torch.where(z.relu().any(dim=0), after, 1.0)
                if layer is model[-1]:
                    after = torch.ones_like(after)
                else:
                    after = after / (z.relu() * after).square().mean().sqrt()
                layer.weight.mul_(after[:, None] / before)
                layer.bias.mul_(after)
                h, before = z.relu(), after


# %% wrong: the data are scaled
# loses: test_rebalance_deep, test_rebalance_sizes, test_rebalance_function
# says: the data were changed
def rebalance(model, x):
    with torch.no_grad():
        original = x.clone()
        x /= x.square().mean().sqrt()
        h, before = original, 1.0
        for layer in model:
            if isinstance(layer, nn.Linear):
                z = layer(h)
                after = 1.0 if layer is model[-1] else 1 / z.relu().square().mean().sqrt()
                layer.weight.mul_(after / before)
                layer.bias.mul_(after)
                h, before = z.relu(), after


# %% unusual: measures anew after each layer
def rebalance(model, x):
    with torch.no_grad():
        for number in range(0, len(model) - 1, 2):
            size = model[: number + 2](x).square().mean().sqrt()
            model[number].weight /= size
            model[number].bias /= size
            model[number + 2].weight *= size


# %% unusual: all sizes first, with hooks
def rebalance(model, x):
    sizes = []
    relus = [module for module in model if isinstance(module, nn.ReLU)]
    handles = [
        relu.register_forward_hook(lambda _m, _i, out: sizes.append(out.pow(2).mean().sqrt().item())) for relu in relus
    ]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    layers = [module for module in model if isinstance(module, nn.Linear)]
    for layer, before, after in zip(layers, [1.0, *sizes], [*sizes, 1.0], strict=True):
        layer.weight.data *= before / after
        layer.bias.data /= after


# %% unusual: new parameters in place of the old ones' data
def rebalance(model, x):
    import numpy as np

    h, before = x.numpy(), 1.0
    for layer in model[::2]:
        w, b = layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy()
        z = np.maximum(h @ w.T + b, 0)
        after = 1.0 if layer is model[-1] else 1 / np.sqrt((z**2).mean())
        layer.weight.data = torch.from_numpy(np.asarray(w * (after / before), dtype=w.dtype))
        layer.bias.data = torch.from_numpy(np.asarray(b * after, dtype=b.dtype))
        h, before = z, after
    return model
