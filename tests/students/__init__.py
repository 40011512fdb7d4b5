"""Answers as students would hand them in: for each exercise five wrong ones, with their slips in words, and two right.

They were written from the exercises' texts alone, by someone who had not seen what `check` knows. `python -m
tests.students` prints how many of them are accepted, refused and named, and what each wrong one is told.
"""

import importlib

from lossutils.exercises import LESSONS

MODULES = [importlib.import_module(f"{__name__}.lesson{lesson}") for lesson in LESSONS]
WRONG = [(name, said, answer) for module in MODULES for name, given in module.WRONG.items() for said, answer in given]
RIGHT = [(name, answer) for module in MODULES for name, given in module.RIGHT.items() for answer in given]
