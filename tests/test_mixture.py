"""`helpers.mixture`: the points follow the densities that the posterior is computed from."""

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from helpers.device import generator
from helpers.mixture import TwoClassMixture

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def density(centres):
    spread = MultivariateNormal(centres, 0.2 * torch.eye(2, dtype=torch.float64))
    return MixtureSameFamily(Categorical(torch.ones(10)), spread)


def test_the_posterior_is_bayes_rule(device):
    mixture = TwoClassMixture(generator=generator(0))
    x = 2 * torch.randn(50, 2, generator=generator(1), dtype=torch.float64)
    zero, one = (density(centres).log_prob(x).exp() for centres in mixture.centres)
    torch.testing.assert_close(mixture.posterior(x.to(device)).cpu(), one / (zero + one), rtol=1e-6, atol=1e-9)


def test_points_have_the_posteriors_frequencies():
    mixture = TwoClassMixture(generator=generator(0))
    x, y = mixture.sample(20_000, generator=generator(1))
    assert y.sum() == 10_000
    p = mixture.posterior(x)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        # About a thousand points or more: five standard errors of a frequency are below 0.08.
        assert y[inside].double().mean().item() == pytest.approx(p[inside].mean().item(), abs=0.08)
    torch.testing.assert_close(x[y == 0].mean(dim=0), mixture.centres[0].mean(dim=0), rtol=0, atol=0.06)


def test_seeds_fix_centres_and_points():
    one, same, other = (TwoClassMixture(generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(one.centres, same.centres)
    assert not torch.equal(one.centres, other.centres)
    first, again = (one.sample(5, generator=generator(2)) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert first[1].tolist() == [0, 1, 0, 1, 0]


def test_a_sample_has_points():
    mixture = TwoClassMixture(generator=generator(0))
    with pytest.raises(ValueError, match="n must be >= 1, got 0"):
        mixture.sample(0, generator=generator(0))
