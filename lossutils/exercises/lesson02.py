"""Lesson 02, weighted binary cross entropy."""

EXERCISES = ()
