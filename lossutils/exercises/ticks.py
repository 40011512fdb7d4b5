"""What was tried and passed: a plain JSON file in the student's own folder, never sent anywhere.

    {"version": 2,
     "exercises": {"bce": {"tries": 3, "passed": true, "mistakes": {"a sum where the mean is meant": 2}}}}

`tries` counts the checks of a written answer up to the first that passed; `mistakes` counts those of them that had a
name, by that name. No code, no number that a student gave, no time and nothing of the person is kept. Version 1 was
{"passed": [names]}; it is read, and rewritten with the next check. A file of a later version is read as far as it is
understood and never rewritten.
"""

import contextlib
import json
import os
import pathlib

VERSION = 2


def _file():
    """In the folder of the notebook; LOSSUTILS_PROGRESS names another file."""
    return pathlib.Path(os.environ.get("LOSSUTILS_PROGRESS", "progress.json"))


def read(path):
    """(version, {exercise: {"tries", "passed", "mistakes"}}) of a file; what is missing or spoilt is left out."""
    try:
        return parsed(pathlib.Path(path).read_bytes())
    except (OSError, ValueError):
        return VERSION, {}


def parsed(content):
    """The same of a file's bytes; entries that are spoilt are left out.

    Raises:
        ValueError: it is no such file; the message says, of "it", what is wrong with it.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON, or JSON that was cut off") from error
    try:
        version = found.get("version", 1)
        if version == 1:
            return 1, {name: _entry(1, True, {}) for name in found["passed"] if isinstance(name, str)}
        return version, dict(filter(None, map(_understood, found["exercises"].items())))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("it is JSON, but not what `check` writes") from error


def _entry(tries, passed, mistakes):
    return {"tries": tries, "passed": passed, "mistakes": mistakes}


def _understood(item):
    name, entry = item
    if not isinstance(entry, dict) or not _is_count(entry.get("tries")):
        return None
    mistakes = entry.get("mistakes")
    mistakes = mistakes if isinstance(mistakes, dict) else {}
    counts = {said: count for said, count in mistakes.items() if _is_count(count)}
    return name, _entry(entry["tries"], entry.get("passed") is True, counts)


def _is_count(x):
    return isinstance(x, int) and not isinstance(x, bool) and 0 < x < 10**9


def passed():
    """The names of the exercises passed so far; a missing or spoilt file costs nothing but the ticks."""
    return {name for name, entry in read(_file())[1].items() if entry["passed"]}


def record(name, right, mistake=None):
    """Count a try; returns how many there were. An exercise that is passed stays so, and is not counted any further.

    The file is replaced as a whole: a crash leaves the old one or the new one, no half.
    """
    path = _file()
    version, exercises = read(path)
    entry = exercises.setdefault(name, _entry(0, False, {}))
    if entry["passed"] or version not in (1, VERSION):
        return entry["tries"] + (not entry["passed"])
    entry["tries"] += 1
    entry["passed"] = right
    if mistake:
        entry["mistakes"][mistake] = entry["mistakes"].get(mistake, 0) + 1
    with contextlib.suppress(OSError):  # a folder that cannot be written to costs the tick, not the lesson
        # An ordinary file, not one of tempfile's: on a hub the instructors read it too.
        new = path.with_name(f"{path.name}.{os.getpid()}")
        content = {"version": VERSION, "exercises": exercises}
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
        new.write_text(text, encoding="utf-8", errors="surrogatepass")  # what was read is written, halves of pairs too
        os.replace(new, path)
    return entry["tries"]
