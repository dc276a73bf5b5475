# Answers to exercise 2b: the staged search.

# %% wrong: the best of the last stage
# loses: test_staged_best, test_staged_nan
# says: not of the last one
def staged(objective, box, rule, n, n_stages):
    for _ in range(n_stages):
        best, lowest = None, math.nan
        for value in np.geomspace(*box, n + 2)[1:-1]:
            score = objective(float(value))
            if best is None or score < lowest:
                best, lowest = float(value), score
        box = rule(box, best)
    return best, lowest


# %% wrong: the best is kept, but rule gets the best of the stage
# loses: test_staged_best, test_staged_nan
# says: rule gets the best of all stages so far
def staged(objective, box, rule, n, n_stages):
    best, lowest = None, math.inf
    for _ in range(n_stages):
        values = [float(value) for value in np.geomspace(*box, n + 2)[1:-1]]
        scores = [objective(value) for value in values]
        pairs = [(score, value) for score, value in zip(scores, values, strict=True) if not math.isnan(score)]
        if pairs:
            box = rule(box, min(pairs)[1])
            if min(pairs)[0] < lowest:
                lowest, best = min(pairs)
    return (best, lowest) if best is not None else (None, math.nan)


# %% wrong: NaN at first is never beaten
# loses: test_staged_nan
# says: NaN is never the best
def staged(objective, box, rule, n, n_stages):
    best, lowest = None, None
    for _ in range(n_stages):
        for value in np.geomspace(*box, n + 2)[1:-1]:
            score = objective(float(value))
            if best is None or score < lowest:
                best, lowest = float(value), score
        box = rule(box, best)
    return best, lowest


# %% wrong: gives up when the first stage has no number
# loses: test_staged_nan
# says: the search goes on
def staged(objective, box, rule, n, n_stages):
    best, lowest = None, math.nan
    for _ in range(n_stages):
        for value in np.geomspace(*box, n + 2)[1:-1]:
            score = objective(float(value))
            if score < lowest or (best is None and not math.isnan(score)):
                best, lowest = float(value), score
        if best is None:
            return None, math.nan
        box = rule(box, best)
    return best, lowest


# %% wrong: uniform in the box
# loses: test_staged_scale
# says: drawn on the linear scale
def staged(objective, box, rule, n, n_stages):
    best, lowest = None, math.nan
    for _ in range(n_stages):
        for value in np.linspace(*box, n + 2)[1:-1]:
            score = objective(float(value))
            if score < lowest or (best is None and not math.isnan(score)):
                best, lowest = float(value), score
        box = box if best is None else rule(box, best)
    return best, lowest


# %% wrong: evaluates the best once more at the end
# loses: test_staged_best, test_staged_scale, test_staged_nan
# says: are 9 evaluations
def staged(objective, box, rule, n, n_stages):
    best, lowest = None, math.nan
    for _ in range(n_stages):
        for value in np.geomspace(*box, n + 2)[1:-1]:
            score = objective(float(value))
            if score < lowest or (best is None and not math.isnan(score)):
                best, lowest = float(value), score
        box = box if best is None else rule(box, best)
    return best, objective(best)


# %% unusual: evenly spaced, all trials in one list
def staged(objective, box, rule, n, n_stages):
    trials = []
    for _ in range(n_stages):
        values = [float(value) for value in np.geomspace(*box, n + 2)[1:-1]]
        trials += [(objective(value), value) for value in values]
        numbers = [trial for trial in trials if trial[0] == trial[0]]
        if numbers:
            box = rule(box, min(numbers)[1])
    return tuple(reversed(min(numbers))) if numbers else (None, float("nan"))


# %% unusual: torch, random, all numbers of a stage at once
def staged(objective, box, rule, n, n_stages):
    values, scores = torch.empty(0).double(), torch.empty(0).double()
    for _ in range(n_stages):
        low, high = (math.log(end) for end in box)
        new = torch.exp(low + (high - low) * torch.rand(n).double())
        values = torch.cat([values, new])
        scores = torch.cat([scores, torch.tensor([objective(v) for v in new.tolist()]).double()])
        if not scores.isnan().all():
            first = scores.nan_to_num(math.inf).argmin()
            box = rule(box, values[first].item())
    if scores.isnan().all():
        return None, math.nan
    return values[first].item(), scores[first].item()
