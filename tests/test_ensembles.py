"""`helpers.ensembles`: against closed forms, scipy and scikit-learn, and what snapshots must not disturb."""

import copy
import math

import numpy as np
import pytest
import scipy.stats
import torch
from sklearn.ensemble import BaggingClassifier
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from helpers import ensembles, models, training
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def some_logits(device="cpu", members=5, dtype=torch.float64):
    return 3 * torch.randn(members, 7, 4, generator=generator(0)).to(device, dtype)


def test_a_bootstrap_sample_is_as_large_as_the_data_and_has_repetitions():
    rows = ensembles.bootstrap(50, 20, generator=generator(0))
    assert rows.shape == (20, 50)
    assert rows.min() >= 0
    assert rows.max() == 49
    assert all(len(set(row)) < 50 for row in rows.tolist())  # a permutation has all 50
    assert len({tuple(row) for row in rows.tolist()}) == 20


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_the_fraction_of_distinct_examples_is_that_of_the_formula(n):
    n_members = 20_000 // n
    rows = ensembles.bootstrap(n, n_members, generator=generator(1))
    distinct = 1 - ensembles.out_of_bag(rows, n).double().mean().item()
    expected = 1 - (1 - 1 / n) ** n
    # Membership of 20 000 examples, which depend on each other only to make the sum steadier: four standard errors.
    assert distinct == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 20_000))


def test_every_row_is_drawn_as_often_as_the_others():
    rows = ensembles.bootstrap(5, 4000, generator=generator(2))
    assert scipy.stats.chisquare(torch.bincount(rows.flatten()).numpy()).pvalue > 1e-3


