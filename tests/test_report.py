"""The report over a class: its numbers are right, nobody is named, and no file does harm."""

import csv
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

import nbformat
import pytest
from matplotlib.text import Text
from PIL import Image

from lossutils.exercises import EXERCISES, report, ticks
from lossutils.exercises.report import Report
from tests import classroom

ROOT = pathlib.Path(__file__).parent.parent
MINUS, BITS = "the minus sign is missing", "a base-2 logarithm gives bits, not nats"
SURPRISE = "The loss is the surprise: -ln p_t"


def entry(tries, passed=False, **mistakes):
    return {"tries": tries, "passed": passed, "mistakes": mistakes}


def hand_in(path, *, version=2, **exercises):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": version, "exercises": exercises}), "utf-8")


@pytest.fixture
def room(tmp_path):
    """Six students, handed in as they come: in a folder of their own, deeper, renamed, with a copy by Jupyter."""
    folder = tmp_path / "room"
    hand_in(folder / "ada" / "progress.json", **{"two-losses": entry(2, True, **{MINUS: 1}), "bce": entry(1, True)})
    hand_in(
        folder / "emmy" / "losses" / "notebooks" / "progress.json", **{"two-losses": entry(4, **{MINUS: 3, BITS: 1})}
    )
    hand_in(folder / "grace.json", **{"two-losses": entry(2, **{BITS: 2}), "bce": entry(1, True)})
    hand_in(folder / "Mary (1).JSON", **{"two-losses": entry(3, **{MINUS: 1, "it is off by one": 1})})
    hand_in(folder / "b" / "sofya.json", **{"two-losses": entry(1, True)})
    hand_in(folder / "tu.json", **{"two-losses": entry(1), "no-such-exercise": entry(9)})
    hand_in(folder / "ada" / ".ipynb_checkpoints" / "progress-checkpoint.json", **{"two-losses": entry(9)})
    hand_in(folder / "._grace.json", **{"two-losses": entry(9)})
    return folder


NAMES = ("ada", "emmy", "grace", "mary", "sofya")  # `tu` is a part of other words


def outputs(folder):
    """What was written, as text."""
    return {path.name: path.read_bytes().decode("utf-8-sig", "replace") for path in folder.iterdir()}


# the numbers
def test_what_is_counted(room):
    found = Report.of(room)
    losses, bce = EXERCISES["two-losses"], EXERCISES["bce"]
    assert len(found.students) == 6
    assert {exercise.lesson for exercise in found.exercises} == {"01"}  # that of the others nobody has tried
    assert found.count(losses) == (6, 2, 2)
    assert found.count(bce) == (2, 2, 0)
    assert found.count(EXERCISES["stuck"]) == (0, 0, 0)
    assert found.mistakes(losses) == [(3, MINUS, SURPRISE), (2, BITS, SURPRISE), (1, "it is off by one", None)]
    assert found.show_next() == [(4, "01", SURPRISE)]  # one of them has made both
    assert not found.skipped


def test_the_order_is_that_of_the_results(room):
    found = Report.of(room)
    assert [student.name for student in found.students[:2]] == ["ada", "grace"]
    assert [found.students[i].state(EXERCISES["two-losses"]) for i in range(6)] == [
        "passed", "tried", "passed", "tried", "stuck", "stuck",
    ]  # fmt: skip
    (room / "ada" / "progress.json").rename(room / "zoe.json")
    (room / "b" / "sofya.json").rename(room / "aaa.json")
    assert [student.entries for student in Report.of(room).students] == [student.entries for student in found.students]


def test_a_lesson_of_its_own(room):
    hand_in(room / "ada" / "progress.json", **{"first-loss": entry(1, True)})
    assert {exercise.lesson for exercise in Report.of(room).exercises} == {"01", "04"}
    assert {exercise.name for exercise in Report.of(room, "04").exercises} == {
        "two-scores", "first-loss", "log-softmax", "weighted-softmax-gradient",
    }  # fmt: skip
    with pytest.raises(ValueError, match="there is no lesson '99' with exercises: take one of 00, 01"):
        Report.of(room, "99")


@pytest.mark.parametrize(
    ("exercise", "said", "section"),
    [
        ("bce", f"{BITS}; and a sum where the mean is meant", SURPRISE),
        ("walk-downhill", "the first is right; the second: the loss is not squared", "Move: the squared error"),
        ("bce", "right for one example, wrong for several", None),
    ],
)
def test_the_headline_of_a_mistake(exercise, said, section):
    found = report.headline(EXERCISES[exercise], said)
    assert found == section or found.startswith(section)


