"""The processor's time of a check, of known mistakes and of students' answers: `python -m benchmarks.checks`.

A wrong answer without a name takes longest: every known mistake is tried, alone and with another.
"""

import time

import torch

from lossutils.exercises import EXERCISES, judge
from tests import students

GOAL = 0.5  # seconds of CPU


def seconds(exercise, answer):
    start = time.process_time()
    judge(exercise, answer)
    return time.process_time() - start


def main():
    torch.set_num_threads(1)
    judge(EXERCISES["bce"], EXERCISES["bce"].answer)  # what is imported at the first use is not the check's
    slowest = []
    for exercise in EXERCISES.values():
        answers = [exercise.answer, *(mistake.of(exercise.answer) for mistake in exercise.mistakes)]
        answers += [answer for name, _, answer in students.WRONG if name == exercise.name]
        slowest.append((max(seconds(exercise, answer) for answer in answers), exercise.name))
    print(f"check: slowest answer of each exercise, goal {GOAL} s")
    for time_taken, name in sorted(slowest, reverse=True)[:5]:
        print(f"  {time_taken:.2f} s  {name}")


if __name__ == "__main__":
    main()
