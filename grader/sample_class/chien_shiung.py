# One exercise, all right, but downloaded twice: the file is called "... (1).ipynb", and is found all the same.

# %% mean_of_clipped
def mean_of_clipped(per_example, max_norm):
    n = len(per_example[0])
    norms = torch.stack([g.reshape(n, -1).norm(dim=1) for g in per_example]).norm(dim=0)
    factors = (max_norm / norms).clamp(max=1)
    return [(g * factors.reshape(n, *[1] * (g.dim() - 1))).mean(dim=0) for g in per_example]


# %% damage: renamed
