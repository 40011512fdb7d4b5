"""Lesson 08, more losses of torch."""

EXERCISES = ()
