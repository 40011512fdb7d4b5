"""What the room gets wrong: `python -m lossutils.exercises.report FOLDER`, from the students' progress files.

FOLDER is searched, with what lies below it, for files whose names end in .json: `progress.json` in a folder for each
student, or `ada.json`, or however else they were handed in. Each file counts as one student. Folders and files whose
names begin with a dot are left out (a notebook's checkpoints are copies), links are not followed, and a file that
`check` cannot have written is skipped with a sentence.

A file is a stranger's: it may hold anything. Only tries, passes and mistakes of this course's exercises are taken from
it, and of a mistake's name only what can be printed on one line. Students are numbered by what they have passed, which
says nothing of who they are.
"""

import argparse
import csv
import io
import os
import pathlib
import stat
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass

from . import EXERCISES, LESSONS, ticks, words

STATES = ("not tried", "tried", "stuck", "passed")
STUCK = 3  # tries without a pass
MOST = 3  # mistakes are shown of an exercise, and headlines of all
LARGEST = 1_000_000  # bytes; `check` writes a few thousand
DEEPEST = 20  # folders within one another
LONGEST = 200  # characters of a name
WIDTH = 80
ALARM = "#a33e00"  # the palette's orange, as much darker than passed as that is than tried: grey tells them apart


@dataclass(frozen=True)
class Student:
    """What one file says: its path without `progress.json` or `.json`, and the entries of the course's exercises."""

    name: str
    entries: dict

    def state(self, exercise):
        """One of STATES: `tried` is once or twice, `stuck` more often, both without a pass."""
        entry = self.entries.get(exercise.name)
        if entry is None:
            return "not tried"
        return "passed" if entry["passed"] else "stuck" if entry["tries"] >= STUCK else "tried"

    def mistakes(self, exercise):
        """{name: tries that made it}."""
        return self.entries[exercise.name]["mistakes"] if exercise.name in self.entries else {}


