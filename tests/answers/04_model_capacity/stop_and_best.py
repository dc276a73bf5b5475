# Answers to exercise 1: a stopping rule with a reference and a best epoch of its own.

# %% wrong: a tie is progress
# loses: test_stop_min, test_stop_nan
# says: a tie is no progress
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value <= reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: restores the last epoch
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: restore the best epoch, not the last one
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference, waited = math.inf, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, epoch
    return len(values), len(values)


# %% wrong: of several best epochs the last
# loses: test_stop_min, test_stop_nan
# says: of several best epochs, the first one
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value <= best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: epochs counted from 0
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: epochs are counted from 1
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch + 1, best_epoch
    return len(values), best_epoch


# %% wrong: Keras' rule, only progress can be best
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: the best epoch is the best of all
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference, best_epoch, waited = math.inf, None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < reference - min_delta:
            reference, best_epoch, waited = sign * value, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: the reference follows every small improvement
# loses: test_stop_min, test_stop_nan
# says: small steps add up, against a reference that stays
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        waited = 0 if sign * value < best - min_delta else waited + 1
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if waited == patience:
            return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: every improvement ends the waiting
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: an improvement of min_delta or less is no progress
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < best:
            best, best_epoch, waited = sign * value, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: subtracts min_delta in mode max as well
# loses: test_stop_max
# says: mind the sign of min_delta
def stop_and_best(values, mode, min_delta, patience):
    better = (lambda a, b: a < b) if mode == "min" else (lambda a, b: a > b)
    reference = best = math.inf if mode == "min" else -math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if better(value, best):
            best, best_epoch = value, epoch
        if better(value, reference - min_delta):
            reference, waited = value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: the mode is ignored
# loses: test_stop_max, test_stop_nan
# says: with mode='max' larger is better
def stop_and_best(values, mode, min_delta, patience):
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if value < best:
            best, best_epoch = value, epoch
        if value < reference - min_delta:
            reference, waited = value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: stops one epoch late
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: not one later
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited > patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: NaN is skipped
# loses: test_stop_nan
# says: NaN uses up patience
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if math.isnan(value):
            continue
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: begins with the first value, which a NaN never gives back
# loses: test_stop_nan
# says: a NaN in the first epoch must be beaten by the first number
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = sign * values[0]
    best_epoch, waited = 1, 0
    for epoch, value in enumerate(values[1:], start=2):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: asks whether the value is worse, which NaN is not
# loses: test_stop_nan
# says: NaN uses up patience
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if not sign * value >= best:
            best, best_epoch = sign * value, epoch
        if not sign * value >= reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: two bad epochs need not be in a row
# loses: test_stop_min, test_stop_nan
# says: training stops after epoch 7
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference = sign * value
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: the first epoch never ends training, as in the lecture
# loses: test_stop_nan
# says: in the very first epoch, too
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    reference = best = math.inf
    best_epoch, waited = None, 0
    for epoch, value in enumerate(values, start=1):
        if sign * value < best:
            best, best_epoch = sign * value, epoch
        if sign * value < reference - min_delta:
            reference, waited = sign * value, 0
        else:
            waited += 1
            if waited >= patience and epoch > 1:
                return epoch, best_epoch
    return len(values), best_epoch


# %% wrong: the best of all values, also of those after the end
# loses: test_stop_min, test_stop_max, test_stop_nan
# says: only an epoch that was trained can be the best
def stop_and_best(values, mode, min_delta, patience):
    sign = 1 if mode == "min" else -1
    signed = [math.inf if math.isnan(value) else sign * value for value in values]
    best_epoch = signed.index(min(signed)) + 1 if min(signed) < math.inf else None
    reference, waited = math.inf, 0
    for epoch, value in enumerate(signed, start=1):
        if value < reference - min_delta:
            reference, waited = value, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best_epoch
    return len(values), best_epoch


# %% unusual: numpy
import numpy as np


def stop_and_best(values, mode, min_delta, patience):
    signed = np.array(values, dtype=float) * (1 if mode == "min" else -1)
    signed[np.isnan(signed)] = np.inf
    reference, last = np.inf, -1
    trained = len(signed)
    for index, value in enumerate(signed):
        if value < reference - min_delta:
            reference, last = value, index
        elif index - last >= patience:
            trained = index + 1
            break
    seen = signed[:trained]
    return np.int64(trained), None if np.isinf(seen).all() else np.argmin(seen) + 1


# %% unusual: recursion over the references
def stop_and_best(values, mode, min_delta, patience):
    signed = [math.inf if math.isnan(value) else (value if mode == "min" else -value) for value in values]

    def trained_from(begin, reference):
        for epoch in range(begin, min(begin + patience, len(signed))):
            if signed[epoch] < reference - min_delta:
                return trained_from(epoch + 1, signed[epoch])
        return min(begin + patience, len(signed))

    trained = trained_from(0, math.inf)
    best = min(signed[:trained])
    return [trained, signed.index(best) + 1 if best < math.inf else None]


# %% unusual: torch, and a table of what happened
def stop_and_best(values, mode, min_delta, patience):
    table = torch.tensor(values, dtype=torch.float64)
    table = table.nan_to_num(nan=math.inf) if mode == "min" else (-table).nan_to_num(nan=math.inf)
    progress, reference = [], math.inf
    for value in table.tolist():
        progress.append(value < reference - min_delta)
        reference = value if progress[-1] else reference
    trained = len(values)
    for end in range(patience, len(values) + 1):
        if not any(progress[end - patience : end]):
            trained = end
            break
    best = table[:trained].argmin()
    return trained, (best + 1).item() if table[best] < math.inf else None
