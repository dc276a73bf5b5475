"""Kinds of damage that honest students' notebooks arrive with, made on disk from a correct notebook.

`DAMAGES` maps the name of a kind to what makes it and what is to come of it. A maker gets the folder of the student,
the name that the notebook should have, and the data of the notebook (a copy of its own), and writes what is handed in.
"""

from tests.damage import answers, cells, content, files, marks, zips  # noqa: F401 - each enters its kinds
from tests.damage.kinds import DAMAGES, NOTHING, PARTLY, REPAIRED, Damage, answered, code, hand_in, prose, write

__all__ = ["DAMAGES", "NOTHING", "PARTLY", "REPAIRED", "Damage", "answered", "code", "hand_in", "prose", "write"]