@dataclass(frozen=True)
class Report:
    """A class and its exercises: `print` it for the table; a notebook shows its heat map.

    `students` are in the order of their numbers, `skipped` has (path, what is wrong) of each file that was left out.
    """

    students: tuple
    exercises: tuple
    skipped: tuple = ()

    @classmethod
    def of(cls, folder, lesson=None):
        """The report of a folder: of one lesson, or of all lessons of which someone has tried an exercise.

        Raises:
            ValueError: there is no such lesson, no such folder, or no file in it that can be used.
        """
        if lesson not in (None, *LESSONS):
            raise ValueError(f"there is no lesson {lesson!r} with exercises: take one of {', '.join(LESSONS)}.")
        folder = pathlib.Path(folder)
        if not folder.is_dir():
            raise ValueError(f"there is no folder {_clean(folder)!r}: name the one with the students' progress files.")
        students, skipped = [], []
        for path, wrong in _files(folder):
            name = path.relative_to(folder).as_posix()
            try:
                if wrong:
                    raise ValueError(wrong)
                students.append(Student(_clean(name[: -len(".json")].removesuffix("/progress")), _entries(path)))
            except ValueError as error:
                skipped.append((_clean(name), str(error)))
        if not students:
            why = f"\n{_said(skipped, names=False)}" if skipped else ""
            raise ValueError(
                f"{_clean(folder)!r} holds no progress file: each student's progress.json belongs there.{why}"
            )
        tried = {EXERCISES[name].lesson for student in students for name in student.entries}
        exercises = tuple(e for e in EXERCISES.values() if e.lesson in ({lesson} if lesson else tried))
        students.sort(key=lambda student: _order(student, exercises))
        return cls(tuple(students), exercises, tuple(skipped))

    def count(self, exercise):
        """How many have tried an exercise, how many of them have passed, and how many are stuck."""
        states = Counter(student.state(exercise) for student in self.students)
        return len(self.students) - states["not tried"], states["passed"], states["stuck"]

    def mistakes(self, exercise):
        """[(students who made it, its name, the headline that treats it or None)], the most frequent first."""
        students, tries = Counter(), Counter()
        for student in self.students:
            made = student.mistakes(exercise)
            students.update(made.keys())
            tries.update(made)
        ordered = sorted(students, key=lambda said: (-students[said], -tries[said], said))
        return [(students[said], said, headline(exercise, said)) for said in ordered]

    def show_next(self):
        """[(students who made a mistake that it treats, lesson, headline)], the most frequent first."""
        room = {}
        for exercise in self.exercises:
            for number, student in enumerate(self.students):
                for said in student.mistakes(exercise):
                    room.setdefault((exercise.lesson, headline(exercise, said)), set()).add(number)
        counts = [(len(who), *place) for place, who in room.items() if place[1]]
        return sorted(counts, key=lambda count: (-count[0], *count[1:]))

    def text(self, names=False):
        """The table as `print` shows it; with `names`, also who is stuck and which files were skipped."""
        seen = [exercise for exercise in self.exercises if self.count(exercise)[0]]
        lines = [
            f"{_many(len(self.students), 'student')}, {len(seen)} of {_many(len(self.exercises), 'exercise')} tried. "
            f"Stuck: {STUCK} tries or more, not passed.",
            "Before a mistake: how many students made it; after it, →: the headline to show.",
        ]
        lines += [_said(self.skipped, names)] if self.skipped else []
        lines += ["", "To show next, by the number of students whose mistakes it treats:"] if self.show_next() else []
        for count, lesson, section in self.show_next()[:MOST]:
            lines += _wrapped(f"{count:5}  ", f"lesson {lesson}, “{section}”")
        for lesson in LESSONS:
            here = [exercise for exercise in seen if exercise.lesson == lesson]
            lines += ["", f"{f'lesson {lesson}':52}  tried  passed   stuck"] if here else []
            for exercise in here:
                tried, passed, stuck = self.count(exercise)
                lines.append(f"{exercise.name:52}  {tried:5}  {passed:6}  {stuck:6}")
                for count, said, section in self.mistakes(exercise)[:MOST]:
                    lines += _wrapped(f"{count:5}  ", said)
                    lines += _wrapped(
                        "       ", f"→ “{section}”" if section else f"→ no headline of lesson {lesson} treats it"
                    )
                who = [student.name for student in self.students if student.state(exercise) == "stuck"]
                lines += _wrapped("       ", f"stuck: {', '.join(who)}") if names and who else []
        return "\n".join(lines)

    __str__ = text

    def __repr__(self):
        return f"Report: {_many(len(self.students), 'student')}, {_many(len(self.exercises), 'exercise')}"

    def _repr_png_(self):
        with io.BytesIO() as file:
            self.heat_map().savefig(file, format="png")
            return file.getvalue()

    def heat_map(self):
        """Exercises against students, as a matplotlib figure of 1280×720. It has no names, so that it can be shown."""
        import numpy as np  # these are loaded here, so that the table does without them
        from matplotlib.colors import ListedColormap
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch

        from ..explore.palette import INK, ramp

        passed, tried, untried = ramp(3)
        colours = (untried, tried, ALARM, passed)
        states = [[STATES.index(student.state(exercise)) for exercise in self.exercises] for student in self.students]
        rows, columns = len(self.students), len(self.exercises)
        figure = Figure(figsize=(12.8, 7.2), facecolor="white", layout="constrained")
        axes = figure.subplots()
        axes.pcolormesh(states, cmap=ListedColormap(colours), vmin=0, vmax=len(STATES) - 1, edgecolor="white", lw=0.5)
        y, x = np.nonzero(np.array(states) == STATES.index("stuck"))
        axes.plot(x + 0.5, y + 0.5, "x", color="white", markersize=min(220 / rows, 480 / columns, 8))
        axes.invert_yaxis()
        axes.set_ylabel("student", fontsize=14)
        step = next(step for step in (1, 10, 100, 1000, rows) if rows <= 20 * step)
        numbers = sorted({1, *range(step, rows + 1, step)})
        axes.set_yticks([number - 0.5 for number in numbers], numbers, fontsize=12)
        turned = columns > 10
        room = 100 if turned else 110 // columns  # letters
        names = [textwrap.fill(exercise.name, room, break_long_words=False) for exercise in self.exercises]
        look = {"fontsize": min(700 / columns, 14), "rotation": 90 if turned else 0}
        axes.set_xticks([x + 0.5 for x in range(columns)], names, **look)
        axes.tick_params(axis="x", length=0)
        lessons = [exercise.lesson for exercise in self.exercises]
        for lesson in dict.fromkeys(lessons):
            first, count = lessons.index(lesson), lessons.count(lesson)
            axes.axvline(first, color=INK, linewidth=1.5)
            said = lesson if len(set(lessons)) > 6 else f"lesson {lesson}"
            above = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center"}
            axes.annotate(said, (first + count / 2, 0), fontsize=14, weight="bold", **above)
        said = ("not tried", "tried once or twice", f"stuck: {STUCK} tries or more, not passed", "passed")
        patches = [
            Patch(facecolor=colour, edgecolor=INK, label=label) for colour, label in zip(colours, said, strict=True)
        ]
        figure.legend(handles=patches, loc="outside upper center", ncols=len(STATES), fontsize=14, frameon=False)
        return figure

    def write(self, folder, names=False):
        """Write heatmap.png, table.csv and mistakes.csv into a folder; with `names`, the table says who is who."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "heatmap.png").write_bytes(self._repr_png_())
        table = [["student", *(["name"] if names else []), *(f"{e.lesson} {e.name}" for e in self.exercises)]]
        for number, student in enumerate(self.students, 1):
            states = [student.state(exercise) for exercise in self.exercises]
            table.append([number, *([student.name] if names else []), *states])
        _write_csv(folder / "table.csv", table)
        rows = [["lesson", "exercise", "tried", "passed", "stuck", "mistake", "students", "headline to show next"]]
        for exercise in self.exercises:
            for count, said, section in self.mistakes(exercise)[:MOST] or [("", "", "")]:
                rows.append([exercise.lesson, exercise.name, *self.count(exercise), said, count, section or ""])
        _write_csv(folder / "mistakes.csv", rows)


def headline(exercise, said):
    """The headline of the lesson that treats a mistake, by its name; None for a general one.

    Of two mistakes at once, or of one number among several, the name holds those of the exercise's own mistakes.
    """
    own = [m for m in exercise.mistakes if m.section and m.said in said]
    first = min(own, key=lambda m: (said.index(m.said), -len(m.said)), default=None)
    return first and words.plain(first.section)


# files
def _files(folder):
    """(path, what is wrong) of each file that may be a student's, in the order of their names."""
    unread = []
    for top, folders, files in os.walk(folder, onerror=unread.append):
        top = pathlib.Path(top)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in [top / name for name in folders if (top / name).is_symlink()]:
            yield path, "it is a link, and links are not followed"
        if len(top.relative_to(folder).parts) >= DEEPEST and folders:
            folders.clear()
            yield top, f"it has folders more than {DEEPEST} deep, which are not searched"
        for name in sorted(files):
            if name.lower().endswith(".json") and not name.startswith("."):
                yield top / name, None
    for error in unread:
        yield pathlib.Path(error.filename), f"it cannot be opened ({error.strerror})"


