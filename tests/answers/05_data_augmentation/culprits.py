# Answers to exercise 6b: which suspect is which.

# %% wrong: half turn and upside down exchanged
# loses: test_culprits
# says: 6 become
culprits = {"A": "half turn", "B": "elastic", "C": "upside down"}


# %% wrong: the first is taken for the harmless one
# loses: test_culprits
# says: who is harmless
culprits = {"A": "elastic", "B": "half turn", "C": "upside down"}


# %% wrong: the last is taken for the harmless one
# loses: test_culprits
# says: who is harmless
culprits = {"A": "upside down", "B": "half turn", "C": "elastic"}


# %% wrong: one of them twice
# loses: test_culprits
# says: is the culprit once
culprits = {"A": "upside down", "B": "elastic", "C": "upside down"}


# %% wrong: the other way round, transform by transform
# loses: test_culprits
# says: one entry for each suspect
culprits = {"upside down": "A", "elastic": "B", "half turn": "C"}


# %% wrong: one suspect is left out
# loses: test_culprits
# says: one entry for each suspect
culprits = {"A": "upside down", "C": "half turn"}


# %% unusual: by eye
culprits = {"A": "upside down", "B": "elastic", "C": "half turn"}


# %% unusual: pairs, in another order and with capitals
culprits = [("C", "Half turn"), ("A", "Upside down"), ("B", "Elastic")]


# %% unusual: from the rates of single pairs
def _rate(counts, a, b):
    rates = counts / counts.sum(dim=1, keepdim=True)
    return float(rates[a, b] + rates[b, a])


culprits = {}
culprits[max(suspects, key=lambda name: _rate(suspects[name], 2, 5))] = "upside down"
culprits[max(suspects, key=lambda name: _rate(suspects[name], 6, 9))] = "half turn"
culprits[next(name for name in suspects if name not in culprits)] = "elastic"
