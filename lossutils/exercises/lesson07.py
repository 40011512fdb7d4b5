"""Lesson 07, regression losses."""

EXERCISES = ()
