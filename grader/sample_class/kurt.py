# Understood clipping, but not the fine print: each answer has one classic mistake.

# %% mean_of_clipped
def mean_of_clipped(per_example, max_norm):
    means = [g.mean(dim=0) for g in per_example]
    norm = sum(m.square().sum() for m in means).sqrt()
    return [m * min(1.0, max_norm / norm) for m in means]


# %% guarded_step
def guarded_step(model, optimizer, loss_of, max_norm):
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if norm.isfinite():
        optimizer.step()
    return norm.item(), bool(norm.isfinite())


# %% gradient_turned_by
import math


def gradient_turned_by(angle_deg, max_value):
    if not 0 <= angle_deg < 45:
        raise ValueError("impossible")
    return max_value / math.tan(45 - angle_deg), max_value


# %% farthest
def farthest(lr, max_norm, n_steps, momentum):
    return lr * n_steps * max_norm / (1 - momentum)


# %% autoclip_thresholds
import numpy as np


def autoclip_thresholds(norms, percentile):
    return [np.percentile(norms, percentile) for _ in norms]


# %% descend
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        gradient = gradient_of(points)
        points = points - lr * gradient * min(1.0, max_norm / gradient.norm())
    return points


# %% window
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = []
for max_norm in thresholds:
    ends = descend(cliff_gradient, starts, 1.0, max_norm, 100)
    arrived.append((cliff_loss(ends) < 0.01).double().mean().item())
window = (thresholds[0], thresholds[-1])

# %% [markdown] answer
# The best threshold is the smallest, it is always safe.
