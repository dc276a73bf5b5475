# Answers to exercise 4: one step with an autoencoder that is frozen in parts, and few labels.

# %% wrong: frozen, but in train mode
# loses: test_autoencoder_step_codes, test_autoencoder_step_more
# says: it is to be in eval mode
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: left in eval mode
# loses: test_autoencoder_step_codes, test_autoencoder_step_more
# says: was in train mode, and is not any more
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    for part in {encoder, decoder} - set(learning):
        part.eval()
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: no gradient passes through the frozen decoder
# loses: test_autoencoder_step_through, test_autoencoder_step_more
# says: with a gradient that passes through the decoder
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option == "joint":
        learning, u = [encoder, decoder, head], encoder(x)
    else:
        learning, modes = [head], (encoder.training, decoder.training)
        encoder.train(option == "through" and modes[0])
        decoder.eval()
        with torch.no_grad():
            u = encoder(x)
            seen = decoder(u) if option == "through" else u
        encoder.train(modes[0]), decoder.train(modes[1])
    labelled, logits = y >= 0, head(u if option == "joint" else seen)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: beta weighs the reconstruction
# loses: test_autoencoder_step_joint, test_autoencoder_step_more
# says: not the reverse
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    modes = encoder.training, decoder.training
    encoder.train(modes[0] and encoder in learning), decoder.train(modes[1] and decoder in learning)
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = (1 - beta) * loss + beta * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: a mean over the features, of the labelled examples
# loses: test_autoencoder_step_joint, test_autoencoder_step_more
# says: the mean over all examples
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    modes = encoder.training, decoder.training
    encoder.train(modes[0] and encoder in learning), decoder.train(modes[1] and decoder in learning)
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x)[labelled].square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: a mean over the features
# loses: test_autoencoder_step_joint, test_autoencoder_step_more
# says: a sum over the features
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    modes = encoder.training, decoder.training
    encoder.train(modes[0] and encoder in learning), decoder.train(modes[1] and decoder in learning)
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * F.mse_loss(decoder(u), x)
    encoder.train(modes[0]), decoder.train(modes[1])
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% wrong: old gradients add up
# loses: test_autoencoder_step_codes, test_autoencoder_step_more
# says: old gradients have no part
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    modes = encoder.training, decoder.training
    encoder.train(modes[0] and encoder in learning), decoder.train(modes[1] and decoder in learning)
    u, labelled = encoder(x), y >= 0
    logits = head(decoder(u) if option == "through" else u)
    loss = F.cross_entropy(logits[labelled], y[labelled], reduction="sum") / max(1, labelled.sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    loss.backward()
    for part in learning:
        for p in part.parameters():
            p.data -= lr * p.grad
    return loss.item()


# %% wrong: no label at all gives NaN
# loses: test_autoencoder_step_more
# says: without any label the loss
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    modes = encoder.training, decoder.training
    encoder.train(modes[0] and encoder in learning), decoder.train(modes[1] and decoder in learning)
    u = encoder(x)
    loss = F.cross_entropy(head(decoder(u) if option == "through" else u), y, ignore_index=-1)
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    parameters = [p for part in learning for p in part.parameters()]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * gradient
    return loss.item()


# %% unusual: SGD, and the helpers' copies of the frozen parts
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    from helpers.autoencoders import Frozen

    first = Frozen(encoder) if option == "codes" else encoder
    second = Frozen(decoder) if option == "through" else decoder
    learning = {"codes": [head], "through": [encoder, head], "joint": [encoder, decoder, head]}[option]
    optimizer = torch.optim.SGD([p for part in learning for p in part.parameters()], lr=lr)
    optimizer.zero_grad()
    u = first(x)
    losses = F.cross_entropy(head(second(u) if option == "through" else u), y, ignore_index=-1, reduction="none")
    loss = losses.sum() / max(1, (y != -1).sum())
    if option == "joint":
        loss = beta * loss + (1 - beta) * F.mse_loss(second(u), x) * x.shape[1]
    loss.backward()
    optimizer.step()
    return float(loss)


# %% unusual: requires_grad off and on again
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    still = {"codes": encoder, "through": decoder}.get(option)
    if still is not None:
        mode = still.training
        still.eval().requires_grad_(False)
    u = encoder(x)
    scores = decoder(u) if option == "through" else u
    weights = (y >= 0).to(x) / max(1, int((y >= 0).sum()))
    loss = (weights * F.cross_entropy(head(scores), y.clamp(min=0), reduction="none")).sum()
    if option == "joint":
        loss = beta * loss + (1 - beta) * torch.linalg.vector_norm(decoder(u) - x, dim=1).square().mean()
    learning = [p for part in (encoder, decoder, head) for p in part.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss, learning, allow_unused=True)
    for p, gradient in zip(learning, gradients, strict=True):
        if gradient is not None:
            p.data.sub_(gradient, alpha=lr)
    if still is not None:
        still.train(mode).requires_grad_(True)
    return loss.item()
