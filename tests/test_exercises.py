"""`check` refuses every known mistake by its name, and no right answer."""

import importlib
import itertools
import json
import pathlib
import random
import re
import sys
import time

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from lossutils.exercises import EXERCISES, LESSONS, Exercise, check, judging, progress, ticks
from lossutils.exercises.judging import judge

NOTEBOOKS = pathlib.Path(__file__).parent.parent / "notebooks"
ANSWERS = {lesson: importlib.import_module(f"tests.right_answers.lesson{lesson}").ANSWERS for lesson in LESSONS}


def each(kind=lambda exercise: True):
    chosen = list(filter(kind, EXERCISES.values()))
    return pytest.mark.parametrize("exercise", chosen, ids=lambda e: f"lesson{e.lesson}-{e.name}")


def lesson_text(number):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4)


def refused(exercise, answer, seed=0):
    """What `judge` decides, without the search for the mistake's name."""
    if not callable(exercise.answer):
        return not judge(exercise, answer)[0]
    with judging._quietly():
        return judging._first_failure(exercise, answer, judging._cases(exercise, seed)[0])[0] is not None


@each()
def test_the_reference_passes(exercise):
    passed, said = judge(exercise, exercise.answer)
    assert passed, said
    assert said.startswith("Passed")


@each()
def test_every_mistake_is_named(exercise):
    assert len(exercise.mistakes) >= 3
    for mistake in exercise.mistakes:
        passed, said = judge(exercise, mistake.of(exercise.answer))
        assert not passed
        assert f"known mistake: {mistake.said}.\nRead again: lesson {exercise.lesson}, “{mistake.section}”." in said, (
            said
        )


@each()
def test_two_mistakes_at_once_are_refused(exercise):
    for first, second in itertools.permutations(exercise.mistakes, 2):
        if first.spoil and first.said != second.said:
            assert refused(exercise, first.spoil(second.of(exercise.answer))), f"{first.said}, {second.said}"


@each(lambda e: callable(e.answer))
def test_two_hundred_variants(exercise):
    """Other inputs at every turn: the reference passes on all of them and a mistake on none."""
    dice = random.Random(exercise.name)
    for seed in range(200):
        mistake = dice.choice(exercise.mistakes)
        assert refused(exercise, mistake.of(exercise.answer), seed), f"seed {seed}: {mistake.said}"
        if seed < 5:
            assert not refused(exercise, exercise.answer, seed), seed


@each(lambda e: not callable(e.answer))
def test_two_hundred_other_numbers(exercise):
    dice = random.Random(exercise.name)
    right = exercise.answer if isinstance(exercise.answer, tuple) else (exercise.answer,)
    for _ in range(200):
        off = dice.choice((-1, 1)) * dice.uniform(0.02, 3)
        wrong = [r * (1 + off) + (r == 0) for r in right]
        assert not judge(exercise, tuple(wrong))[0], wrong
        near = tuple(r * (1 + dice.uniform(-0.4, 0.4) * 10.0**-exercise.digits) for r in right)
        assert judge(exercise, near)[0], near


@each()
def test_a_right_answer_written_otherwise_passes(exercise):
    others = list(ANSWERS[exercise.lesson][exercise.name])
    assert others
    if callable(exercise.answer) and not exercise.holds:
        others.append(lambda *inputs: exercise.answer(*(x.double() if is_float(x) else x for x in inputs)))
        if not exercise.graph:
            others.append(lambda *inputs: listed(exercise.answer(*inputs)))
    for number, other in enumerate(others):
        for seed in range(2):
            passed, said = judge(exercise, other, seed)
            assert passed, f"answer {number}, seed {seed}: {said}"


def is_float(x):
    return isinstance(x, torch.Tensor) and x.is_floating_point()


def listed(value):
    return tuple(map(listed, value)) if isinstance(value, tuple) else value.tolist()


def test_every_headline_that_is_named_exists():
    for exercise in EXERCISES.values():
        cells = lesson_text(exercise.lesson).cells
        headlines = {line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()}
        for mistake in exercise.mistakes:
            named = {f"{level} {mistake.section}" for level in ("##", "###")}  # ### is behind the recap
            assert named & headlines, f"{exercise.name}: {mistake.section}"


@pytest.mark.parametrize("lesson", LESSONS[1:])
def test_a_lesson_has_its_exercises(lesson):
    """Each with difficulty, minutes, stub, check, hint and a solution that passes; and the progress line."""
    cells = lesson_text(lesson).cells
    starts = [i for i, cell in enumerate(cells) if "### Exercise" in cell.source]
    assert 4 <= len(starts) <= 6
    named = []
    for start, end in itertools.pairwise([*starts, len(cells)]):
        text = "\n".join(cell.source for cell in cells[start:end] if cell.cell_type == "markdown")
        assert re.search(r"[★☆]{3} · \d+ minutes", text)
        assert "<summary>Hint" in text
        checks = [(cell, re.search(r'^check\("([\w.-]+)", (.+)\)$', cell.source, re.M)) for cell in cells[start:end]]
        (stub, solution) = [(cell, found) for cell, found in checks if found]
        assert stub[1][1] == solution[1][1]
        assert stub[0].outputs[0].text.startswith("Not attempted yet"), stub[0].source
        assert solution[1][2].endswith(", keep=False"), solution[0].source
        assert solution[0].outputs[0].text.startswith("Passed"), solution[0].source
        assert solution[0].metadata["jupyter"]["source_hidden"]
        named.append(stub[1][1])
    assert named == [e.name for e in EXERCISES.values() if e.lesson == lesson]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert f'progress("{lesson}")' in code
    assert "guess=" in code


