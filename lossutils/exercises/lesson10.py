"""Lesson 10, numerical stability."""

EXERCISES = ()
