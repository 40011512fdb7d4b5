"""Two students and their instructor on the hub of `make hub`, each in a browser of their own."""

import subprocess

import psutil
import pytest

from lossutils.exercises import ticks
from tests.browser import live
from tests.browser.hub import APART, LESSON, Student, hub

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
    # `lossutils.exercises.report` reads the folder of all of them: `running.data / "progress"`.
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


@pytest.mark.skipif(not APART, reason="without root there is but one account, and the test above says what then holds")
def test_an_instructor_reads_what_everybody_has_passed(students, running):
    """The instructor's account may, and nothing else of the students."""

    def reads(path):
        return subprocess.run(["runuser", "-u", TEACHER, "--", "cat", path], capture_output=True).returncode == 0

    assert reads(running.progress(ADA))
    assert reads(running.progress(BEN))
    assert not reads(running.home(ADA) / "losses/notebooks" / LESSON)


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
