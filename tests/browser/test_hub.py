"""Two students and their instructor on the hub of `make hub`, each in a browser of their own."""

import csv
import json
import re
import subprocess
import sys

import psutil
import pytest

from lossutils.exercises import ticks
from tests.browser import live
from tests.browser.hub import APART, hub, within_reach

LESSON = "01_bce_by_hand.ipynb"
TEACHER, ADA, BEN = NAMES = "lossutils-teacher", "lossutils-ada", "lossutils-ben"


@pytest.fixture(scope="module")
def running():
    with hub(*NAMES) as one:
        yield one


class Student:
    """Somebody who has logged in and opened the lesson by a link, in a profile of the browser that is nobody else's."""

    def __init__(self, chromium, hub, name):
        self.hub, self.name = hub, name
        settings = hub.home(name) / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
        settings.mkdir(parents=True)
        # Every cell stays in the page, also those that are scrolled away.
        (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
        if APART:
            subprocess.run(["chown", "-R", name, hub.home(name)], check=True)
        self.context = chromium.new_context(viewport=live.SIZE)
        self.context.set_default_timeout(live.PATIENCE)
        self.page = self.context.new_page()
        self.recorder = live.Recorder(self.page)
        # What JupyterLab says if it calls or saves while there is no proxy: a student closes it too, and goes on.
        self.page.add_locator_handler(
            self.page.get_by_role("dialog", name=re.compile("Server unavailable|File Save Error")),
            lambda dialog: dialog.get_by_role("button", name=re.compile("Dismiss|Close")).click(),
        )
        self.page.goto(hub.link(f"lab/tree/losses/notebooks/{LESSON}"))
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(hub.password(name))
        self.page.get_by_role("button", name="Sign in").click()
        self.idle()
        self.page.locator(".jp-CodeCell", has_text="def my_bce(p, y):").wait_for()
        number = self.page.evaluate(
            "[...document.querySelectorAll('.jp-CodeCell')].findIndex(cell => /def my_bce\\(/.test(cell.textContent))"
        )
        self.cell = self.page.locator(".jp-CodeCell").nth(number)

    def idle(self):
        self.page.get_by_text("| Idle").wait_for()

    def run_all(self):
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        live.wait(self.page, f"() => {live.PROMPTS}.some(prompt => /[*\\d]/.test(prompt))")
        live.wait(self.page, f"() => !{live.PROMPTS}.includes('[*]:')")
        self.idle()

    def run(self, code, says=None):
        """Type it in the place of the first exercise's answer, run it there, wait for what it says."""
        self.cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("ControlOrMeta+Enter")
        if says:
            self.cell.locator(".jp-OutputArea-output").get_by_text(says).first.wait_for()


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
