# All right, in the helpers' style: torch, vectorised, the library where it is allowed.

# %% mean_of_clipped
def mean_of_clipped(per_example, max_norm):
    n = per_example[0].shape[0]
    flat = torch.cat([g.reshape(n, -1) for g in per_example], dim=1)
    norms = torch.linalg.vector_norm(flat, dim=1)
    factors = torch.where(norms > max_norm, max_norm / norms, torch.ones_like(norms))
    return [torch.einsum("b,b...->...", factors, g) / n for g in per_example]


# %% guarded_step
from helpers import clipping


def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if not torch.isfinite(norm):
        optimizer.zero_grad()
        return norm.item(), False
    optimizer.step()
    return norm.item(), True


# %% gradient_turned_by
import math


def gradient_turned_by(angle_deg, max_value):
    if not 0 <= angle_deg < 45:
        raise ValueError(f"only angles in [0, 45) are possible, not {angle_deg}")
    slope = math.tan(math.radians(45 + angle_deg))
    return torch.tensor([max_value, max_value * slope], dtype=torch.float64)


# %% farthest
def farthest(lr, max_norm, n_steps, momentum):
    powers = momentum ** torch.arange(1, n_steps + 1, dtype=torch.float64)
    return lr * max_norm * ((1 - powers) / (1 - momentum)).sum()


# %% autoclip_thresholds
def autoclip_thresholds(norms, percentile):
    log = torch.tensor(norms, dtype=torch.float64)
    log[~log.isfinite()] = torch.nan
    thresholds = [torch.nanquantile(log[: t + 1], percentile / 100) for t in range(len(log))]
    return [torch.nan_to_num(t, nan=torch.inf) for t in thresholds]


# %% descend
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        points = points - lr * torch.renorm(gradient_of(points), p=2, dim=0, maxnorm=max_norm)
    return points


# %% window
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
losses = [cliff_loss(descend(cliff_gradient, starts, 1.0, c, 100)) for c in thresholds]
arrived = [(loss < 0.01).double().mean().item() for loss in losses]
complete = [c for c, fraction in zip(thresholds, arrived) if fraction == 1.0]
window = complete[0], complete[-1]

# %% [markdown] answer
# 1. Too low and 100 steps of at most lr · max_norm are not enough for the way; too high and one step at the cliff leaves
#    for the plateau.
# 2. The upper end doubles, because the length of a step counts there. The lower end stays, the total way is the same.
# 3. Clipping makes long gradients shorter, hers are too short. I would try ReLU with He initialisation.
