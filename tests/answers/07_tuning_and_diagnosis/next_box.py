# Answers to exercise 2a: the box of the next stage.

# %% wrong: centre and width of the value, not of its logarithm
# loses: test_next_box_narrows, test_next_box_follows, test_next_box_bounds
# says: reaches below 0
def next_box(box, bounds, best, factor):
    width = (box[1] - box[0]) / factor
    return best - width / 2, best + width / 2


# %% wrong: never leaves the box of this stage
# loses: test_next_box_follows, test_next_box_bounds
# says: may leave this one
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    at_low = centre - low < width / 4 and low - lowest > 1e-6
    at_high = high - centre < width / 4 and highest - high > 1e-6
    if not (at_low or at_high):
        width /= factor
    start = min(max(centre - width / 2, low), high - width)
    return math.exp(start), math.exp(start + width)


# %% wrong: an outer tenth
# loses: test_next_box_follows
# says: is in the outer quarter
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    at_low = centre - low < width / 10 and low - lowest > 1e-6
    at_high = high - centre < width / 10 and highest - high > 1e-6
    if not (at_low or at_high):
        width /= factor
    start = min(max(centre - width / 2, lowest), highest - width)
    return math.exp(start), math.exp(start + width)


# %% wrong: cut at the bounds, not moved
# loses: test_next_box_bounds
# says: not cut
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    at_low = centre - low < width / 4 and low - lowest > 1e-6
    at_high = high - centre < width / 4 and highest - high > 1e-6
    if not (at_low or at_high):
        width /= factor
    return math.exp(max(centre - width / 2, lowest)), math.exp(min(centre + width / 2, highest))


# %% wrong: does not narrow at a bound
# loses: test_next_box_bounds
# says: nothing lies beyond
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    if width / 4 < centre - low < 3 * width / 4:
        width /= factor
    start = min(max(centre - width / 2, lowest), highest - width)
    return math.exp(start), math.exp(start + width)


# %% wrong: an end is at the bound only if it is the same number
# loses: test_next_box_bounds
# says: by rounding only
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    at_low = centre - low < width / 4 and box[0] != bounds[0]
    at_high = high - centre < width / 4 and box[1] != bounds[1]
    if not (at_low or at_high):
        width /= factor
    start = min(max(centre - width / 2, lowest), highest - width)
    return math.exp(start), math.exp(start + width)


# %% wrong: narrower as soon as any end is a bound
# loses: test_next_box_bounds
# says: the end that is no bound
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = (math.log(value) for value in (*box, *bounds, best))
    width = high - low
    edge = min(centre - low, high - centre) < width / 4
    if not edge or low - lowest < 1e-6 or highest - high < 1e-6:
        width /= factor
    start = min(max(centre - width / 2, lowest), highest - width)
    return math.exp(start), math.exp(start + width)


# %% unusual: numpy, decades, a list
def next_box(box, bounds, best, factor):
    low, high = np.log10(box)
    least, most = np.log10(bounds)
    place = (np.log10(best) - low) / (high - low)
    narrow = 0.25 <= place <= 0.75
    narrow |= place < 0.25 and np.isclose(box[0], bounds[0], rtol=1e-6, atol=0)
    narrow |= place > 0.75 and np.isclose(box[1], bounds[1], rtol=1e-6, atol=0)
    half = (high - low) / 2 / (factor if narrow else 1)
    centre = np.clip(np.log10(best), least + half, most - half)
    return [10 ** (centre - half), 10 ** (centre + half)]


# %% unusual: a tensor
def next_box(box, bounds, best, factor):
    low, high, lowest, highest, centre = torch.tensor([*box, *bounds, best], dtype=torch.float64).log()
    width = high - low
    if best**2 < box[0] * box[1]:
        narrow = centre - low >= width / 4 or low - lowest < 1e-6
    else:
        narrow = high - centre >= width / 4 or highest - high < 1e-6
    width = width / factor if narrow else width
    shift = (lowest - centre + width / 2).clamp(min=0) - (centre + width / 2 - highest).clamp(min=0)
    return torch.stack([centre - width / 2, centre + width / 2]).add(shift).exp()