def test_every_known_mistake_has_its_headline():
    for exercise in EXERCISES.values():
        for mistake in exercise.mistakes:
            same = [report.words.plain(other.section) for other in exercise.mistakes if other.said == mistake.said]
            assert report.headline(exercise, mistake.said) in same


# what is written
def test_the_table_fits_a_terminal_and_the_files_agree_with_it(room, tmp_path):
    found = Report.of(room)
    lines = found.text(names=True).splitlines()
    assert max(map(len, lines)) <= 80
    assert re.search(r"^two-losses +6 +2 +2$", str(found), re.M)
    assert "    1  it is off by one\n       → no headline of lesson 01 treats it\n" in str(found)
    found.write(tmp_path / "out")
    files = outputs(tmp_path / "out")
    assert set(files) == {"heatmap.png", "table.csv", "mistakes.csv"}
    table = list(csv.DictReader(files["table.csv"].splitlines()))
    assert [row["student"] for row in table] == list("123456")
    assert [row["01 two-losses"] for row in table].count("stuck") == 2
    mistakes = list(csv.DictReader(files["mistakes.csv"].splitlines()))
    assert mistakes[0] == {
        "lesson": "01", "exercise": "two-losses", "tried": "6", "passed": "2", "stuck": "2", "mistake": MINUS,
        "students": "3", "headline to show next": SURPRISE,
    }  # fmt: skip
    assert {row["exercise"] for row in mistakes} == {e.name for e in EXERCISES.values() if e.lesson == "01"}


def test_the_heat_map(room):
    """A cell has its state's colour; grey tells the four apart by steps that are alike; letters are not too small."""
    found = Report.of(room)
    figure = found.heat_map()
    assert (figure.get_size_inches() * figure.dpi).tolist() == [1280, 720]
    axes = figure.axes[0]
    (mesh,) = axes.collections
    states = [[report.STATES.index(student.state(e)) for e in found.exercises] for student in found.students]
    assert mesh.get_array().tolist() == states
    legend = [patch.get_facecolor() for patch in figure.legends[0].get_patches()]
    assert [mesh.cmap(mesh.norm(state)) for state in range(4)] == legend
    red, green, blue = (list(part) for part in list(zip(*legend, strict=True))[:3])
    grey = sorted(0.299 * r + 0.587 * g + 0.114 * b for r, g, b in zip(red, green, blue, strict=True))
    steps = [after - before for before, after in itertools.pairwise(grey)]
    assert min(steps) > 0.2
    (crosses,) = (line for line in axes.lines if line.get_marker() == "x")
    assert len(crosses.get_xdata()) == sum(row.count(2) for row in states) == 2


def test_a_heat_map_of_sixty_and_all_exercises():
    students = tuple(report.Student(str(i), {"bce": entry(1 + i % 4)}) for i in range(60))
    figure = Report(students, tuple(EXERCISES.values())).heat_map()
    figure.draw_without_rendering()
    labels = figure.axes[0].get_xticklabels()
    assert [label.get_text() for label in labels] == list(EXERCISES)
    boxes = [label.get_window_extent() for label in labels]
    assert min(label.get_fontsize() for label in labels) >= 10
    assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(boxes))
    assert min(box.y0 for box in boxes) >= 0
    assert figure.axes[0].get_window_extent().height > 60 * 7  # a student's row, in pixels


# who is who
def test_nobody_is_named_unless_it_is_asked_for(room, tmp_path):
    (room / "emmy-broken.json").write_text("{")
    found = Report.of(room)
    found.write(tmp_path / "out")
    files = outputs(tmp_path / "out")
    drawn = [text.get_text() for text in found.heat_map().findobj(Text)]
    said = "\n".join([str(found), repr(found), files["table.csv"], files["mistakes.csv"], *drawn]).lower()
    assert not [name for name in NAMES if re.search(rf"\b{name}", said)]
    found.write(tmp_path / "named", names=True)
    said = outputs(tmp_path / "named")["table.csv"]
    assert [line.split(",")[1] for line in said.splitlines()][:4] == ["name", "ada", "grace", "b/sofya"]
    assert "stuck: Mary (1), emmy/losses/notebooks" in found.text(names=True)
    assert "Skipped emmy-broken.json: it is no JSON" in found.text(names=True)


