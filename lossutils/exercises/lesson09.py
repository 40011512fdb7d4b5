"""Lesson 09, objective functions."""

EXERCISES = ()
