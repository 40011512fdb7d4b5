"""The processor's time of a check, of right answers and known mistakes: `python -m benchmarks.checks`.

An answer that is refused takes longest: the known mistakes are tried as well, up to the one that behaves like it.
"""

import time

import torch

from lossutils.exercises import EXERCISES, judge

GOAL = 0.3  # seconds, of which a student does not notice the wait


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
        slowest.append((max(seconds(exercise, answer) for answer in answers), exercise.name))
    print(f"check: slowest answer of each exercise, goal {GOAL} s of CPU")
    for time_taken, name in sorted(slowest, reverse=True)[:5]:
        print(f"  {time_taken:.2f} s  {name}")


if __name__ == "__main__":
    main()