def test_bootstrap_is_its_streams():
    first, second, other = (ensembles.bootstrap(9, 3, generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(("n", "n_members"), [(0, 3), (3, 0), (-1, 2)])
def test_no_examples_or_members_raise(n, n_members):
    with pytest.raises(ValueError, match=f"got {n} and {n_members}"):
        ensembles.bootstrap(n, n_members, generator=generator(0))


def test_out_of_bag_are_those_not_drawn(device):
    rows = torch.tensor([[0, 0, 2], [3, 1, 3]], device=device)
    left_out = ensembles.out_of_bag(rows, 4)
    assert left_out.device.type == device.type
    assert left_out.tolist() == [[False, True, False, True], [True, False, True, False]]


def test_out_of_bag_are_scikit_learns():
    x, y = np.arange(30.0)[:, None], np.arange(30) % 2
    theirs = BaggingClassifier(DecisionTreeClassifier(), n_estimators=4, random_state=0).fit(x, y)
    rows = torch.as_tensor(np.stack(theirs.estimators_samples_))
    expected = [sorted(set(range(30)) - set(row.tolist())) for row in rows]
    assert [mask.nonzero().flatten().tolist() for mask in ensembles.out_of_bag(rows, 30)] == expected


@pytest.mark.parametrize("wrong", [-1, 4])
def test_an_index_that_is_no_row_raises(wrong):
    with pytest.raises(ValueError, match=f"0 to 3, got .*{wrong}"):
        ensembles.out_of_bag(torch.tensor([[0, wrong]]), 4)


@pytest.mark.parametrize("extra", [(), (3,), (2, 2)], ids=str)
def test_out_of_bag_prediction_is_scikit_learns(device, extra):
    stream = generator(0)
    predictions = torch.rand(6, 9, *extra, generator=stream).to(device)
    left_out = (torch.rand(6, 9, generator=stream) < 0.6).to(device)
    assert left_out.any(dim=0).all()
    found = ensembles.out_of_bag_mean(predictions, left_out)
    for i in range(9):
        torch.testing.assert_close(found[i], predictions[left_out[:, i], i].mean(dim=0))


def test_a_member_that_has_seen_an_example_has_no_say_even_with_nan():
    predictions = torch.tensor([[0.2, math.nan], [math.inf, 0.4]])
    left_out = torch.tensor([[True, False], [False, True]])
    assert ensembles.out_of_bag_mean(predictions, left_out).tolist() == pytest.approx([0.2, 0.4])


def test_examples_that_nobody_may_predict_raise():
    left_out = torch.tensor([[True, False, False], [True, True, False]])
    with pytest.raises(ValueError, match="all 2 members have seen 1 of 3"):
        ensembles.out_of_bag_mean(torch.zeros(2, 3), left_out)


def test_out_of_bag_error_of_bagged_members_is_about_the_test_error():
    # Members are 1-nearest neighbours in a noisy line: on their own examples they make no error at all.
    stream = generator(3)
    x, noise = torch.rand(2, 400, generator=stream)
    y = ((x > 0.5) ^ (noise < 0.1)).long()
    train, rest = slice(0, 200), slice(200, 400)
    rows = ensembles.bootstrap(200, 50, generator=stream)
    nearest = rows.gather(1, (x[train][rows][:, :, None] - x[None, None, train]).abs().argmin(dim=1))
    votes = nn.functional.one_hot(y[nearest], 2).double()
    out_of_bag = ensembles.out_of_bag_mean(votes, ensembles.out_of_bag(rows, 200)).argmax(dim=1)
    nearest = rows.gather(1, (x[train][rows][:, :, None] - x[None, None, rest]).abs().argmin(dim=1))
    unseen = nn.functional.one_hot(y[nearest], 2).double().mean(dim=0).argmax(dim=1)
    resubstitution = (votes.mean(dim=0).argmax(dim=1) != y[train]).double().mean().item()
    errors = [(guess != truth).double().mean().item() for guess, truth in ((out_of_bag, y[train]), (unseen, y[rest]))]
    assert resubstitution < 0.05
    assert min(errors) > 0.09
    assert errors[0] == pytest.approx(errors[1], abs=0.08)  # two errors of 200 examples: 2.5 standard errors


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mean_probabilities_are_softmax_first(device, dtype):
    logits = some_logits(device, dtype=dtype)
    found = ensembles.mean_probabilities(logits)
    assert found.dtype == dtype
    torch.testing.assert_close(found, logits.softmax(dim=-1).mean(dim=0))
    torch.testing.assert_close(ensembles.mean_probabilities(logits, log=True).exp(), found)


def test_geometric_mean_is_the_normalised_geometric_mean_of_probabilities(device):
    logits = some_logits(device)
    products = torch.from_numpy(scipy.stats.gmean(logits.softmax(dim=-1).cpu().numpy(), axis=0)).to(device)
    torch.testing.assert_close(ensembles.geometric_mean(logits), products / products.sum(dim=-1, keepdim=True))


def test_the_two_means_can_name_different_classes():
    # Two members are for class 0, one is much more for class 1.
    sure = torch.tensor([[[2.0, 0.0]], [[2.0, 0.0]], [[0.0, 9.0]]])
    assert ensembles.mean_probabilities(sure).argmax().item() == 0
    assert ensembles.geometric_mean(sure).argmax().item() == 1


@pytest.mark.parametrize("members", [1, 2, 5, 6])
def test_median_is_numpys_normalised(device, members):
    logits = some_logits(device, members)
    expected = torch.from_numpy(np.median(logits.softmax(dim=-1).cpu().numpy(), axis=0)).to(device)
    torch.testing.assert_close(ensembles.median(logits), expected / expected.sum(dim=-1, keepdim=True))


def test_median_does_not_listen_to_a_minority_however_loud():
    logits = some_logits()
    loud = torch.cat([logits[:4], torch.full_like(logits[:1], -1.0)])
    loud[4, :, 2] = 1e3
    louder = loud.clone()
    louder[4, :, 2] = 1e6
    assert torch.equal(ensembles.median(loud), ensembles.median(louder))
    assert not torch.equal(ensembles.geometric_mean(loud), ensembles.geometric_mean(louder))


def test_vote_counts_each_members_first_choice(device):
    choices = torch.tensor([[0, 2], [1, 2], [1, 2], [3, 2]], device=device)
    logits = nn.functional.one_hot(choices, 4).float()
    assert ensembles.vote(logits).tolist() == [[0.25, 0.5, 0.0, 0.25], [0.0, 0.0, 1.0, 0.0]]


def test_a_tie_is_the_lowest_classes(device):
    assert ensembles.vote(torch.zeros(3, 2, 4, device=device)).tolist() == [[1.0, 0.0, 0.0, 0.0]] * 2
    split = torch.tensor([[[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]]], device=device)
    assert ensembles.vote(split).argmax(dim=1).item() == 1


COMBINED = [ensembles.mean_probabilities, ensembles.geometric_mean, ensembles.median, ensembles.vote]
each_way = pytest.mark.parametrize("combine", COMBINED, ids=lambda combine: combine.__name__)


@each_way
def test_equal_members_are_one_member(combine):
    one = some_logits(members=1)
    torch.testing.assert_close(combine(one.expand(3, -1, -1)), combine(one))
    if combine is not ensembles.vote:
        torch.testing.assert_close(combine(one), one[0].softmax(dim=-1))


@each_way
def test_members_have_no_order_and_logits_no_origin(combine):
    logits = some_logits()
    shifted = logits + torch.randn(5, 7, 1, generator=generator(5), dtype=logits.dtype)
    torch.testing.assert_close(combine(logits.flip(0)), combine(logits))
    torch.testing.assert_close(combine(shifted), combine(logits))


@each_way
def test_large_logits_give_probabilities(device, combine):
    found = combine(1e4 * some_logits(device, dtype=torch.float32))
    assert found.isfinite().all()
    torch.testing.assert_close(found.sum(dim=-1), torch.ones(7, device=device))


def test_logarithms_stay_finite_where_probabilities_underflow():
    logits = torch.tensor([[[0.0, 900.0]], [[0.0, 1000.0]]])
    log = ensembles.mean_probabilities(logits, log=True)
    torch.testing.assert_close(log, torch.tensor([[-900 - math.log(2), 0.0]]))
    assert ensembles.mean_probabilities(logits)[0, 0].item() == 0.0


@pytest.mark.parametrize("mean", COMBINED[:2], ids=lambda mean: mean.__name__)
def test_weights_are_repetitions(device, mean):
    logits = some_logits(device, members=3)
    weights = torch.tensor([1.0, 0.0, 3.0], device=device)
    torch.testing.assert_close(mean(logits, weights=weights), mean(logits[[0, 2, 2, 2]]))


@pytest.mark.parametrize("mean", COMBINED[:2], ids=lambda mean: mean.__name__)
@pytest.mark.parametrize(
    "weights", [[1.0, -1.0, 2.0], [0.0, 0.0, 0.0], [1.0, math.nan, 1.0], [1.0, math.inf, 1.0]], ids=str
)
def test_weights_that_are_none_raise(mean, weights):
    with pytest.raises(ValueError, match="weights must be >= 0 with a positive sum, got"):
        mean(some_logits(members=3), weights=torch.tensor(weights))


@pytest.mark.parametrize(("variance", "covariance", "k"), [(2.0, 0.5, 4), (1.0, -0.1, 3), (0.3, 0.3, 8), (1.0, 9.0, 1)])
def test_the_expected_error_is_the_quadratic_form(variance, covariance, k):
    matrix = np.full((k, k), covariance)
    np.fill_diagonal(matrix, variance)
    mean = np.full(k, 1 / k)
    assert ensembles.expected_error(variance, covariance, k) == pytest.approx(mean @ matrix @ mean, rel=1e-12)


def test_the_limits_of_the_expected_error():
    assert ensembles.expected_error(2.0, 2.0, 7) == pytest.approx(2.0)  # members that err together
    assert ensembles.expected_error(2.0, 0.0, 8) == 0.25  # members that err independently
    assert ensembles.expected_error(2.0, 0.5, 10**9) == pytest.approx(0.5)  # what is shared stays


@pytest.mark.parametrize(
    ("variance", "covariance", "k", "message"),
    [
        (1.0, 1.1, 3, "3 errors of variance 1.0 cannot have covariance 1.1"),
        (1.0, -0.6, 3, "cannot have covariance -0.6"),
        (1.0, math.nan, 3, "cannot have covariance nan"),
        (-1.0, 0.0, 3, "got 3 and -1.0"),
        (1.0, 0.0, 0, "got 0 and 1.0"),
    ],
)
def test_errors_that_cannot_be_raise(variance, covariance, k, message):
    with pytest.raises(ValueError, match=message):
        ensembles.expected_error(variance, covariance, k)


def train(model, *callbacks, n_epochs=4):
    stream = generator(1)
    x = torch.randn(12, 3, generator=stream)
    options = {"optimizer": torch.optim.SGD(model.parameters(), lr=0.1), "loss": nn.functional.cross_entropy}
    options |= {"n_epochs": n_epochs, "batch_size": 4, "generator": stream, "callbacks": callbacks}
    return training.fit(model, x, (x[:, 0] > 0).long(), **options)["loss"]


def network():
    return models.mlp((3, 4, 2), generator=generator(0))


def same_parameters(a, b):
    return all(map(torch.equal, a.parameters(), b.parameters()))


def test_a_snapshot_is_the_model_trained_so_long():
    snapshots = ensembles.Snapshots([1, 3, 9])
    model = network()
    losses = train(model, snapshots)
    assert list(snapshots.models) == [1, 3]
    for n_epochs, copied in snapshots.models.items():
        alone = network()
        train(alone, n_epochs=n_epochs)
        assert same_parameters(copied, alone)
        assert not copied.training
        assert not any(parameter.requires_grad for parameter in copied.parameters())
    assert not same_parameters(snapshots.models[3], model)
    assert losses == train(network())  # training never noticed
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_second_fit_begins_anew():
    snapshots = ensembles.Snapshots([2, 4])
    train(network(), snapshots)
    train(network(), snapshots, n_epochs=2)
    assert list(snapshots.models) == [2]


def test_an_epoch_zero_raises():
    with pytest.raises(ValueError, match="counted from 1, got 0"):
        ensembles.Snapshots([3, 0])


def some_models():
    return [nn.Sequential(models.linear(3, 4, generator=generator(k)), nn.BatchNorm1d(4)) for k in range(3)]


def test_mean_parameters_are_the_plain_mean(device):
    apart = [model.to(device) for model in some_models()]
    for k, model in enumerate(apart):
        model[1].running_mean.fill_(k)
    before = copy.deepcopy(apart)
    mean = ensembles.mean_parameters(apart)
    for found, *own in zip(mean.parameters(), *(model.parameters() for model in before), strict=True):
        torch.testing.assert_close(found, torch.stack(own).mean(dim=0))
    torch.testing.assert_close(mean[1].running_mean, torch.ones(4, device=device))
    assert all(map(same_parameters, apart, before))


def test_for_a_linear_model_the_mean_of_parameters_is_the_mean_of_predictions_and_for_others_not():
    x = torch.randn(5, 3, generator=generator(7))
    linear = [models.linear(3, 2, generator=generator(k)) for k in range(3)]
    torch.testing.assert_close(ensembles.mean_parameters(linear)(x), torch.stack([m(x) for m in linear]).mean(dim=0))
    deep = [models.mlp((3, 8, 2), generator=generator(k)) for k in range(3)]
    gap = ensembles.mean_parameters(deep)(x) - torch.stack([m(x) for m in deep]).mean(dim=0)
    assert gap.abs().max() > 0.1


def test_tied_parameters_are_averaged_and_stay_tied():
    apart = [models.mlp((3, 3, 3, 2), generator=generator(k)) for k in range(2)]
    for model in apart:
        model[3].weight = model[1].weight
    mean = ensembles.mean_parameters(apart)
    assert mean[3].weight is mean[1].weight
    torch.testing.assert_close(mean[1].weight, (apart[0][1].weight + apart[1][1].weight) / 2)


def test_the_mean_of_no_models_raises():
    with pytest.raises(ValueError, match="got 0"):
        ensembles.mean_parameters([])
