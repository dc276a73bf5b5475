# Needs a package that is not part of the course, so the cell stops before it defines anything.

# %% mean_of_clipped
import opacus


def mean_of_clipped(per_example, max_norm):
    return opacus.clip_and_average(per_example, max_norm)


# %% farthest
def farthest(lr, max_norm, n_steps, momentum):
    return sum(lr * max_norm * momentum**k * (n_steps - k) for k in range(n_steps))
