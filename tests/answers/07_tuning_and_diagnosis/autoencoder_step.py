# Answers to exercise 4: one step for each of the three ways to use an autoencoder.

# %% wrong: the encoder is not frozen
# loses: test_autoencoder_step_codes, test_autoencoder_step_frozen
# says: the encoder is frozen, and it moved
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    u = encoder(x)
    loss = F.cross_entropy(head(decoder(u) if option == "reconstructions" else u), y)
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    learning = [*encoder.parameters(), *decoder.parameters(), *head.parameters()]
    for p in learning:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in learning:
            if p.grad is not None:
                p -= lr * p.grad
    return loss.item()


# %% wrong: frozen, but in train mode
# loses: test_autoencoder_step_frozen
# says: it is to be in eval mode
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    u = encoder(x)
    learning = list(head.parameters())
    if option == "joint":
        learning += [*encoder.parameters(), *decoder.parameters()]
        loss = beta * F.cross_entropy(head(u), y) + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    else:
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: left in eval mode
# loses: test_autoencoder_step_frozen
# says: was in train mode, and is not any more
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option != "joint":
        encoder.eval()
        decoder.eval()
    u = encoder(x)
    learning = list(head.parameters())
    if option == "joint":
        learning += [*encoder.parameters(), *decoder.parameters()]
        loss = beta * F.cross_entropy(head(u), y) + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    else:
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: everything in train mode afterwards
# loses: test_autoencoder_step_frozen
# says: was in eval mode, and is not any more
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option != "joint":
        encoder.eval()
        decoder.eval()
    u = encoder(x)
    learning = list(head.parameters())
    if option == "joint":
        learning += [*encoder.parameters(), *decoder.parameters()]
        loss = beta * F.cross_entropy(head(u), y) + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    else:
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    encoder.train()
    decoder.train()
    return loss.item()


