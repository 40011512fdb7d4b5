"""Lesson 03, focal loss."""

EXERCISES = ()
