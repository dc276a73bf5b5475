# Answers to exercise 7a: avoidable bias, generalisation gap and verdict.

# %% wrong: the training error is the bias
# loses: test_diagnose_table, test_diagnose_more
# says: cannot be avoided
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error, validation_error - training_error
    names = [name for name, part in (("bias", bias), ("variance", gap)) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: the gap begins at the Bayes error
# loses: test_diagnose_table, test_diagnose_more
# says: TRAINING error
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error - bayes_error
    names = [name for name, part in (("bias", bias), ("variance", gap)) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: the validation error is the gap
# loses: test_diagnose_table, test_diagnose_more
# says: not the validation error itself
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error
    names = [name for name, part in (("bias", bias), ("variance", gap)) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: training minus validation
# loses: test_diagnose_table, test_diagnose_more
# says: validation minus training
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, training_error - validation_error
    names = [name for name, part in (("bias", bias), ("variance", abs(gap))) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: the verdicts are exchanged
# loses: test_diagnose_table
# says: a large gap is variance
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error - training_error
    names = [name for name, part in (("variance", bias), ("bias", gap)) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: the larger of the two, always
# loses: test_diagnose_table, test_diagnose_more
# says: the lecture's four models
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error - training_error
    return bias, gap, "bias" if bias > gap else "variance"


# %% wrong: magnitudes
# loses: test_diagnose_more
# says: may be negative
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = abs(training_error - bayes_error), abs(validation_error - training_error)
    names = [name for name, part in (("bias", bias), ("variance", gap)) if part > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% wrong: a large negative difference counts
# loses: test_diagnose_more
# says: not a large one
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error - training_error
    names = [name for name, part in (("bias", bias), ("variance", gap)) if abs(part) > tolerance]
    return bias, gap, "both" if len(names) == 2 else (names or ["neither"])[0]


# %% unusual: a chain of questions
def diagnose(training_error, validation_error, bayes_error, tolerance):
    bias, gap = training_error - bayes_error, validation_error - training_error
    if bias > tolerance:
        verdict = "both" if gap > tolerance else "bias"
    elif gap > tolerance:
        verdict = "variance"
    else:
        verdict = "neither"
    return bias, gap, verdict


# %% unusual: a list indexed by two bits
def diagnose(training_error, validation_error, bayes_error, tolerance):
    parts = np.diff([bayes_error, training_error, validation_error])
    return *parts, ["neither", "bias", "variance", "both"][int((parts > tolerance) @ [1, 2])]


# %% unusual: tensors
def diagnose(training_error, validation_error, bayes_error, tolerance):
    steps = torch.tensor([bayes_error, training_error, validation_error], dtype=torch.float64).diff()
    bias, gap = (steps > tolerance).tolist()
    return [*steps, ("both" if gap else "bias") if bias else ("variance" if gap else "neither")]