def _entries(path):
    """What a file says of the course's exercises. Raises ValueError where it says nothing that can be counted."""
    version, entries = ticks.parsed(_content(path))
    if version == 1:
        raise ValueError("it is of version 1, which did not count tries: one more `check` rewrites it")
    entries = {name: entry for name, entry in entries.items() if name in EXERCISES}
    if not entries:
        raise ValueError("it has no exercise of this course")
    for entry in entries.values():
        mistakes = Counter()
        for said, count in entry["mistakes"].items():
            mistakes[_clean(said)] += count
        entry["mistakes"] = mistakes
    return entries


def _content(path):
    # NOFOLLOW: between the search and now, a file may have become a link. NONBLOCK: a pipe would wait for its writer.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.is_symlink():
        raise ValueError("it is a link, and links are not followed")
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("it is no plain file")
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"it cannot be opened ({error.strerror})") from error
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 10**6} MB, and `check` writes a few kB")
    return content


def _order(student, exercises):
    """Who has passed most comes first; what is left of the order follows from the entries alone, not from a name."""
    states = [student.state(exercise) for exercise in exercises]
    known = sorted((name, entry["tries"], sorted(entry["mistakes"].items())) for name, entry in student.entries.items())
    return -states.count("passed"), states.count("not tried"), -states.count("tried"), known


# words
def _clean(text):
    """One line of what can be printed: no control sequences, no characters that turn the line round, no end of it."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(text))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _many(count, what):
    return f"{count} {what}{'s' * (count != 1)}"


def _said(skipped, names):
    """A sentence for each file, or, without names, for each thing that was wrong."""
    each = skipped if names else [(_many(n, "file"), why) for why, n in Counter(why for _, why in skipped).items()]
    return "\n".join(line for name, why in each for line in _wrapped("Skipped ", f"{name}: {why}."))


def _wrapped(start, text):
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _write_csv(path, rows):
    """For spreadsheets too: with the mark by which they know UTF-8, and with no text that they would calculate."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["'" + x if _is_formula(x) else x for x in row] for row in rows])


def _is_formula(x):
    return isinstance(x, str) and x.lstrip().startswith(tuple("=+-@＝＋－＠"))


def main():
    parser = argparse.ArgumentParser(
        prog="python -m lossutils.exercises.report",
        description="What the room gets wrong, from the students' progress files: for each exercise how many have "
        "tried it, passed it and are stuck, the most frequent mistakes, and the headline of the lesson to show next.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="where the files lie, in any folders below it")
    parser.add_argument("--lesson", metavar="NN", help="this lesson only, such as 01")
    parser.add_argument("-o", "--out", metavar="DIR", help="write heatmap.png, table.csv and mistakes.csv there")
    parser.add_argument("--names", action="store_true", help="say which student it is, by the file's path")
    asked = parser.parse_args()
    try:
        report = Report.of(asked.folder, asked.lesson)
    except ValueError as error:
        sys.exit(str(error))
    encoding = sys.stdout.encoding or "utf-8"
    print(report.text(asked.names).encode(encoding, "replace").decode(encoding))  # not every terminal has a γ
    try:
        report.write(asked.out, asked.names) if asked.out else None
    except OSError as error:
        sys.exit(f"{asked.out} cannot be written ({error.strerror}): name another folder with --out.")


if __name__ == "__main__":
    main()
