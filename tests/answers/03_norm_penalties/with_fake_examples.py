# Answers to exercise 4: a penalty made of fake examples.

# %% wrong: the root is missing
# loses: test_fake_examples_one, test_fake_examples_many
# says: the root is missing
def with_fake_examples(x, y, strengths, target):
    scales = len(x) * strengths
    return torch.cat([x, torch.diag(scales)]), torch.cat([y, scales * target])


# %% wrong: the number of examples is missing
# loses: test_fake_examples_one, test_fake_examples_many
# says: so N belongs into the fake examples
def with_fake_examples(x, y, strengths, target):
    roots = strengths.sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, roots * target])


# %% wrong: a factor of 2
# loses: test_fake_examples_one, test_fake_examples_many
# says: there is no factor of 2
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths / 2).sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, roots * target])


# %% wrong: a factor of 2 from the half in front of the penalty
# loses: test_fake_examples_one, test_fake_examples_many
# says: the 2 cancels
def with_fake_examples(x, y, strengths, target):
    roots = (2 * len(x) * strengths).sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, roots * target])


# %% wrong: the fake examples are counted, too
# loses: test_fake_examples_one, test_fake_examples_many
# says: N counts the real examples only
def with_fake_examples(x, y, strengths, target):
    roots = ((len(x) + len(strengths)) * strengths).sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, roots * target])


# %% wrong: pulls to 0
# loses: test_fake_examples_one, test_fake_examples_many
# says: the weight is pulled to 0 and not to the target
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths).sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, torch.zeros_like(target)])


# %% wrong: the label is not scaled
# loses: test_fake_examples_one, test_fake_examples_many
# says: is the label scaled like the input?
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths).sqrt()
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, target])


# %% wrong: one strength for all, the bias too
# loses: test_fake_examples_many
# says: is not the penalised regression
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths.mean()).sqrt().expand(len(strengths))
    return torch.cat([x, torch.diag(roots)]), torch.cat([y, roots * target])


# %% wrong: one fake example for all weights together
# loses: test_fake_examples_many
# says: is not the penalised regression
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths).sqrt()
    return torch.cat([x, roots[None]]), torch.cat([y, (roots * target).sum()[None]])


# %% wrong: the fake examples come first
# loses: test_fake_examples_one
# says: the real examples come first
def with_fake_examples(x, y, strengths, target):
    roots = (len(x) * strengths).sqrt()
    return torch.cat([torch.diag(roots), x]), torch.cat([roots * target, y])


# %% unusual: numpy, row by row, without rows for free weights
def with_fake_examples(x, y, strengths, target):
    import numpy as np

    inputs, labels = list(x.numpy()), list(y.numpy())
    for j, (strength, goal) in enumerate(zip(strengths.tolist(), target.tolist(), strict=True)):
        row = np.zeros(x.shape[1])
        row[j] = np.sqrt(len(x) * strength)
        if strength > 0 or len(strengths) == 1:
            inputs.append(row)
            labels.append(row[j] * goal)
    return np.array(inputs), np.array(labels)


# %% unusual: several copies of weaker fake examples, with the other sign
def with_fake_examples(x, y, strengths, target):
    roots = -(len(x) * strengths / 4).sqrt()
    return torch.cat([x] + 4 * [torch.diag(roots)]), torch.cat([y] + 4 * [roots * target])


# %% unusual: single precision
def with_fake_examples(x, y, strengths, target):
    roots = torch.sqrt(torch.tensor(float(len(x))) * strengths.float())
    return torch.vstack([x.float(), roots.diag_embed()]), torch.hstack([y.float(), roots * target.float()])
