# Answers to exercise 3: the gap between logits at the minimum of the smoothed cross-entropy.

# %% wrong: the lecture's convention
# loses: test_logit_gap_value, test_logit_gap_edges
# says: not the lecture's epsilon
def logit_gap(label_smoothing, n_classes):
    import math

    return math.log((1 - label_smoothing) * (n_classes - 1) / label_smoothing) if label_smoothing else math.inf


# %% wrong: the label gets nothing of the uniform part
# loses: test_logit_gap_value, test_logit_gap_edges
# says: its share e/k
def logit_gap(label_smoothing, n_classes):
    import math

    return math.log((1 - label_smoothing) / (label_smoothing / n_classes)) if label_smoothing else math.inf


# %% wrong: no logarithm
# loses: test_logit_gap_value, test_logit_gap_edges
# says: its logarithm
def logit_gap(label_smoothing, n_classes):
    other = label_smoothing / n_classes
    return (1 - label_smoothing + other) / other if other else float("inf")


# %% wrong: the label's log-probability
# loses: test_logit_gap_value, test_logit_gap_edges
# says: their ratio counts
def logit_gap(label_smoothing, n_classes):
    return float(np.log(1 - label_smoothing + label_smoothing / n_classes))


# %% wrong: divides by zero without smoothing
# loses: test_logit_gap_edges
# says: division by zero
def logit_gap(label_smoothing, n_classes):
    import math

    other = label_smoothing / n_classes
    return math.log((1 - label_smoothing + other) / other)


# %% wrong: a gap of 0 without smoothing
# loses: test_logit_gap_edges
# says: the gap is inf
def logit_gap(label_smoothing, n_classes):
    other = label_smoothing / n_classes
    return float(np.log((1 - label_smoothing + other) / other)) if other else 0.0


# %% wrong: ten classes always
# loses: test_logit_gap_edges
# says: other numbers of classes
def logit_gap(label_smoothing, n_classes):
    other = label_smoothing / 10
    return float(np.log((1 - label_smoothing + other) / other)) if other else float("inf")


# %% wrong: converts the wrong way
# loses: test_logit_gap_value, test_logit_gap_edges
# says: converted the wrong way
def logit_gap(label_smoothing, n_classes):
    epsilon = label_smoothing * n_classes / (n_classes - 1)
    return float(np.log((1 - epsilon) * (n_classes - 1) / epsilon)) if epsilon else float("inf")


# %% unusual: through the lecture's epsilon
def logit_gap(label_smoothing, n_classes):
    import math

    epsilon = label_smoothing * (n_classes - 1) / n_classes
    return math.log((1 - epsilon) * (n_classes - 1) / epsilon) if epsilon else math.inf


# %% unusual: a tensor
def logit_gap(label_smoothing, n_classes):
    e = torch.tensor(float(label_smoothing), dtype=torch.float64)
    return torch.log(n_classes / e - n_classes + 1)


# %% unusual: log1p
def logit_gap(label_smoothing, n_classes):
    if label_smoothing <= 0:
        return np.inf
    return np.log1p(n_classes * (1 - label_smoothing) / label_smoothing)
