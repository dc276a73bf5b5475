# All right, with loops over plain numbers.

# %% mean_of_clipped
def mean_of_clipped(per_example, max_norm):
    n = len(per_example[0])
    means = [torch.zeros_like(g[0]) for g in per_example]
    for i in range(n):
        total = 0.0
        for g in per_example:
            for x in g[i].flatten().tolist():
                total += x * x
        norm = total**0.5
        for mean, g in zip(means, per_example):
            mean += (g[i] if norm <= max_norm else g[i] * (max_norm / norm)) / n
    return means


# %% guarded_step
import math


def guarded_step(model, optimizer, loss_of, max_norm):
    for p in model.parameters():
        p.grad = None
    loss_of(model).backward()
    total = 0.0
    for p in model.parameters():
        if p.grad is not None:
            for x in p.grad.flatten().tolist():
                total += x * x
    norm = math.sqrt(total)
    if math.isnan(norm) or math.isinf(norm):
        return norm, False
    for p in model.parameters():
        if p.grad is not None and norm > max_norm:
            p.grad *= max_norm / norm
    optimizer.step()
    return norm, True


# %% gradient_turned_by
def gradient_turned_by(angle_deg, max_value):
    if not (0 <= angle_deg < 45):
        raise ValueError(f"angle_deg must be at least 0 and below 45: {angle_deg}")
    at = math.radians(45 - angle_deg)
    return [-max_value * math.cos(at) / math.sin(at), -max_value]


# %% farthest
def farthest(lr, max_norm, n_steps, momentum):
    velocity, distance = 0.0, 0.0
    for _ in range(n_steps):
        velocity = momentum * velocity + max_norm
        distance += lr * velocity
    return distance


# %% autoclip_thresholds
def autoclip_thresholds(norms, percentile):
    seen, thresholds = [], []
    for norm in norms:
        if math.isfinite(norm):
            seen = sorted([*seen, norm])
        if not seen:
            thresholds.append(math.inf)
            continue
        place = percentile / 100 * (len(seen) - 1)
        low = math.floor(place)
        high = min(low + 1, len(seen) - 1)
        thresholds.append(seen[low] + (place - low) * (seen[high] - seen[low]))
    return thresholds


# %% descend
def descend(gradient_of, points, lr, max_norm, n_steps):
    ends = []
    for start in points:
        p = start
        for _ in range(n_steps):
            g = gradient_of(p.unsqueeze(0))[0]
            norm = math.sqrt(sum(x * x for x in g.tolist()))
            p = p - lr * (g if norm <= max_norm else g * (max_norm / norm))
        ends.append(p)
    return torch.stack(ends)


# %% window
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def descend_together(points, max_norm):
    for _ in range(100):
        g = cliff_gradient(points)
        for row in g:
            norm = math.sqrt(row[0] ** 2 + row[1] ** 2)
            if norm > max_norm:
                row *= max_norm / norm
        points = points - g
    return points


arrived = []
for max_norm in thresholds:
    n_arrived = 0
    for loss in cliff_loss(descend_together(starts, max_norm)).tolist():
        if loss < 0.01:
            n_arrived += 1
    arrived.append(n_arrived / len(starts))
window = (min(c for c, f in zip(thresholds, arrived) if f == 1), max(c for c, f in zip(thresholds, arrived) if f == 1))

# %% [markdown] answer
# 1) Lower end: 100 * 0.01 = 1 is the farthest a run can get. Upper end: the gradient on the cliff is huge, and one step
# along it ends on the plateau.
# 2) Lower end the same (more steps, each shorter), upper end twice as large.
# 3) Do not clip, there is nothing to shorten. Change the activation.