# files that are none, or worse
DEEP = "[" * 900_000
STRANGE = {
    "empty": ("", "it is no JSON"),
    "cut off": ('{"version": 2, "exercises": {"bce"', "it is no JSON"),
    "deep": (DEEP, "it is no JSON"),
    "digits": ('{"version": 2, "exercises": {"bce": {"tries": ' + "9" * 100_000 + "}}}", "it is no JSON"),
    "latin": ("\xff\xfe\xfd", "it is no JSON"),
    "foreign": ('{"name": "left-pad", "version": "1.3.0"}', "not what `check` writes"),
    "list": ("[1, 2]", "not what `check` writes"),
    "old": ('{"passed": ["bce"]}', "of version 1, which did not count tries: one more `check` rewrites it"),
    "huge": (" " * 1_000_001, "larger than 1 MB"),
    "another course": ('{"version": 2, "exercises": {"sql-1": {"tries": 1}}}', "no exercise of this course"),
    "negative": ('{"version": 2, "exercises": {"bce": {"tries": -1}}}', "no exercise of this course"),
    "nan": ('{"version": 2, "exercises": {"bce": {"tries": NaN}}}', "no exercise of this course"),
    "large": ('{"version": 2, "exercises": {"bce": {"tries": 1e999}}}', "no exercise of this course"),
}


def test_each_strange_file_is_skipped_with_a_sentence(room):
    for name, (content, _) in STRANGE.items():
        (room / f"{name}.json").write_bytes(content.encode("latin-1"))
    found = Report.of(room)
    assert len(found.students) == 6
    said = dict(found.skipped)
    for name, (_, sentence) in STRANGE.items():
        assert sentence in said.pop(f"{name}.json")
    assert not said
    assert "Skipped 5 files: it is no JSON, or JSON that was cut off." in str(found)


def test_counts_that_are_none_are_left_out(room):
    made = {MINUS: -3, BITS: float("nan"), "x": 10**400, "y": True, "the half": 1}
    hand_in(room / "odd.json", bce={"tries": 3, "passed": "yes", "mistakes": made}, stuck={"tries": 1, "mistakes": 3})
    text = (room / "odd.json").read_text().replace(str(10**400), "1" * 4000)
    (room / "odd.json").write_text(text)
    (odd,) = [student for student in Report.of(room).students if student.name == "odd"]
    assert odd.entries == {"bce": entry(3, False, **{"the half": 1}), "stuck": entry(1)}


def test_links_and_what_is_no_plain_file(room, tmp_path):
    """Neither a file nor a folder of someone else is read; a pipe would never end."""
    hand_in(tmp_path / "elsewhere" / "progress.json", bce=entry(1, True))
    (room / "link.json").symlink_to(tmp_path / "elsewhere" / "progress.json")
    (room / "folder").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (room / "loop.json").symlink_to(room / "loop.json")
    (room / "directory.json").mkdir()
    expected = dict.fromkeys(("link.json", "loop.json", "folder"), "it is a link, and links are not followed")
    if hasattr(os, "mkfifo"):
        os.mkfifo(room / "pipe.json")
        expected["pipe.json"] = "it is no plain file"
    found = Report.of(room)
    assert len(found.students) == 6
    assert dict(found.skipped) == expected


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="Windows opens what a link points to")
def test_a_file_that_becomes_a_link_meanwhile(room, tmp_path, monkeypatch):
    (room / "grace.json").rename(tmp_path / "grace.json")
    (room / "grace.json").symlink_to(tmp_path / "grace.json")
    monkeypatch.setattr(pathlib.Path, "is_symlink", lambda path: False)
    ((name, why),) = Report.of(room).skipped
    assert name == "grace.json"
    assert why.startswith("it cannot be opened")


def test_what_may_not_be_read(room, monkeypatch):
    """A folder and a file of which the system says no. (Root may read all, so it is said for it.)"""
    scan, open_ = os.scandir, os.open

    def refusing(real, forbidden):
        def call(path, *rest):
            if os.path.basename(path) == forbidden:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *rest)

        return call

    monkeypatch.setattr(os, "scandir", refusing(scan, "b"))
    monkeypatch.setattr(os, "open", refusing(open_, "tu.json"))
    found = Report.of(room)
    assert len(found.students) == 4
    assert dict(found.skipped) == dict.fromkeys(("b", "tu.json"), "it cannot be opened (Permission denied)")


def test_folders_without_end(room):
    deep = room.joinpath(*["d"] * 30)
    hand_in(deep / "progress.json", bce=entry(1))
    found = Report.of(room)
    assert len(found.students) == 6
    assert [why for _, why in found.skipped] == ["it has folders more than 20 deep, which are not searched"]


