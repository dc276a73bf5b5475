"""Attacks on the grader, one table a theme. To add one, add an `Attack` to a table; the tests run what is in them."""
