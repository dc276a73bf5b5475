# Answers to exercise 6b: the thresholds for which every start arrives.

# %% wrong: the smallest threshold is taken for the safest
# loses: test_window
# says: the smallest threshold is not the safest
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = [0.725, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.575, 0.575]  # as measured
window = (thresholds[0], max(t for t, fraction in zip(thresholds, arrived, strict=True) if fraction == 1))

# %% wrong: the largest threshold with which any start arrives
# loses: test_window
# says: the window ends where the first run is lost
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = [0.725, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.575, 0.575]  # as measured
window = (
    min(t for t, fraction in zip(thresholds, arrived, strict=True) if fraction == 1),
    max(t for t, fraction in zip(thresholds, arrived, strict=True) if fraction > 0),
)

# %% wrong: positions in the list
# loses: test_window
# says: not positions in the list
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = [0.725, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.575, 0.575]  # as measured
survivors = [position for position, fraction in enumerate(arrived) if fraction == 1]
window = (survivors[0], survivors[-1])

# %% wrong: largest before smallest
# loses: test_window
# says: in this order
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = [0.725, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.575, 0.575]  # as measured
survivors = [max_norm for max_norm, fraction in zip(thresholds, arrived, strict=True) if fraction == 1]
window = (survivors[-1], survivors[0])

# %% wrong: counts in place of fractions
# loses: test_window
# says: fractions lie between 0 and 1
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = [29, 36, 40, 40, 40, 40, 40, 23, 23]  # as measured
survivors = [max_norm for max_norm, count in zip(thresholds, arrived, strict=True) if count == 40]
window = (min(survivors), max(survivors))

# %% wrong: judges the mean loss of all starts
# loses: test_window
# says: the fraction for the smallest threshold is off
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
ends = [descend(cliff_gradient, starts, 1.0, max_norm, 100) for max_norm in thresholds]
arrived = [float(cliff_loss(end).mean() < 0.01) for end in ends]
survivors = [max_norm for max_norm, fraction in zip(thresholds, arrived, strict=True) if fraction == 1]
window = (min(survivors), max(survivors))

# %% wrong: goes on from where the last threshold led
# loses: test_window
# says: does each threshold begin at `starts` again?
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived, place = [], starts
for max_norm in thresholds:
    place = descend(cliff_gradient, place, 1.0, max_norm, 100)
    arrived.append((cliff_loss(place) < 0.01).double().mean().item())
window = (0.1, 1.6)

# %% wrong: torch's clipping for all starts together
# loses: test_window
# says: at the lower end of your window not every start arrives
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
arrived = []
for max_norm in thresholds:
    place = torch.nn.Parameter(starts.clone())
    for _ in range(100):
        place.grad = cliff_gradient(place)
        torch.nn.utils.clip_grad_norm_([place], max_norm)
        place.data -= place.grad
    arrived.append((cliff_loss(place) < 0.01).double().mean().item())
window = (0.1, 1.6)

# %% unusual: torch tensors in single precision
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
ends = torch.stack([descend(cliff_gradient, starts, 1.0, max_norm, 100) for max_norm in thresholds])
arrived = (cliff_loss(ends.reshape(-1, 2)) < 0.01).reshape(9, 40).float().mean(dim=1)
window = torch.tensor(thresholds)[arrived == 1].aminmax()

# %% unusual: numpy, and the arrivals counted one by one
import numpy as np

thresholds = np.array([0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4], dtype=np.float32)
arrived = np.zeros(9)
for i, max_norm in enumerate(thresholds):
    for loss in cliff_loss(descend(cliff_gradient, starts, 1.0, float(max_norm), 100)).tolist():
        arrived[i] += (loss < 0.01) / len(starts)
everyone = np.flatnonzero(np.isclose(arrived, 1))
window = [thresholds[everyone[0]], thresholds[everyone[-1]]]

# %% unusual: runs of its own, without descend
thresholds = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
bounds = torch.tensor(thresholds, dtype=torch.float64).repeat_interleave(len(starts))[:, None]
place = starts.repeat(9, 1)
for _ in range(100):
    gradient = cliff_gradient(place)
    place = place - gradient / (gradient.norm(dim=1, keepdim=True) / bounds).clamp(min=1)
arrived = (cliff_loss(place) < 0.01).double().reshape(9, -1).mean(dim=1).tolist()
survivors = {t for t, fraction in zip(thresholds, arrived, strict=True) if fraction == 1}
window = min(survivors), max(survivors)
