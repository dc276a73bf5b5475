"""`helpers.plotting`: what is drawn, and that its colours can be told apart."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from helpers import plotting, runs

RESULTS = np.array([[0.0, 2.0, 1.0], [2.0, 4.0, 1.0], [4.0, 3.0, 1.0]])

# Machado, Oliveira, Fernandes 2009, table 1, severity 1: how linear RGB looks without the red or the green cones.
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


@pytest.fixture(autouse=True)
def clean_figures():
    with mpl.rc_context({"backend": "Agg"}):
        yield
    plt.close("all")


def seen(color, sight):
    rgb = np.array(colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(np.array(sight) @ linear, 0, 1)


@pytest.mark.parametrize("sight", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["full", "protanopia", "deuteranopia"])
def test_colours_can_be_told_apart(sight):
    pairs = itertools.combinations(plotting.COLORS.values(), 2)
    # A tenth of the unit cube's edge; pure red and green, for comparison, differ by 0.3 of full intensity.
    assert min(np.linalg.norm(seen(a, sight) - seen(b, sight)) for a, b in pairs) > 0.1


def test_the_style_cycles_through_the_colours():
    plotting.use_style()
    _, ax = plt.subplots()
    drawn = [ax.plot([0, 1])[0].get_color() for _ in plotting.COLORS]
    assert drawn == list(plotting.COLORS.values())


def test_panels_stand_beside_each_other():
    axes = plotting.panels(3, height=2.0, width=9.0, sharey=True)
    assert len(axes) == 3
    assert axes[0].figure.get_size_inches().tolist() == [9.0, 2.0]
    assert axes[0].get_shared_y_axes().joined(axes[0], axes[2])
    assert len(plotting.panels(1)) == 1


def test_a_band_is_the_mean_with_its_interval():
    (ax,) = plotting.panels(1)
    values = runs.interval(RESULTS)
    plotting.band(ax, [10, 20, 30], values, label="loss", color=plotting.COLORS["green"], marker="s")
    (line,), (area,) = ax.lines, ax.collections
    assert line.get_xdata().tolist() == [10, 20, 30]
    assert line.get_ydata().tolist() == values.mean.tolist()
    assert (line.get_label(), line.get_marker()) == ("loss", "s")
    corners = {tuple(corner) for corner in area.get_paths()[0].vertices.tolist()}
    expected = {(x, y) for ends in (values.low, values.high) for x, y in zip((10.0, 20.0, 30.0), ends, strict=True)}
    assert corners == expected
    assert colors.same_color(area.get_facecolor()[0][:3], plotting.COLORS["green"])
    assert area.get_alpha() < 0.5


def test_two_bands_have_two_colours_and_two_labels():
    plotting.use_style()
    (ax,) = plotting.panels(1)
    for label in ("a", "b"):
        plotting.band(ax, range(3), runs.interval(RESULTS), label=label)
    assert ax.lines[0].get_color() != ax.lines[1].get_color()
    assert ax.get_legend_handles_labels()[1] == ["a", "b"]


def test_error_bars_reach_from_end_to_end():
    (ax,) = plotting.panels(1)
    values = runs.Interval(np.array([1.0, 2.0]), np.array([0.5, 1.0]), np.array([3.0, 2.5]))
    plotting.error_bars(ax, ["ours", "theirs"], values)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["ours", "theirs"]
    for i, container in enumerate(ax.containers):
        line, _, (bar,) = container
        assert line.get_ydata().tolist() == [values.mean[i]]
        assert bar.get_segments()[0].tolist() == [[i, values.low[i]], [i, values.high[i]]]
        assert line.get_color() == list(plotting.COLORS.values())[i]


def test_more_labels_than_colours():
    (ax,) = plotting.panels(1)
    n = len(plotting.COLORS) + 1
    plotting.error_bars(ax, [f"run {i}" for i in range(n)], runs.Interval(*np.ones((3, n))))
    assert len(ax.containers) == n
