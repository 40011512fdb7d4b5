"""Lesson 05, entropy and KL divergence."""

EXERCISES = ()
