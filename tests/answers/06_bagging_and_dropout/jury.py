# Answers to exercise 1b: nine experts, each right in most questions, whose vote is mostly wrong.

# %% wrong: the lecture's three members
# loses: test_jury_members, test_jury_vote
# says: nine rows
jury = [[0, 0, 1, 1, 1], [0, 1, 0, 1, 1], [1, 0, 0, 1, 1]]


# %% wrong: 1 for wrong and 0 for right
# loses: test_jury_members, test_jury_vote
# says: more than half
jury = 1 - torch.tensor([[int((i - q) % 9 < 4) for q in range(9)] + [1, 1] for i in range(9)])


# %% wrong: each expert is right in exactly half of the questions or less
# loses: test_jury_members, test_jury_vote
# says: more than half
jury = [[int((i - q) % 9 < 4) for q in range(9)] for i in range(9)]


# %% wrong: a vote that is right too often
# loses: test_jury_vote
# says: at most a quarter
jury = [[1, 1, 1, 0, 0]] * 3 + [[1, 1, 0, 1, 0]] * 3 + [[1, 1, 0, 0, 1]] * 3


# %% wrong: questions and experts exchanged
# loses: test_jury_members, test_jury_vote
# says: nine rows
jury = torch.tensor([[int((i - q) % 9 < 4) for i in range(9)] for q in range(9)] + [[1] * 9] * 2)


# %% wrong: probabilities
# loses: test_jury_members, test_jury_vote
# says: nothing else
jury = torch.full((9, 4), 0.55)


# %% wrong: one expert short of an answer
# loses: test_jury_members, test_jury_vote
# says: more than half
jury = np.array([[int((i - q) % 9 < 4) for q in range(9)] + [1, 1] for i in range(9)])
jury[4, 10] = 0


# %% unusual: booleans, more questions
jury = torch.stack([torch.arange(9).roll(q) < 4 for q in range(90)] + [torch.ones(9, dtype=torch.bool)] * 12, dim=1)


# %% unusual: numpy, found by dealing out the answers to those who need them most
jury = np.ones((9, 13))
jury[:, 3:] = 0
for _question in range(3, 13):
    jury[np.argsort(jury.sum(axis=1), kind="stable")[:4], _question] = 1


# %% unusual: written down by hand, nine questions
jury = [
    [1, 1, 1, 0, 1, 0, 1, 0, 1],
    [1, 1, 0, 1, 0, 1, 0, 1, 0],
    [1, 1, 1, 0, 1, 0, 1, 0, 0],
    [1, 1, 0, 1, 0, 1, 0, 0, 1],
    [1, 1, 1, 0, 1, 0, 0, 1, 0],
    [1, 1, 0, 1, 0, 0, 1, 0, 1],
    [1, 1, 1, 0, 0, 1, 0, 1, 0],
    [1, 1, 0, 0, 1, 0, 1, 0, 1],
    [1, 1, 0, 1, 0, 1, 0, 1, 0],
]