# %% wrong: frozen for good
# loses: test_autoencoder_step_frozen
# says: must be trainable afterwards
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    modes = encoder.training, decoder.training
    if option != "joint":
        encoder.eval().requires_grad_(False)
        decoder.eval().requires_grad_(False)
    u = encoder(x)
    loss = F.cross_entropy(head(decoder(u) if option == "reconstructions" else u), y)
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0])
    decoder.train(modes[1])
    learning = [p for part in (encoder, decoder, head) for p in part.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: beta weighs the reconstruction
# loses: test_autoencoder_step_joint, test_autoencoder_step_all
# says: not the reverse
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option == "joint":
        u, learning = encoder(x), [*encoder.parameters(), *decoder.parameters(), *head.parameters()]
        loss = (1 - beta) * F.cross_entropy(head(u), y) + beta * (decoder(u) - x).square().sum(dim=1).mean()
    else:
        learning, modes = list(head.parameters()), (encoder.training, decoder.training)
        encoder.eval(), decoder.eval()
        u = encoder(x)
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
        encoder.train(modes[0]), decoder.train(modes[1])
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: a mean over the features
# loses: test_autoencoder_step_joint, test_autoencoder_step_all
# says: a sum over the features
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option == "joint":
        u, learning = encoder(x), [*encoder.parameters(), *decoder.parameters(), *head.parameters()]
        loss = beta * F.cross_entropy(head(u), y) + (1 - beta) * F.mse_loss(decoder(u), x)
    else:
        learning, modes = list(head.parameters()), (encoder.training, decoder.training)
        encoder.eval(), decoder.eval()
        u = encoder(x)
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
        encoder.train(modes[0]), decoder.train(modes[1])
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: old gradients add up
# loses: test_autoencoder_step_codes, test_autoencoder_step_all
# says: old gradients have no part
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    modes, learning = (encoder.training, decoder.training), list(head.parameters())
    if option == "joint":
        learning += [*encoder.parameters(), *decoder.parameters()]
    else:
        encoder.eval(), decoder.eval()
    u = encoder(x)
    loss = F.cross_entropy(head(decoder(u) if option == "reconstructions" else u), y)
    if option == "joint":
        loss = beta * loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    loss.backward()
    with torch.no_grad():
        for p in learning:
            p -= lr * p.grad
    return loss.item()


# %% wrong: the joint option cuts the encoder off the classification
# loses: test_autoencoder_step_joint, test_autoencoder_step_all
# says: from the classification
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    if option == "joint":
        u, learning = encoder(x), [*encoder.parameters(), *decoder.parameters(), *head.parameters()]
        loss = beta * F.cross_entropy(head(u.detach()), y) + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    else:
        learning, modes = list(head.parameters()), (encoder.training, decoder.training)
        encoder.eval(), decoder.eval()
        u = encoder(x)
        loss = F.cross_entropy(head(u if option == "codes" else decoder(u)), y)
        encoder.train(modes[0]), decoder.train(modes[1])
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% wrong: beta in every option
# loses: test_autoencoder_step_codes, test_autoencoder_step_frozen
# says: beta is for the joint option only
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    modes, learning = (encoder.training, decoder.training), list(head.parameters())
    if option == "joint":
        learning += [*encoder.parameters(), *decoder.parameters()]
    else:
        encoder.eval(), decoder.eval()
    u = encoder(x)
    loss = beta * F.cross_entropy(head(decoder(u) if option == "reconstructions" else u), y)
    loss = loss + (1 - beta) * (decoder(u) - x).square().sum(dim=1).mean()
    encoder.train(modes[0]), decoder.train(modes[1])
    gradients = torch.autograd.grad(loss, learning)
    with torch.no_grad():
        for p, gradient in zip(learning, gradients, strict=True):
            p -= lr * gradient
    return loss.item()


# %% unusual: SGD, and copies of the frozen parts
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    import copy

    parts = [encoder, decoder, head] if option == "joint" else [head]
    optimizer = torch.optim.SGD([p for part in parts for p in part.parameters()], lr=lr)
    optimizer.zero_grad()
    if option == "joint":
        u = encoder(x)
        loss = beta * F.cross_entropy(head(u), y) + (1 - beta) * F.mse_loss(decoder(u), x) * x.shape[1]
    else:
        seen = copy.deepcopy(encoder).eval()(x)
        if option == "reconstructions":
            seen = copy.deepcopy(decoder).eval()(seen)
        loss = F.cross_entropy(head(seen.detach()), y)
    loss.backward()
    optimizer.step()
    return float(loss)


# %% unusual: the functional call with cut parameters, two passes in the joint option
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    def frozen(part, inputs):
        mode = part.training
        part.eval()
        with torch.inference_mode(False), torch.no_grad():
            outputs = part(inputs)
        part.train(mode)
        return outputs

    if option == "joint":
        error = ((x - decoder(encoder(x))) ** 2).sum() / len(x)
        loss = (1 - beta) * error + beta * F.cross_entropy(head(encoder(x)), y)
        parts = [encoder, decoder, head]
    else:
        seen = frozen(encoder, x)
        if option == "reconstructions":
            seen = frozen(decoder, seen)
        loss, parts = F.nll_loss(F.log_softmax(head(seen), dim=1), y), [head]
    for part in parts:
        part.zero_grad()
    loss.backward()
    for part in parts:
        for p in part.parameters():
            p.data -= lr * p.grad
    return loss


# %% unusual: requires_grad off and on again
def autoencoder_step(option, encoder, decoder, head, x, y, lr, beta):
    autoencoder = torch.nn.ModuleList([encoder, decoder])
    modes = encoder.training, decoder.training
    if option != "joint":
        autoencoder.eval()
        autoencoder.requires_grad_(False)
    u = encoder(x)
    loss = F.cross_entropy(head(decoder(u) if option == "reconstructions" else u), y)
    if option == "joint":
        loss = beta * loss + (1 - beta) * torch.linalg.vector_norm(decoder(u) - x, dim=1).square().mean()
    learning = [p for part in (autoencoder, head) for p in part.parameters() if p.requires_grad]
    for p, gradient in zip(learning, torch.autograd.grad(loss, learning), strict=True):
        p.data.sub_(gradient, alpha=lr)
    encoder.train(modes[0])
    decoder.train(modes[1])
    autoencoder.requires_grad_(True)
    return loss.item()
