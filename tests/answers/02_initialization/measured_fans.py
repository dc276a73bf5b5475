# Answers to exercise 4: the fans of a layer, by experiment.

# %% wrong: the channels, without the receptive field
# loses: test_measured_fans_plain, test_measured_fans_kinds
# says: in its whole receptive field
def measured_fans(layer, input_shape):
    return layer.weight.shape[1], layer.weight.shape[0]


# %% wrong: torch's own count
# loses: test_measured_fans_kinds
# says: a convolution with groups
def measured_fans(layer, input_shape):
    return nn.init._calculate_fan_in_and_fan_out(layer.weight)


# %% wrong: outputs first
# loses: test_measured_fans_plain, test_measured_fans_kinds
# says: the order is (n_in, n_out)
def measured_fans(layer, input_shape):
    fans = nn.init._calculate_fan_in_and_fan_out(layer.weight)
    return fans[1], fans[0]


# %% wrong: the bias is counted
# loses: test_measured_fans_plain, test_measured_fans_kinds
# says: a bias is no input
def measured_fans(layer, input_shape):
    import copy

    layer = copy.deepcopy(layer)
    for parameter in layer.parameters():
        parameter.data.fill_(1)
    x = torch.ones(1, *input_shape, dtype=layer.weight.dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    return y.max().item(), x.grad.max().item()


# %% wrong: an average with the edges
# loses: test_measured_fans_plain, test_measured_fans_kinds
# says: also with padding at the edges
def measured_fans(layer, input_shape):
    import copy

    layer = copy.deepcopy(layer)
    layer.weight.data.fill_(1)
    if layer.bias is not None:
        layer.bias.data.zero_()
    x = torch.ones(1, *input_shape, dtype=layer.weight.dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    return y.mean().item(), x.grad.mean().item()


# %% wrong: measures on the layer itself
# loses: test_measured_fans_leaves
# says: leave the weights as they were
def measured_fans(layer, input_shape):
    layer.weight.data.fill_(1)
    if layer.bias is not None:
        layer.bias.data.zero_()
    x = torch.ones(1, *input_shape, dtype=layer.weight.dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    return round(y.max().item()), round(x.grad.max().item())


# %% wrong: leaves a gradient behind
# loses: test_measured_fans_leaves
# says: leave no gradient
def measured_fans(layer, input_shape):
    old = [parameter.detach().clone() for parameter in layer.parameters()]
    layer.weight.data.fill_(1)
    if layer.bias is not None:
        layer.bias.data.zero_()
    x = torch.ones(1, *input_shape, dtype=layer.weight.dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    for parameter, values in zip(layer.parameters(), old, strict=True):
        parameter.data.copy_(values)
    return round(y.max().item()), round(x.grad.max().item())


# %% wrong: the helper's average over the positions
# loses: test_measured_fans_kinds
# says: not the average
def measured_fans(layer, input_shape):
    return initialization.fans(layer)


# %% unusual: a copy of the layer
def measured_fans(layer, input_shape):
    import copy

    layer = copy.deepcopy(layer)
    layer.weight.data.fill_(1)
    if layer.bias is not None:
        layer.bias.data.zero_()
    x = torch.ones(1, *input_shape, dtype=layer.weight.dtype, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    return y.max().item(), x.grad.max().item()


# %% unusual: the difference to an input of zeros takes the bias away
def measured_fans(layer, input_shape):
    old = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.fill_(1)
        zeros = torch.zeros(1, *input_shape, dtype=old.dtype)
        n_in = (layer(zeros + 1) - layer(zeros)).max().item()
    x = zeros.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).sum(), x)
    with torch.no_grad():
        layer.weight.copy_(old)
    return round(n_in), round(gradient.max().item())


# %% unusual: the Jacobian's nonzero entries
def measured_fans(layer, input_shape):
    import copy

    layer = copy.deepcopy(layer)
    layer.weight.data.fill_(1)
    x = torch.zeros(1, *input_shape, dtype=layer.weight.dtype)
    y = layer(x)
    jacobian = torch.autograd.functional.jacobian(layer, x).reshape(y.numel(), x.numel())
    return (jacobian != 0).sum(dim=1).max(), (jacobian != 0).sum(dim=0).max()
