"""One look for every figure of the course."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes

from helpers.runs import Interval

# Okabe and Ito 2008, https://jfly.uni-koeln.de/color/: told apart with every common colour vision deficiency. Ordered
# so that neighbours also differ in lightness, for a page printed in grey.
COLORS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "black": "#000000",
}


def use_style() -> None:
    """Make the course's style the default of every figure that follows."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=list(COLORS.values())),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (7.0, 3.6),
            "grid.alpha": 0.3,
            "image.cmap": "cividis",
            "legend.frameon": False,
        }
    )


def panels(n_columns: int, *, height: float = 3.6, width: float = 10.0, **options: object) -> list[Axes]:
    """Axes beside each other, as wide as a notebook's page.

    Args:
        n_columns: How many.
        height: Of the figure, in inches.
        width: Of the figure, in inches.
        options: For `plt.subplots`, such as `sharey=True`.
    """
    _, axes = plt.subplots(1, n_columns, figsize=(width, height), squeeze=False, **options)
    return list(axes[0])


def band(ax: Axes, x: Sequence[float] | np.ndarray, values: Interval, *, label: str, **options: object) -> None:
    """Draw a mean as a line and its interval as a band.

    Args:
        ax: Where.
        x: One position per value.
        values: From `runs.interval`, each part of the length of `x`.
        label: For the legend.
        options: For `ax.plot`, such as `color` and `marker`.
    """
    (line,) = ax.plot(x, values.mean, label=label, **options)
    ax.fill_between(x, values.low, values.high, color=line.get_color(), alpha=0.2, linewidth=0)


def error_bars(ax: Axes, labels: Sequence[str], values: Interval) -> None:
    """Draw one mean with its interval per label, in the style's colours.

    Args:
        ax: Where.
        labels: One per value, below the axis.
        values: From `runs.interval`, each part of the length of `labels`.
    """
    colors = list(COLORS.values())
    for i, label in enumerate(labels):
        reach = np.array([[values.mean[i] - values.low[i]], [values.high[i] - values.mean[i]]])
        ax.errorbar([label], [values.mean[i]], yerr=reach, fmt="o", capsize=5, color=colors[i % len(colors)])
