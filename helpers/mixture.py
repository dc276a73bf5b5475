"""Two overlapping classes in the plane whose true posterior is known, so that the best boundary can be drawn."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

CENTRES_STD, POINTS_STD = 1.0, 0.2**0.5


class TwoClassMixture:
    """Each class is a mixture of ten Gaussians with random centres, all of the same width.

    Source:
        Hastie, Tibshirani, Friedman 2009, The Elements of Statistical Learning, section 2.3.3; the centres are our own.
    """

    def __init__(self, *, generator: torch.Generator):
        """Draw the centres, from a CPU stream."""
        offsets = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)[:, None]
        noise = torch.randn(2, 10, 2, generator=generator, dtype=torch.float64)
        self.centres = offsets + CENTRES_STD * noise  # (classes, centres, 2)

    def sample(self, n: int, *, generator: torch.Generator) -> tuple[Float[Tensor, " {n} 2"], Int[Tensor, " {n}"]]:
        """Points (n, 2) as float64 with their classes (n,), as many of class 0 as of class 1, one more at an odd n.

        Args:
            n: Points, >= 1.
            generator: A CPU stream.

        Raises:
            ValueError: If `n` is not positive.
        """
        if n < 1:
            raise ValueError(f"n must be >= 1, got {n}")
        y = torch.arange(n) % 2
        centre = torch.randint(10, (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return self.centres[y, centre] + POINTS_STD * noise, y

    def posterior(self, x: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
        """The probability of class 1 at each point, for classes that are equally frequent."""
        centres = self.centres.to(x)
        squares = (x[:, None, None] - centres).square().sum(dim=3)  # (n, classes, centres)
        log_density = torch.logsumexp(-squares / (2 * POINTS_STD**2), dim=2)  # (n, classes)
        return log_density.softmax(dim=1)[:, 1]
