# Answers to exercise 3: how many examples bring the error to a target.

# %% wrong: a power law that falls to 0
# loses: test_examples_needed, test_examples_needed_edges
# says: a is not 0
def examples_needed(n, errors, target):
    c = math.log2(errors[1] / errors[2])
    return 4 * n * (errors[2] / target) ** (1 / c) if c > 0 else None


# %% wrong: the natural logarithm for the base 2
# loses: test_examples_needed, test_examples_needed_edges
# says: to the base 2
def examples_needed(n, errors, target):
    first, second = errors[0] - errors[1], errors[1] - errors[2]
    if not first > second > 0:
        return None
    a = errors[2] - second**2 / (first - second)
    return math.inf if target <= a else n * ((target - a) / (errors[0] - a)) ** (1 / math.log(second / first))


# %% wrong: targets that cannot be reached get None
# loses: test_examples_needed
# says: below a = 0.1
def examples_needed(n, errors, target):
    first, second = errors[0] - errors[1], errors[1] - errors[2]
    if not first > second > 0:
        return None
    ratio = second / first
    a = errors[2] - second * ratio / (1 - ratio)
    return None if target <= a else n * 2 ** (math.log((target - a) / (errors[0] - a)) / math.log(ratio))


# %% wrong: falls in size alone, also where the gain grows
# loses: test_examples_needed, test_examples_needed_edges
# says: gains more than the first
def examples_needed(n, errors, target):
    first, second = errors[0] - errors[1], errors[1] - errors[2]
    if first <= 0 or second <= 0:
        return None
    ratio = second / first
    a = errors[2] - second * ratio / (1 - ratio)
    if target <= a:
        return math.inf
    return n * 2 ** (math.log(abs((target - a) / (errors[0] - a))) / math.log(ratio))


# %% wrong: a target that is met already needs no examples
# loses: test_examples_needed_edges
# says: is on the curve, too
def examples_needed(n, errors, target):
    if target >= errors[0]:
        return 0
    first, second = errors[0] - errors[1], errors[1] - errors[2]
    if not first > second > 0:
        return None
    ratio = second / first
    a = errors[2] - second * ratio / (1 - ratio)
    return math.inf if target <= a else n * 2 ** (math.log((target - a) / (errors[0] - a)) / math.log(ratio))


# %% wrong: never asks whether there is such a curve
# loses: test_examples_needed, test_examples_needed_edges
# says: an error that rises in the end
def examples_needed(n, errors, target):
    first, second = errors[0] - errors[1], errors[1] - errors[2]
    ratio = abs(second / first) if first else 0.5
    a = errors[2] - second * ratio / (1 - ratio)
    if target <= a:
        return math.inf
    return n * 2 ** (math.log(abs((target - a) / (errors[0] - a))) / math.log(ratio))


# %% unusual: numpy
def examples_needed(n, errors, target):
    steps = -np.diff(errors)
    if not (steps[0] > steps[1] and steps[1] > 0):
        return None
    c = -np.log2(steps[1] / steps[0])
    b, a = np.polyfit(np.array([n, 2.0 * n, 4.0 * n]) ** -c, errors, 1)
    return np.inf if target <= a else (b / (target - a)) ** (1 / c)


# %% unusual: bisection for the curve, and for the examples
def examples_needed(n, errors, target):
    e1, e2, e3 = errors
    if not e1 - e2 > e2 - e3 > 0:
        return None
    low, high = 0.0, 1.0  # 2^-c
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if middle > (e2 - e3) / (e1 - e2) else (middle, high)
    b = (e1 - e2) / (1 - low)
    a, doublings = e1 - b, 0.0
    if target <= a:
        return math.inf
    step = 64.0 if target < e1 else -64.0
    while abs(step) > 1e-12:
        beyond = doublings + step
        if (a + b * low**beyond >= target) == (step > 0):
            doublings = beyond
        step /= 2
    return n * 2**doublings
