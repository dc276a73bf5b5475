# Answers to exercise 6b: the accuracies of the networks as they are and balanced.

# %% wrong: one seed
# loses: test_experiment
# says: one accuracy per seed
as_it_is = [train(sabotaged(0), 0)]
model = sabotaged(0)
rebalance(model, digits.x_train[:128])
balanced = [train(model, 0)]

# %% wrong: the mean over the seeds
# loses: test_experiment
# says: object
as_it_is, balanced = 0.1, 0.8

# %% wrong: percent
# loses: test_experiment
# says: between 0 and 1
as_it_is, balanced = [9.0] * 5, [76.0, 84.0, 82.0, 91.0, 88.0]

# %% wrong: the repaired networks in the wrong list
# loses: test_experiment
# says: without any repair
as_it_is, balanced = [0.76, 0.84, 0.82, 0.91, 0.88], [0.09] * 5

# %% wrong: balances one network and trains another one
# loses: test_experiment
# says: made anew, repaired and then trained
as_it_is, balanced = [], []
for seed in range(5):
    as_it_is.append(train(sabotaged(seed), seed))
    rebalance(sabotaged(seed), digits.x_train[:128])
    balanced.append(train(sabotaged(seed), seed))

# %% wrong: one network five times
# loses: test_experiment
# says: a network of its own
model = sabotaged(4)
rebalance(model, digits.x_train[:128])
as_it_is, balanced = [0.09] * 5, [train(model, 4)] * 5

# %% unusual: two passes over the seeds, in tensors
as_it_is = torch.tensor([train(sabotaged(seed), seed) for seed in range(5)])
networks = [sabotaged(seed) for seed in range(5)]
for network in networks:
    rebalance(network, digits.x_train[:128])
balanced = torch.tensor([train(network, seed) for seed, network in enumerate(networks)])

# %% unusual: a table
import numpy as np

table = np.zeros((2, 5))
for seed in range(5):
    table[0, seed] = train(sabotaged(seed), seed)
    model = sabotaged(seed)
    rebalance(model, digits.x_train[:128])
    table[1, seed] = train(model, seed)
as_it_is, balanced = table

# %% unusual: another minibatch to balance on
as_it_is, balanced = [], []
for seed in range(5):
    model = sabotaged(seed)
    rebalance(model, digits.x_train[128:256])
    balanced.append(train(model, seed))
    as_it_is.append(train(sabotaged(seed), seed))
