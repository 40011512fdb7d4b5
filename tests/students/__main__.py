"""The table of `tests.students`: read it for names that are wrong, which no program can see."""

from lossutils.exercises import EXERCISES, examine

from . import RIGHT, WRONG

told = [(name, said, examine(EXERCISES[name], answer)) for name, said, answer in WRONG]
for name, said, verdict in told:
    name_given = verdict.mistake.said if verdict.mistake else "ACCEPTED" if verdict.passed else "no name"
    print(f"{name}: {said}\n    {name_given}")
refused = [name for name, answer in RIGHT if not examine(EXERCISES[name], answer).passed]
accepted = sum(verdict.passed for _, _, verdict in told)
named = sum(verdict.mistake is not None for _, _, verdict in told)
print(f"{len(told)} wrong: {accepted} accepted, {named} named ({named / len(told):.1%})")
print(f"{len(RIGHT)} right: {len(refused)} refused {refused}")
