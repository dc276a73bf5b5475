# Answers to exercise 5: where training with weight decay comes to rest.

# %% wrong: AdamW is taken for Adam
# loses: test_resting_decoupled
# says: AdamW is decoupled
def resting_place(optimizer, minimum, curvature, weight_decay):
    return curvature * minimum / (curvature + weight_decay)


# %% wrong: Adam is taken for AdamW
# loses: test_resting_coupled
# says: Adam is coupled
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer == "SGD" or weight_decay == 0:
        return curvature * minimum / (curvature + weight_decay)
    return max(-1 / weight_decay, min(1 / weight_decay, minimum))


# %% wrong: a factor of 2 in the penalty's gradient
# loses: test_resting_coupled, test_resting_decoupled
# says: without a factor of 2
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer in ("SGD", "Adam"):
        return curvature * minimum / (curvature + 2 * weight_decay)
    return max(-1 / weight_decay, min(1 / weight_decay, minimum)) if weight_decay else minimum


# %% wrong: weight decay does not move the minimum
# loses: test_resting_coupled, test_resting_decoupled
# says: it does not rest at the minimum of the loss alone
def resting_place(optimizer, minimum, curvature, weight_decay):
    return minimum


# %% wrong: AdamW goes beyond the minimum
# loses: test_resting_decoupled
# says: AdamW does not go beyond it
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer in ("SGD", "Adam") or weight_decay == 0:
        return curvature * minimum / (curvature + weight_decay)
    return 1 / weight_decay if minimum > 0 else -1 / weight_decay


# %% wrong: AdamW with a negative minimum
# loses: test_resting_decoupled
# says: AdamW with a negative minimum is off
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer in ("SGD", "Adam") or weight_decay == 0:
        return curvature * minimum / (curvature + weight_decay)
    return min(1 / weight_decay, minimum)


# %% wrong: divides by a weight decay of 0
# loses: test_resting_decoupled
# says: division by zero
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer in ("SGD", "Adam"):
        return curvature * minimum / (curvature + weight_decay)
    return max(-1 / weight_decay, min(1 / weight_decay, minimum))


# %% unusual: lets torch's optimizers run
def resting_place(optimizer, minimum, curvature, weight_decay):
    w = torch.nn.Parameter(torch.zeros(()))
    lr = 0.02 if optimizer == "SGD" else 0.01
    trainer = getattr(torch.optim, optimizer)([w], lr=lr, weight_decay=weight_decay)
    tail = []
    for step in range(1500):
        if step == 1000:
            trainer.param_groups[0]["lr"] = 0.0005
        w.grad = (curvature * (w - minimum)).detach()
        trainer.step()
        if step >= 1400:
            tail.append(w.item())
    return sum(tail) / len(tail)


# %% unusual: sign and magnitude
def resting_place(optimizer, minimum, curvature, weight_decay):
    if optimizer != "AdamW":
        return minimum / (1 + weight_decay / curvature)
    size = abs(minimum) if weight_decay * abs(minimum) <= 1 else 1 / weight_decay
    return size if minimum > 0 else -size


# %% unusual: torch's clamp, with an infinite bound
def resting_place(optimizer, minimum, curvature, weight_decay):
    m, bound = torch.tensor(minimum), 1 / torch.tensor(weight_decay)
    return (
        m.clamp(-bound, bound)
        if optimizer == "AdamW"
        else torch.lerp(m, 0 * m, weight_decay / (curvature + weight_decay))
    )