# what a student can hand in
ADD = Exercise(
    "add",
    "01",
    lambda x: x + 1,
    (),
    inputs=lambda g: [(torch.tensor([1.0]),), (torch.rand(3, generator=g),)],
    gradient=0,
)


def said_of(answer, exercise=ADD):
    passed, said = judge(exercise, answer)
    assert not passed
    return said


def test_the_first_failing_input_is_a_line_that_runs():
    def my_add(x):
        return x + 1 + (x == 1) * 0.5

    said = said_of(my_add)
    line = said.splitlines()[1].strip()
    assert line == "my_add(torch.tensor([1.0]))"
    assert "expected [2.0]" in said
    assert f"got      {eval(line).tolist()}" in said


def test_the_line_gives_the_same_input():
    x = torch.rand(99, generator=torch.Generator().manual_seed(0))
    assert torch.equal(eval(judging._written(x)), x)
    assert torch.equal(eval(judging._written(x.double())), x.double())


@pytest.mark.parametrize("answer", ["0.5", {"loss": 0.5}, lambda: 0.5, (0.5, 0.5), [], 1j])
def test_what_is_not_the_number_asked_for(answer):
    assert "Give one number: this is" in said_of(answer, EXERCISES["stuck"])


def test_stubs_are_no_errors():
    def documented(x):
        """What it shall do."""
        ...

    def passing(x):
        pass

    def returning(x):
        return

    for stub in (None, ..., documented, passing, returning, (None, None)):
        assert said_of(stub).startswith("Not attempted yet")


def test_an_answer_of_one_word_is_no_stub():
    def constant(x):
        """What it shall do."""
        return 0.5

    assert "expected [2.0]" in said_of(constant)


def no_return(x):
    x + 1


def in_place(x):
    return x.add_(1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (no_return, "does the function return its result?"),
        (lambda x: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda x: sys.exit(1), "SystemExit"),
        (lambda x: x.sum(), "of shape ()"),
        (lambda x: "2", "a str"),
        (lambda: 2, "TypeError"),
        (in_place, "changed in place"),
        (torch.tensor([2.0]), "pass its name, without brackets"),
        (3, "pass its name, without brackets"),
        (lambda x: (x + 1).detach() if x.sum() < 0 else (x.detach() + 1) * x / x.detach(), "gradient"),
    ],
)
def test_slips_are_answered_kindly(answer, words):
    said = said_of(answer)
    assert words in said
    assert "Traceback" not in said


def forever(x):
    while True:
        pass


def stubborn(x):
    while True:
        try:
            while True:
                x = x + 1
        except:  # noqa: E722
            pass


def sleeping(x):
    time.sleep(1000)


@pytest.mark.parametrize("answer", [forever, stubborn, sleeping])
def test_an_answer_that_never_ends_is_ended(answer, monkeypatch):
    with monkeypatch.context() as short:
        short.setattr(judging, "TIME_LIMIT", 0.2)
        short.setattr(judging, "PATIENCE", 1)
        assert "a loop that never ends" in said_of(answer)
    assert judge(ADD, lambda x: x + 1)[0]


def test_a_kernel_stays_usable_after_a_loop_that_never_ends(tmp_path):
    code = [
        "from lossutils.exercises import check",
        "def mine(p, y):\n    while True: pass",
        'check("bce", mine)',
        "1 + 1",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in code])
    NotebookClient(book, timeout=30, resources={"metadata": {"path": tmp_path}}).execute()
    assert "a loop that never ends" in book.cells[2].outputs[0].text
    assert book.cells[3].outputs[0].data["text/plain"] == "2"


def test_what_an_answer_prints_is_not_shown(capsys):
    judge(ADD, lambda x: print("here") or x + 1)
    assert capsys.readouterr().out == ""


def test_a_check_says_the_same_each_time(capsys):
    for answer in (EXERCISES["bce"].answer, lambda p, y: -EXERCISES["bce"].answer(p, y)):
        check("bce", answer, keep=False)
        check("bce", answer, keep=False)
        lines = capsys.readouterr().out.splitlines()
        assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="no exercise 'bse': take bce"):
        check("bse", 1)


# progress
@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSUTILS_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def test_a_pass_is_kept_and_counted(file, capsys):
    check("two-losses", (1.0, 2.0))
    assert not file.exists()
    check("two-losses", (0.2231, 1.6094), keep=False)
    assert not file.exists()
    check("two-losses", (0.2231, 1.6094))
    assert json.loads(file.read_text())["passed"] == ["two-losses"]
    capsys.readouterr()
    progress("01")
    assert capsys.readouterr().out == "lesson 01: ●○○○○○ 1 of 6 passed\n"
    progress()
    assert len(capsys.readouterr().out.splitlines()) == len(LESSONS)
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"passed": 3}', '{"passed": [1, {}]}', "\xff"])
def test_a_spoilt_file_costs_only_the_ticks(file, text):
    file.write_bytes(text.encode("latin-1"))
    assert ticks.passed() == set()
    ticks.record("bce")
    assert ticks.passed() == {"bce"}


def test_a_folder_that_cannot_be_written_costs_only_the_tick(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOSSUTILS_PROGRESS", str(tmp_path / "missing" / "progress.json"))
    check("two-losses", (0.2231, 1.6094))
    assert capsys.readouterr().out.startswith("Passed")


def test_a_crash_leaves_the_old_file(file, monkeypatch):
    ticks.record("bce")
    monkeypatch.setattr(json, "dump", lambda *a, **k: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError):
        ticks.record("stuck")
    assert ticks.passed() == {"bce"}
