"""Lesson 00, start here: one exercise, to see how `check` answers."""

from .exercise import Exercise, Mistake

DOWN = "A loss is one number, and learning walks downhill on it"
FIGURE = "Move: the squared error and its slope"

EXERCISES = (
    Exercise(
        "walk-downhill",
        "00",
        (1.5, 0.25),
        (
            Mistake("a step along the gradient leads uphill", DOWN, (2.5, 2.25)),
            Mistake("the step is the whole gradient, not 0.25 of it", DOWN, (0.0, 1.0)),
            Mistake("the loss is not squared", FIGURE, (1.5, 0.5)),
            Mistake("the step does not use the gradient: 0.25 is only its factor", DOWN, (1.75, 0.5625)),
        ),
    ),
)
