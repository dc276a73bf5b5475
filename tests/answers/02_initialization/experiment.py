# Answers to exercise 6b: the accuracies of the networks as they are and balanced.

# %% wrong: one learning rate
# loses: test_experiment
# says: one row per learning rate
as_it_is = [[math.nan] * 5]
balanced = [[0.9, 0.92, 0.9, 0.92, 0.9]]

# %% wrong: one seed
# loses: test_experiment
# says: one column per seed
as_it_is, balanced = [], []
for lr in RATES:
    as_it_is.append([train(sabotaged(0), lr, 0)])
    model = sabotaged(0)
    rebalance(model, digits.x_train[:128])
    balanced.append([train(model, lr, 0)])

# %% wrong: the mean over the seeds
# loses: test_experiment
# says: object
as_it_is, balanced = [0.53, math.nan, math.nan], [0.1, 0.53, 0.84]

# %% wrong: one row per seed
# loses: test_experiment
# says: one row per learning rate
as_it_is = [[0.53, math.nan, math.nan]] * 5
balanced = [[0.1, 0.53, 0.84]] * 5

# %% wrong: percent
# loses: test_experiment
# says: between 0 and 1
as_it_is = [[53.0] * 5, [math.nan] * 5, [math.nan] * 5]
balanced = [[10.0] * 5, [53.0] * 5, [77.0, 88.0, 79.0, 90.0, 88.0]]

# %% wrong: the repaired networks in the wrong table
# loses: test_experiment
# says: without any repair
balanced = [[0.53] * 5, [math.nan] * 5, [math.nan] * 5]
as_it_is = [[0.1] * 5, [0.53] * 5, [0.77, 0.88, 0.79, 0.9, 0.88]]

# %% wrong: balances one network and trains another one
# loses: test_experiment
# says: is the rate passed on
as_it_is = [[0.53] * 5, [math.nan] * 5, [math.nan] * 5]
balanced = []
for lr in RATES:
    balanced.append([])
    for seed in range(5):
        rebalance(sabotaged(seed), digits.x_train[:128])
        balanced[-1].append(train(sabotaged(seed), lr, seed))

# %% wrong: guessing in place of NaN
# loses: test_experiment
# says: diverge
as_it_is = [[0.53] * 5, [0.09] * 5, [0.09] * 5]
balanced = [[0.1] * 5, [0.53] * 5, [0.77, 0.88, 0.79, 0.9, 0.88]]

# %% wrong: one network five times
# loses: test_experiment
# says: a network of its own
as_it_is = [[0.53] * 5, [math.nan] * 5, [math.nan] * 5]
model = sabotaged(4)
rebalance(model, digits.x_train[:128])
balanced = [[0.1] * 5, [0.53] * 5, [train(model, 0.1, 4)] * 5]

# %% unusual: two passes over the seeds, in tensors
as_it_is = torch.tensor([[train(sabotaged(seed), lr, seed) for seed in range(5)] for lr in RATES])
balanced = torch.zeros(3, 5)
for row, lr in enumerate(RATES):
    networks = [sabotaged(seed) for seed in range(5)]
    for network in networks:
        rebalance(network, digits.x_train[:128])
    balanced[row] = torch.tensor([train(network, lr, seed) for seed, network in enumerate(networks)])

# %% unusual: a table of both
import numpy as np

table = np.zeros((2, 3, 5))
for row, lr in enumerate(RATES):
    for seed in range(5):
        table[0, row, seed] = train(sabotaged(seed), lr, seed)
        model = sabotaged(seed)
        rebalance(model, digits.x_train[:128])
        table[1, row, seed] = train(model, lr, seed)
as_it_is, balanced = table

# %% unusual: another minibatch to balance on
as_it_is = [[0.51, 0.54, 0.63, 0.48, 0.48], [math.nan] * 5, [math.nan] * 5]
balanced = []
for lr in RATES:
    networks = [sabotaged(seed) for seed in range(5)]
    for network in networks:
        rebalance(network, digits.x_train[128:256])
    balanced.append(tuple(train(network, lr, seed) for seed, network in enumerate(networks)))
