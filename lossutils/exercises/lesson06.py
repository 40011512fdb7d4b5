"""Lesson 06, squared error against cross entropy."""

EXERCISES = ()
