# Answers to exercise 6a: the pair whose mutual confusion rose most.

# %% wrong: counts instead of rates
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: rates of each true class
def suspicious_pair(before, after):
    rise = (after - before) / before.sum()
    rise = (rise + rise.T) / 2
    k = len(rise)
    value, a, b = max((rise[a, b].item(), a, b) for a in range(k) for b in range(a + 1, k))
    return a, b, value


# %% wrong: one direction only
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: the mean of the two rates
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1) for counts in (before, after))
    rise, k = second - first, len(before)
    value, a, b = max((rise[a, b].item(), a, b) for a in range(k) for b in range(k) if a != b)
    return min(a, b), max(a, b), value


# %% wrong: the sum of the two rates
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: the mean of the two rates
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1) for counts in (before, after))
    rise, k = second - first + (second - first).T, len(before)
    value, a, b = max((rise[a, b].item(), a, b) for a in range(k) for b in range(a + 1, k))
    return a, b, value


# %% wrong: the diagonal takes part
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: the diagonal is no confusion
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1) for counts in (before, after))
    rise = (second - first + (second - first).T) / 2
    a, b = divmod(int(rise.argmax()), len(rise))
    return min(a, b), max(a, b), rise[a, b].item()


# %% wrong: the pair that is confused most
# loses: test_suspicious_pair_edges, test_suspicious_pair_rates
# says: not the one that is confused most
def suspicious_pair(before, after):
    rates = after / after.sum(dim=1, keepdim=True).clamp(min=1)
    rates, k = (rates + rates.T) / 2, len(after)
    value, a, b = max((rates[a, b].item(), a, b) for a in range(k) for b in range(a + 1, k))
    return a, b, value


# %% wrong: NaN for a class without examples
# loses: test_suspicious_pair_edges
# says: must not give NaN
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=1, keepdim=True) for counts in (before, after))
    rise = ((second - first + (second - first).T) / 2).fill_diagonal_(-2)
    a, b = divmod(int(rise.argmax()), len(rise))
    return min(a, b), max(a, b), rise[a, b].item()


# %% wrong: the columns sum to 1
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: rates of each true class
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=0, keepdim=True).clamp(min=1) for counts in (before, after))
    rise, k = (second - first + (second - first).T) / 2, len(before)
    value, a, b = max((rise[a, b].item(), a, b) for a in range(k) for b in range(a + 1, k))
    return a, b, value


# %% wrong: the magnitude of the change
# loses: test_suspicious_pair_rates, test_suspicious_pair_edges
# says: not its magnitude
def suspicious_pair(before, after):
    first, second = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1) for counts in (before, after))
    rise, k = ((second - first + (second - first).T) / 2).abs(), len(before)
    value, a, b = max((rise[a, b].item(), a, b) for a in range(k) for b in range(a + 1, k))
    return a, b, value


# %% unusual: numpy and triu
def suspicious_pair(before, after):
    rates = []
    for counts in (before, after):
        counts = np.asarray(counts, dtype=float)
        total = counts.sum(axis=1, keepdims=True)
        rates.append(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))
    rise = (rates[1] - rates[0] + (rates[1] - rates[0]).T) / 2
    rows, columns = np.triu_indices(len(rise), k=1)
    best = np.argmax(rise[rows, columns])
    return rows[best], columns[best], rise[rows[best], columns[best]]


# %% unusual: plain loops over lists
def suspicious_pair(before, after):
    def rate(counts, a, b):
        return counts[a][b] / sum(counts[a]) if sum(counts[a]) else 0.0

    before, after = before.tolist(), after.tolist()
    best = None
    for a in range(len(before)):
        for b in range(a + 1, len(before)):
            rise = (rate(after, a, b) + rate(after, b, a) - rate(before, a, b) - rate(before, b, a)) / 2
            if best is None or rise > best[2]:
                best = (a, b, rise)
    return best


# %% unusual: the lower half is forbidden, tensors are returned
def suspicious_pair(before, after):
    first, second = (torch.nan_to_num(counts.double() / counts.sum(dim=1, keepdim=True)) for counts in (before, after))
    change = second - first
    rise = (change + change.T) / 2 + torch.full_like(change, -9.0).tril()
    a, b = torch.unravel_index(rise.argmax(), rise.shape)
    return a, b, rise[a, b]
