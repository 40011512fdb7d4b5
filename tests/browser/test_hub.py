"""Two students and their instructor on the hub of `make hub`, each in a browser of their own."""

import csv
import re
import subprocess
import sys

import psutil
import pytest

from lossutils.exercises import ticks
from tests.browser import live
from tests.browser.hub import APART, LESSON, Student, hub, within_reach

TEACHER, ADA, BEN = NAMES = "lossutils-teacher", "lossutils-ada", "lossutils-ben"


@pytest.fixture(scope="module")
def running():
    with hub(*NAMES) as one:
        yield one


@pytest.fixture(scope="module")
def students(chromium, running):
    return [Student(chromium, running, name) for name in (ADA, BEN)]


def test_two_students_and_their_progress(students, running):
    ada, ben = students
    for student in students:
        student.run_all()
        figure = student.page.locator(".widget-vbox:has(.lossutils-figure)").first
        figure.locator(".noUi-handle").first.focus()
        before = figure.locator(".lossutils-figure").inner_html()
        student.page.keyboard.press("ArrowRight")
        live.wait(
            student.page,
            "([root, before]) => root.innerHTML !== before",
            [figure.locator(".lossutils-figure").element_handle(), before],
        )
    wrong, right = (
        f"my_bce = lambda p, y: {sign}(y * p.log() + (1 - y) * (1 - p).log()).mean()\ncheck('bce', my_bce)"
        for sign in ("", "-")
    )
    ada.run(wrong, "the minus sign is missing")
    ada.run(right, "Passed")
    ben.run(wrong, "the minus sign is missing")
    for name, tries, passed in ((ADA, 2, True), (BEN, 1, False)):
        exercise = ticks.read(running.progress(name))[1]["bce"]
        assert (exercise["tries"], exercise["passed"]) == (tries, passed)
        assert list(exercise["mistakes"].values()) == [1]
    assert not [problem for student in students for problem in student.recorder.problems]


READ = """
for path in {}:
    try:
        print("read:", open(path).read(1))
    except OSError as error:
        print(type(error).__name__, end=" ")
"""


def test_nobody_reads_what_another_one_wrote(students, running):
    """Which a hub that is not root's does not promise: then it has said so."""
    for student, other in zip(students, (BEN, ADA), strict=True):
        private = [running.progress(other), running.home(other) / "losses/notebooks" / LESSON]
        assert all(path.is_file() for path in private)
        student.run(READ.format([*map(str, private)]), "PermissionError PermissionError" if APART else "read:")
    said = "nobody's files are kept from the others"
    assert (said in running.log.read_text()) != APART


@pytest.fixture
def as_instructor(running):
    """Runs a command as the instructor's account, which is the only one if the hub is not root's."""
    start = [*within_reach(), "runuser", "-u", TEACHER, "--"] if APART else []
    return lambda *command: subprocess.run([*start, *command], cwd=running.data, capture_output=True, text=True)


def test_the_report_shows_both(as_instructor, students, running):
    out = running.data / "report"
    out.mkdir(mode=0o777)
    out.chmod(0o777)  # whatever the umask
    report = [sys.executable, "-m", "lossutils.exercises.report", running.data / "progress", "--names", "--out", out]
    made = as_instructor(*map(str, report))
    assert made.returncode == 0, made.stderr
    assert re.search(r"^bce +2 +1 +0\n +2  the minus sign is missing$", made.stdout, re.M), made.stdout
    with (out / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        states = {row["name"]: row["01 bce"] for row in csv.DictReader(file)}
    assert states == {ADA: "passed", BEN: "tried"}


@pytest.mark.skipif(not APART, reason="without root there is but one account, and a test above says what then holds")
def test_an_instructor_reads_what_was_passed_and_nothing_else(as_instructor, students, running):
    assert as_instructor("cat", running.progress(ADA)).returncode == 0
    assert as_instructor("cat", running.home(ADA) / "losses/notebooks" / LESSON).returncode != 0


def test_a_kernel_beyond_its_memory_says_so_and_goes_on(students):
    ada, _ = students
    ada.run("kept = 'still ' + 'here'; torch.zeros(10**9)", "can't allocate memory")
    ada.run("print(kept)", "still here")


def test_an_endless_cell_is_felt_by_nobody_else(students):
    """It has one core at most, and any work of the hub goes first."""
    ada, ben = students
    ben.run("print('for ' + 'ever', flush=True)\nwhile True: pass", "for ever")
    ada.run("import os; print(f'nice {os.nice(0)}, threads {torch.get_num_threads()}')", "nice 10, threads 1")
    assert ben.cell.locator(".jp-InputPrompt").inner_text() == "[*]:"


@pytest.mark.parametrize("who", ["the proxy", "the hub"])
def test_a_lesson_goes_on_when_it_is_restarted(who, students, running):
    ada, _ = students
    ada.run(f"kept = 'after {who}'; print('before {who}')", f"before {who}")
    if who == "the hub":
        running.kill()
        running.start()
    else:
        process = psutil.Process(int((running.data / "proxy.pid").read_text()))
        process.kill()
        process.wait()
    running.wait_for(f"user/{ADA}/api")
    ada.idle()
    ada.run("print(kept)", f"after {who}")
