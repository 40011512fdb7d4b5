"""`check` refuses every known mistake by its name, and no right answer."""

import importlib
import itertools
import json
import math
import pathlib
import random
import re
import sys
import time
from decimal import Decimal
from fractions import Fraction

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from lossutils.exercises import EXERCISES, LESSONS, Exercise, check, judging, limits, progress, ticks, words
from lossutils.exercises.hints import HINTS
from lossutils.exercises.judging import judge
from tests import students

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
    with limits.quietly():
        return any(trial.failure for trial in judging.trials_of(exercise, answer, seed))


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
        assert (
            f"known mistake: {mistake.said}.\nRead again: lesson {exercise.lesson}, “{words.plain(mistake.section)}”."
            in said
        ), said


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
        for seed in range(10):
            assert not refused(exercise, other, seed), (
                f"answer {number}, seed {seed}: {judge(exercise, other, seed)[1]}"
            )


@each(lambda e: e.graph)
def test_where_a_gradient_is_asked_for_an_answer_must_have_one(exercise):
    passed, said = judge(exercise, lambda *inputs: listed(exercise.answer(*inputs)))
    assert not passed
    assert "leave torch's graph" in said


# what students hand in
def test_what_a_student_wrote_wrongly_is_refused():
    accepted = [(name, said) for name, said, answer in students.WRONG if not refused(EXERCISES[name], answer)]
    assert not accepted


def test_what_a_student_wrote_rightly_passes():
    wrongly = [
        (name, answer) for name, answer in students.RIGHT for seed in range(2) if refused(EXERCISES[name], answer, seed)
    ]
    assert not wrongly


def test_nine_of_ten_mistakes_are_named():
    """Of every fourth, to save time; `python -m tests.students` shows all."""
    told = [judge(EXERCISES[name], answer)[1] for name, said, answer in students.WRONG[::4]]
    assert sum("known mistake" in said for said in told) >= 0.95 * len(told)


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
    assert said.startswith("Not right yet. It fails on 2 of 4 inputs.")
    line = said.splitlines()[1].strip()
    assert line == "my_add(torch.tensor([1.0]))"
    assert "expected [2.0]" in said
    assert f"got      {eval(line).tolist()}" in said


def test_the_line_gives_the_same_input():
    x = torch.rand(99, generator=torch.Generator().manual_seed(0))
    assert torch.equal(eval(words.written(x)), x)
    assert torch.equal(eval(words.written(x.double())), x.double())


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
        short.setattr(limits, "TIME_LIMIT", 0.2)
        short.setattr(limits, "PATIENCE", 1)
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


def test_an_open_exercise_needs_no_graph_where_none_is_asked_for():
    passed, said = judge(EXERCISES["sparing-penalty"], lambda w: np.log1p(np.abs(w.detach().numpy())))
    assert passed, said


# what is said
def test_the_input_that_is_shown_is_small_and_round():
    def of_the_first_row(s):
        return s.log_softmax(0)

    said = said_of(of_the_first_row, EXERCISES["log-softmax"])
    (shown,) = re.findall(r"torch.tensor\((.*)\)\)", said)
    assert len(shown) < 20, shown


def test_an_open_exercise_shows_what_its_condition_is_about():
    said = said_of(lambda z: (1 - z).clamp(min=0) ** 2, EXERCISES["smooth-hinge"])
    assert "expected a gradient between -1 and 0\n    got      [" in said
    assert "-42" in said  # the slope at a lead of -20


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("bce", lambda p, y: EXERCISES["bce"].answer(p, y) / math.log(2) * len(p), "nats; and a sum where the mean"),
        ("early-stopping", lambda h, a, rate, k: EXERCISES["early-stopping"].answer(a, h, rate, k), "exchanged"),
        ("elastic-net", lambda a, l1, l2: EXERCISES["elastic-net"].answer(a, 0.5, l2), "always 0.5, whatever is given"),
        ("curvature", lambda s, y: 3.7 * EXERCISES["curvature"].answer(s, y), "the right one times 3.7"),
        ("bce", lambda p, y: torch.tensor(0.2231), "the same for every input"),
        ("bce", lambda p, y: EXERCISES["bce"].answer(p, y) * 2.30261 / math.log(10), "right to five digits only"),
        ("bce", lambda p, y: EXERCISES["bce"].answer(p, y).detach() + p.mean() * 0, "the gradient is 0"),
        ("bce", lambda p, y: math.log(p), "is used where Python wants one"),
        ("focal-0.9", 0.0021072, "twice what is asked for"),
        ("two-scores", (2.126928, 0.126928), "swapped"),
        ("fair-die", (1.791759, 2.0), "the first is right"),
        ("two-losses", (0.2231, 1.6), "the first is right"),
    ],
)
def test_a_general_mistake_is_named(name, answer, words):
    assert words in judge(EXERCISES[name], answer)[1]


