# Answers to exercise 6a: what is wrong with a dropout layer.

# %% wrong: looks at the fraction before the rows
# loses: test_diagnose_other
# says: happens to keep many
def diagnose(training, evaluation, keep):
    stays = training != 0
    if (evaluation == 0).any():
        return "active in evaluation"
    if abs(stays.double().mean().item() - keep) > 0.2:
        return "exchanged"
    if (stays == stays[0]).all():
        return "one mask"
    ratio = (training.mean() / evaluation.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% wrong: vanilla dropout is a mistake
# loses: test_diagnose_layers, test_diagnose_other
# says: vanilla dropout is right
def diagnose(training, evaluation, keep):
    stays = training != 0
    if (evaluation == 0).any():
        return "active in evaluation"
    if (stays == stays[0]).all():
        return "one mask"
    if abs(stays.double().mean().item() - keep) > 0.2:
        return "exchanged"
    if training.max() < 1.01:
        return "not scaled"
    return "right" if evaluation.min() > 0.99 else "scaled twice"


# %% wrong: the ratio of the means the other way round
# loses: test_diagnose_layers, test_diagnose_other
# says: not scaled
def diagnose(training, evaluation, keep):
    stays = training != 0
    if (evaluation == 0).any():
        return "active in evaluation"
    if (stays == stays[0]).all():
        return "one mask"
    if abs(stays.double().mean().item() - keep) > 0.2:
        return "exchanged"
    ratio = (evaluation.mean() / training.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% wrong: looks at the means only
# loses: test_diagnose_layers, test_diagnose_other
# says: exchanged
def diagnose(training, evaluation, keep):
    ratio = (training.mean() / evaluation.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% wrong: active in evaluation is seen only if the values are scaled
# loses: test_diagnose_other
# says: without scaling
def diagnose(training, evaluation, keep):
    stays = training != 0
    if evaluation.max() > 1.01:
        return "active in evaluation"
    if (stays == stays[0]).all():
        return "one mask"
    if abs(stays.double().mean().item() - keep) > 0.2:
        return "exchanged"
    ratio = (training.mean() / evaluation.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% wrong: keep is more than a half
# loses: test_diagnose_other
# says: a small keep
def diagnose(training, evaluation, keep):
    stays = training != 0
    if (evaluation == 0).any():
        return "active in evaluation"
    if (stays == stays[0]).all():
        return "one mask"
    if stays.double().mean().item() < 0.5:
        return "exchanged"
    ratio = (training.mean() / evaluation.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% wrong: looks at the columns for one mask
# loses: test_diagnose_layers, test_diagnose_other
# says: one mask
def diagnose(training, evaluation, keep):
    stays = training != 0
    if (evaluation == 0).any():
        return "active in evaluation"
    if (stays == stays[:, :1]).all():
        return "one mask"
    if abs(stays.double().mean().item() - keep) > 0.2:
        return "exchanged"
    ratio = (training.mean() / evaluation.mean()).item()
    return "right" if abs(ratio - 1) < 0.1 else "not scaled" if ratio < 1 else "scaled twice"


# %% unusual: from the values, with numpy
def diagnose(training, evaluation, keep):
    training, evaluation = training.numpy(), evaluation.numpy()
    if np.count_nonzero(evaluation) < evaluation.size:
        return "active in evaluation"
    if np.ptp(training, axis=0).max() == 0:
        return "one mask"
    share = np.count_nonzero(training) / training.size
    if (share > 0.5) != (keep > 0.5):
        return "exchanged"
    factor = keep * training.max() / evaluation.max()
    if np.isclose(factor, 1, rtol=0.02):
        return "right"
    return "not scaled" if factor < 1 else "scaled twice"


# %% unusual: a table of what each would look like
def diagnose(training, evaluation, keep):
    if not evaluation.all():
        return "active in evaluation"
    if len(torch.unique(training, dim=0)) == 1:
        return "one mask"
    if abs((training == 0).double().mean() - keep) < 0.1:
        return "exchanged"
    seen = training.max().item(), evaluation.max().item()
    known = {(1 / keep, 1): "right", (1, keep): "right", (1, 1): "not scaled", (1 / keep, keep): "scaled twice"}
    return min((abs(a - seen[0]) + abs(b - seen[1]), name) for (a, b), name in known.items())[1]


# %% unusual: columns and sums, plain Python
def diagnose(training, evaluation, keep):
    rows, used = training.tolist(), evaluation.tolist()
    if any(value == 0 for row in used for value in row):
        return "active in evaluation"
    if all(row == rows[0] for row in rows):
        return "one mask"
    share = sum(value != 0 for row in rows for value in row) / sum(map(len, rows))
    if abs(share - keep) > 0.1:
        return "exchanged"
    ratio = sum(map(sum, rows)) / sum(map(sum, used))
    return "scaled twice" if ratio > 1.05 else "not scaled" if ratio < 0.95 else "right"
