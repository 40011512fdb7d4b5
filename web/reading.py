"""How long a lesson takes, computed from the lesson itself: `python -m web.reading 01`.

The minutes of a lesson are those for its words at 180 a minute, its lines of code at 12 a minute and its slider figures
at one minute each, to the next five. A formula counts as one word. Speaker notes, folded code and the exercises do not
count; the exercises state their own minutes ("★★☆ · 8 minutes"), which come on top. Nor does what stands under
"## Further", for those who want more.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

import nbformat

NOTEBOOKS = pathlib.Path(__file__).parents[1] / "notebooks"
WORDS, LINES, FIGURES = 180, 12, 1  # a minute


@dataclass(frozen=True)
class Reading:
    words: int
    lines: int
    figures: int
    exercises: int  # minutes, as stated

    @property
    def minutes(self):
        """Of the lesson without its exercises."""
        return 5 * round((self.words / WORDS + self.lines / LINES + self.figures / FIGURES) / 5)


def reading(path):
    words = lines = figures = exercises = 0
    in_exercises = False
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            continue
        if cell.source.startswith("## Further"):
            break
        if cell.cell_type == "markdown":
            heading = re.match(r"##? (.*)", cell.source)
            in_exercises = heading[1].startswith("Exercises") if heading else in_exercises
            exercises += sum(map(int, re.findall(r"^[★☆]{3} · (\d+) minutes?", cell.source, flags=re.M)))
            words += 0 if in_exercises else _words(cell.source)
        elif not in_exercises and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
            figures += any("text/html" in output.get("data", {}) or "image/png" in output.get("data", {})
                           for output in cell.outputs)  # fmt: skip
    return Reading(words, lines, figures, exercises)


def fragment(headline):
    """What a link to a headline has after #, as in JupyterLab."""
    return headline.replace(" ", "-")


def _words(markdown):
    text = re.sub(r"\$+[^$]+\$+", " formula ", markdown)
    text = re.sub(r"\]\([^)]*\)|</?[a-z]+>", " ", text)
    return len(re.findall(r"\w+(?:[-'’.]\w+)*", text))


if __name__ == "__main__":
    chosen = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.name.startswith(tuple(sys.argv[1:] or [""]))]
    if not chosen:
        sys.exit(f"There is no lesson {' '.join(sys.argv[1:])}: give a number such as 01.")
    for path in chosen:
        found = reading(path)
        print(f"{path.stem}: {found.minutes} minutes, exercises {found.exercises} more "
              f"({found.words} words, {found.lines} lines of code, {found.figures} figures)")  # fmt: skip