def test_digits_are_asked_for_only_where_they_are_missing():
    assert "Nearly: give 3 digits." in said_of(0.001, EXERCISES["focal-0.9"])
    assert "Nearly" not in said_of((48.0, 0.98), EXERCISES["balancing-weight"])
    assert "Give 2 numbers: the second one is a str." in said_of((49.0, "0.98"), EXERCISES["balancing-weight"])


@pytest.mark.parametrize("number", [Fraction(5, 3), Decimal("1.6667"), np.float32(5 / 3), torch.tensor(5 / 3)])
def test_every_kind_of_number_is_one(number):
    assert judge(EXERCISES["misread-list"], number)[0]


def test_hints_are_the_lessons():
    for lesson in LESSONS:
        text = " ".join(" ".join(cell.source.split()) for cell in lesson_text(lesson).cells)
        for exercise in (e for e in EXERCISES.values() if e.lesson == lesson):
            assert re.search("<summary>Hint[^<]*</summary> " + re.escape(HINTS[exercise.name]), text), exercise.name
    assert set(HINTS) == set(EXERCISES)


def test_no_tex_is_printed():
    printed = [*HINTS.values(), *(m.section for e in EXERCISES.values() for m in e.mistakes)]
    assert not [text for text in printed if re.search(r"[$\\{}]", words.plain(text).replace('{"mine": my_ramp}', ""))]


# progress
@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSUTILS_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def test_a_pass_is_kept_and_counted(file, capsys):
    check("two-losses", None)
    check("two-losses", (0.2231, 1.6094), keep=False)
    assert not file.exists()
    check("two-losses", (1.0, 2.0))
    assert ticks.passed() == set()
    check("two-losses", (0.2231, 1.6094))
    kept = {"version": 2, "exercises": {"two-losses": {"tries": 2, "passed": True, "mistakes": {}}}}
    assert json.loads(file.read_text()) == kept
    capsys.readouterr()
    progress("01")
    assert capsys.readouterr().out == "lesson 01: ●○○○○○ 1 of 6 passed\n"
    progress()
    assert len(capsys.readouterr().out.splitlines()) == len(LESSONS)
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]


def test_what_more_tries_bring(file, capsys):
    wrong, told = (True, True, False, False), []  # of an exercise that names a mistake from the second try on
    for _ in range(3):
        check("possible", wrong)
        told.append(capsys.readouterr().out)
    assert ["known mistake" in text for text in told] == [False, True, True]
    assert ["The hint begins: Which numbers" in text for text in told] == [False, False, True]
    assert "is said with your second try" in told[0]
    (entry,) = ticks.read(file)[1].values()
    assert entry["tries"] == 3
    assert list(entry["mistakes"].values()) == [3]


def test_a_file_of_the_first_version_is_read_and_one_of_a_later_version_left_alone(file):
    file.write_text('{"passed": ["bce"]}')
    assert ticks.passed() == {"bce"}
    ticks.record("stuck", False, "a slip")
    assert ticks.read(file) == (2, {"bce": ticks._entry(1, True, {}), "stuck": ticks._entry(1, False, {"a slip": 1})})
    later = '{"version": 3, "exercises": {"bce": {"tries": 2, "passed": true}}}'
    file.write_text(later)
    ticks.record("stuck", True)
    assert ticks.passed() == {"bce"}
    assert file.read_text() == later


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"passed": 3}', '{"passed": [1, {}]}', "\xff", "[" * 100_000, '{"version": 2}',
     '{"version": "2", "exercises": []}', '{"version": 2, "exercises": {"stuck": {"tries": -1}, "bce": 3}}',
     r'{"version": 2, "exercises": {"\ud800": {"tries": 1}}}'],
)  # fmt: skip
def test_a_spoilt_file_costs_only_the_ticks(file, text):
    file.write_bytes(text.encode("latin-1"))
    assert ticks.passed() == set()
    ticks.record("bce", True)
    assert ticks.passed() == {"bce"}


def test_a_folder_that_cannot_be_written_costs_only_the_tick(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOSSUTILS_PROGRESS", str(tmp_path / "missing" / "progress.json"))
    check("two-losses", (0.2231, 1.6094))
    assert capsys.readouterr().out.startswith("Passed")


def test_a_crash_leaves_the_old_file(file, monkeypatch):
    ticks.record("bce", True)
    monkeypatch.setattr(ticks.os, "replace", lambda *a: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError):
        ticks.record("stuck", True)
    assert ticks.passed() == {"bce"}
