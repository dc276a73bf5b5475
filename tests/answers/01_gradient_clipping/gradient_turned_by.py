# Answers to exercise 3: a gradient that clipping by value turns by a given angle.

# %% wrong: degrees taken for radians
# loses: test_gradient_turned_by_angle, test_gradient_turned_by_limit, test_gradient_turned_by_edges
# says: are angles converted to radians
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg < 45:
        raise ValueError("no such gradient")
    return max_value / math.tan(45 - angle_deg), max_value


# %% wrong: the gradient lies at the angle itself
# loses: test_gradient_turned_by_angle, test_gradient_turned_by_limit, test_gradient_turned_by_edges
# says: is to be the angle to its clipped version
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg < 45:
        raise ValueError("no such gradient")
    angle = math.radians(angle_deg)
    return 10 * max_value * math.cos(angle), 10 * max_value * math.sin(angle)


# %% wrong: returns what a helper's clipping leaves
# loses: test_gradient_turned_by_angle, test_gradient_turned_by_limit, test_gradient_turned_by_edges
# says: so clipping does not turn it at all
def gradient_turned_by(angle_deg, max_value):
    import math

    from helpers import clipping

    if not 0 <= angle_deg < 45:
        raise ValueError("no such gradient")
    gradient = torch.tensor([max_value / math.tan(math.radians(45 - angle_deg)), max_value])
    clipping.clip_by_value([gradient], max_value)
    return gradient


# %% wrong: turns the corner, which leaves the square at another place
# loses: test_gradient_turned_by_angle, test_gradient_turned_by_limit, test_gradient_turned_by_edges
# says: is clipped to (1.000, 0.598)
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg < 45:
        raise ValueError("no such gradient")
    angle, length = math.radians(45 - angle_deg), math.sqrt(2) * max_value
    return length * math.cos(angle), length * math.sin(angle)


# %% wrong: max_value is always 1
# loses: test_gradient_turned_by_limit, test_gradient_turned_by_edges
# says: max_value is 250.0 here
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg < 45:
        raise ValueError("no such gradient")
    return 1 / math.tan(math.radians(45 - angle_deg)), 1


# %% wrong: answers for impossible angles, too
# loses: test_gradient_turned_by_edges
# says: is turned by less than 0 or by 45 degrees: raise ValueError
def gradient_turned_by(angle_deg, max_value):
    import math

    return max_value / math.tan(math.radians(45 - angle_deg)), max_value


# %% wrong: takes 45 degrees for possible
# loses: test_gradient_turned_by_edges
# says: is turned by less than 0 or by 45 degrees: raise ValueError
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg <= 45:
        raise ValueError("no such gradient")
    return max_value / math.tan(math.radians(45 - angle_deg)), max_value


# %% wrong: a negative angle is turned the other way
# loses: test_gradient_turned_by_edges
# says: is turned by less than 0 or by 45 degrees: raise ValueError
def gradient_turned_by(angle_deg, max_value):
    import math

    if abs(angle_deg) >= 45:
        raise ValueError("no such gradient")
    return max_value / math.tan(math.radians(45 - angle_deg)), max_value


# %% unusual: searches in plain Python, beyond the other axis
def gradient_turned_by(angle_deg, max_value):
    import math

    if angle_deg < 0 or angle_deg >= 45:
        raise ValueError(angle_deg)
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        turned = math.degrees(math.atan2(1 + middle, 1)) - 45
        low, high = (middle, high) if turned < angle_deg else (low, middle)
    return [max_value, max_value * (1 + low)]


# %% unusual: numpy in single precision, in another quadrant
def gradient_turned_by(angle_deg, max_value):
    import numpy as np

    if not 0 <= angle_deg < 45:
        raise ValueError(angle_deg)
    return np.float32([-max_value, max_value * np.tan(np.deg2rad(45 + angle_deg))])


# %% unusual: a torch tensor far outside, along complex numbers
def gradient_turned_by(angle_deg, max_value):
    import cmath

    if not 0 <= angle_deg < 45:
        raise ValueError(angle_deg)
    direction = (1 + 1j) * cmath.exp(-1j * cmath.pi * angle_deg / 180)
    gradient = torch.tensor([-direction.real, -direction.imag])
    return gradient / gradient.abs().min() * max_value * 1.5


# %% unusual: a gradient within the square for 0 degrees
def gradient_turned_by(angle_deg, max_value):
    import math

    if not 0 <= angle_deg < 45:
        raise ValueError(angle_deg)
    if angle_deg == 0:
        return max_value / 2, 0
    return max_value / math.tan(math.pi / 4 - math.radians(angle_deg)), max_value