HARMFUL = [
    "\x1b]0;owned\x07\x1b[2J", "two\nlines\r\n", "\u202egnorts", "\ud800", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)",
    "\t=1", "＝1+1", "<script>alert(1)</script>", "$\\frac{$", "a" * 5000, "", " ",
]  # fmt: skip


def test_names_that_would_do_harm(room, tmp_path, monkeypatch):
    """Of a mistake and of a file: no control sequence, no second line, no formula of a spreadsheet, no HTML, no TeX."""
    hand_in(room / "h.json", **{"stuck": entry(9, **dict.fromkeys(HARMFUL, 2))})
    for name in ("=cmd|' /C calc'!A0", "+\x1b[2J", "$\\frac{$"):
        hand_in(room / f"{name}.json", **{"stuck": entry(9)})
    monkeypatch.setattr(report, "MOST", 99)
    found = Report.of(room)
    found.write(tmp_path / "out", names=True)
    text = found.text(names=True)
    assert all(line.isprintable() and len(line) <= 80 for line in text.splitlines())
    text.encode()
    for name in ("table.csv", "mistakes.csv"):
        rows = list(csv.reader(outputs(tmp_path / "out")[name].splitlines()))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert cell.isprintable()
            assert not cell.strip().startswith(tuple("=+-@＝")), cell
            assert len(cell) <= 201
    assert "'=cmd|' /C calc'!A0" in outputs(tmp_path / "out")["mistakes.csv"]
    assert not [name for name in dir(found) if name.startswith("_repr_") and name != "_repr_png_"]  # so no HTML


# the command
def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["report", *map(str, arguments)])
    report.main()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no folder '.*': name the one with the students' progress files"),
        (lambda path: path.write_text("{}"), "there is no folder"),
        (lambda path: path.mkdir(), r"holds no progress file: each student's progress\.json belongs there\.$"),
        (
            lambda path: hand_in(path / "a.json"),
            r"belongs there\.\nSkipped 1 file: it has no exercise of this course\.$",
        ),
    ],
)
def test_a_folder_without_a_class(make, sentence, tmp_path, monkeypatch):
    make(tmp_path / "x")
    with pytest.raises(SystemExit, match=sentence):
        run(monkeypatch, tmp_path / "x")


def test_a_place_that_cannot_be_written(room, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"cannot be written .*: name another folder with --out"):
        run(monkeypatch, room, "--out", tmp_path / "file")


def test_the_command(room, tmp_path):
    """As a module; the table does without matplotlib, and a terminal of another alphabet does no harm."""
    code = (
        "import runpy, sys; runpy.run_module('lossutils.exercises.report', run_name='__main__');"
        "assert 'lossutils.exercises' in sys.modules; assert 'matplotlib' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(room), "--names"],
        capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    assert b"stuck: Mary (1), emmy/losses/notebooks" in done.stdout
    assert not done.stderr


def test_the_command_writes_files(room, tmp_path, monkeypatch, capsys):
    run(monkeypatch, room, "--lesson", "01", "-o", tmp_path / "a" / "out")
    assert capsys.readouterr().out == f"{Report.of(room, '01')}\n"
    with Image.open(tmp_path / "a" / "out" / "heatmap.png") as picture:
        assert picture.size == (1280, 720)


# the example
def test_the_example_is_what_check_says_today(tmp_path):
    """`python -m tests.classroom` writes it anew, then `make refresh ARGS=report` the notebook."""
    classroom.write(tmp_path)
    made, kept = (
        {path.name: ticks.read(path) for path in folder.iterdir()} for folder in (tmp_path, classroom.EXAMPLE)
    )
    assert made == kept


def test_the_notebook_of_the_report():
    """nbval compares its outputs; it passes silently over a cell without an execution count."""
    cells = [c for c in nbformat.read(ROOT / "hub/report.ipynb", as_version=4).cells if c.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)
    kept = "".join(str(cell.outputs) for cell in cells)
    assert not [name for name in classroom.STUDENTS if re.search(rf"\b{name}\b", kept)]


def test_the_report_that_the_documents_show():
    shown = re.search(r"^```text\n(12 students.*?)^```$", (ROOT / "TEACHING.md").read_text("utf-8"), re.S | re.M)[1]
    assert str(Report.of(classroom.EXAMPLE, "01")).startswith(shown)
