"""Lesson 04, softmax, NLL and cross entropy."""

EXERCISES = ()
