# Answers to exercise 5: a percentile of all gradient norms seen so far.

# %% wrong: a percentile of the whole log
# loses: test_autoclip_history, test_autoclip_percentile, test_autoclip_nonfinite
# says: not the whole log
def autoclip_thresholds(norms, percentile):
    import numpy as np

    finite = [norm for norm in norms if np.isfinite(norm)]
    return [np.percentile(finite, percentile) for _ in norms]


# %% wrong: the norms before this step only
# loses: test_autoclip_history, test_autoclip_percentile, test_autoclip_nonfinite
# says: the step's own norm belongs to the norms so far
def autoclip_thresholds(norms, percentile):
    import numpy as np

    seen, thresholds = [], []
    for norm in norms:
        thresholds.append(np.percentile(seen, percentile) if seen else np.inf)
        if np.isfinite(norm):
            seen.append(norm)
    return thresholds


# %% wrong: the norms before this step, after a first step of its own
# loses: test_autoclip_history, test_autoclip_percentile, test_autoclip_nonfinite
# says: the first step's is not all there is
def autoclip_thresholds(norms, percentile):
    import numpy as np

    seen, thresholds = [], []
    for norm in norms:
        if np.isfinite(norm):
            thresholds.append(np.percentile(seen or [norm], percentile))
            seen.append(norm)
        else:
            thresholds.append(np.percentile(seen, percentile) if seen else np.inf)
    return thresholds


# %% wrong: remembers the norms after clipping
# loses: test_autoclip_history, test_autoclip_nonfinite
# says: the log holds the norms before clipping
def autoclip_thresholds(norms, percentile):
    import numpy as np

    seen, thresholds = [], []
    for norm in norms:
        if np.isfinite(norm):
            seen.append(norm)
        thresholds.append(np.percentile(seen, percentile) if seen else np.inf)
        if np.isfinite(norm):
            seen[-1] = min(norm, thresholds[-1])
    return thresholds


# %% wrong: picks a norm, does not interpolate
# loses: test_autoclip_history, test_autoclip_percentile, test_autoclip_nonfinite
# says: half way between them
def autoclip_thresholds(norms, percentile):
    import math

    seen, thresholds = [], []
    for norm in norms:
        seen = sorted([*seen, norm] if math.isfinite(norm) else seen)
        thresholds.append(seen[int(percentile / 100 * (len(seen) - 1))] if seen else math.inf)
    return thresholds


# %% wrong: the percentile is divided by 100 for numpy.percentile
# loses: test_autoclip_percentile, test_autoclip_history, test_autoclip_nonfinite
# says: percentile 10 is the fraction 0.1, not 0.001
def autoclip_thresholds(norms, percentile):
    import numpy as np

    seen, thresholds = [], []
    for norm in norms:
        if np.isfinite(norm):
            seen.append(norm)
        thresholds.append(np.percentile(seen, percentile / 100) if seen else np.inf)
    return thresholds


# %% wrong: no word about NaN and inf
# loses: test_autoclip_nonfinite
# says: a NaN in the log must not become a threshold
def autoclip_thresholds(norms, percentile):
    norms = torch.as_tensor(norms, dtype=torch.float64)
    return [torch.quantile(norms[: t + 1], percentile / 100).item() for t in range(len(norms))]


# %% wrong: leaves out NaN and keeps inf
# loses: test_autoclip_nonfinite
# says: an inf counts for nothing
def autoclip_thresholds(norms, percentile):
    seen, thresholds = [], []
    for norm in norms:
        if norm == norm:
            seen.append(norm)
        thresholds.append(torch.tensor(seen).quantile(percentile / 100).item() if seen else float("inf"))
    return thresholds


# %% wrong: no threshold for a skipped step
# loses: test_autoclip_nonfinite
# says: also for one that was skipped
def autoclip_thresholds(norms, percentile):
    import numpy as np

    finite = [norm for norm in norms if np.isfinite(norm)]
    return [np.percentile(finite[: t + 1], percentile) for t in range(len(finite))]


# %% wrong: a skipped step has no bound
# loses: test_autoclip_nonfinite
# says: a NaN counts for nothing
def autoclip_thresholds(norms, percentile):
    import numpy as np

    finite = [norm if np.isfinite(norm) else None for norm in norms]
    seen = [[norm for norm in finite[: t + 1] if norm is not None] for t in range(len(norms))]
    return [np.inf if norm is None else np.percentile(s, percentile) for norm, s in zip(finite, seen, strict=True)]


# %% wrong: begins with the threshold 0
# loses: test_autoclip_nonfinite
# says: as long as no finite norm was seen, the threshold is inf
def autoclip_thresholds(norms, percentile):
    import numpy as np

    seen, thresholds = [], []
    for norm in norms:
        if np.isfinite(norm):
            seen.append(norm)
        thresholds.append(np.percentile(seen, percentile) if seen else 0.0)
    return thresholds


# %% unusual: numpy, an array is returned
def autoclip_thresholds(norms, percentile):
    import numpy as np

    norms = np.asarray(norms, dtype=float)
    thresholds = np.full(len(norms), np.inf)
    for t in range(len(norms)):
        known = norms[: t + 1][np.isfinite(norms[: t + 1])]
        if known.size:
            thresholds[t] = np.percentile(known, percentile)
    return thresholds


# %% unusual: a sorted list in plain Python, interpolated by hand
def autoclip_thresholds(norms, percentile):
    import bisect
    import math

    seen, thresholds = [], []
    for norm in norms:
        if math.isfinite(norm):
            bisect.insort(seen, norm)
        if not seen:
            thresholds.append(math.inf)
            continue
        low, part = divmod(percentile / 100 * (len(seen) - 1), 1)
        below, above = seen[int(low)], seen[min(int(low) + 1, len(seen) - 1)]
        thresholds.append(below + part * (above - below))
    return tuple(thresholds)


# %% unusual: nanquantile in single precision, a tensor is returned
def autoclip_thresholds(norms, percentile):
    norms = torch.tensor(norms)
    norms[~norms.isfinite()] = float("nan")
    quantiles = [norms[: t + 1].nanquantile(percentile / 100) for t in range(len(norms))]
    return torch.tensor(quantiles).nan_to_num(nan=float("inf"))
