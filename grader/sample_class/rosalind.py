# The upload broke off half way: the cells up to there are graded, and the rest is as it was handed out.

# %% mean_of_clipped
def mean_of_clipped(per_example, max_norm):
    n = per_example[0].shape[0]
    flat = torch.cat([g.reshape(n, -1) for g in per_example], dim=1)
    norms = torch.linalg.vector_norm(flat, dim=1)
    factors = torch.where(norms > max_norm, max_norm / norms, torch.ones_like(norms))
    return [torch.einsum("b,b...->...", factors, g) / n for g in per_example]


# %% damage: truncated
