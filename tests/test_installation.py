"""What is missing is said in one sentence each, with what to do; where all is there, in one line."""

import runpy
import subprocess
import sys
from importlib import metadata

import pytest

from lossutils import installation

PIP = f'run "{sys.executable}" -m pip install'
INSTALL = f"{PIP} -r requirements.txt in the course's folder, then restart the kernel."


@pytest.fixture
def versions(monkeypatch):
    """{distribution: version} that replaces what is installed; None for one that is missing."""
    changed, real = {}, metadata.version

    def version(name):
        found = changed.get(name, "real")
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return real(name) if found == "real" else found

    monkeypatch.setattr(metadata, "version", version)
    return changed


def test_everything_is_there(capsys):
    installation.check()
    assert capsys.readouterr().out == "Everything that the course needs is there.\n"


def test_the_terminal_says_the_same():
    done = subprocess.run([sys.executable, "-m", "lossutils"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "Everything that the course needs is there.\n"), done.stderr


def test_the_terminal_fails_where_something_is_missing(versions, capsys):
    versions["torch"] = None
    with pytest.raises(SystemExit) as end:
        runpy.run_module("lossutils", run_name="__main__")
    assert end.value.code == 1
    assert capsys.readouterr().out == f"torch is missing, so no lesson runs: {INSTALL}\n"


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("torch", "no lesson runs"),
        ("matplotlib", "there are no figures"),
        ("ipywidgets", "there are no sliders"),
        ("anywidget", "the figures do not move"),
        ("scikit-learn", "the lessons with real data do not run"),
        ("jupyterlab", "the lessons do not open"),
        ("jupyterlab-rise", "there are no slides"),
    ],
)
def test_a_package_is_missing(name, effect, versions, capsys):
    versions[name] = None
    installation.check()
    assert capsys.readouterr().out == f"{name} is missing, so {effect}: {INSTALL}\n"


@pytest.mark.parametrize("old", ["2.5.1", "2.5.0+cpu", "1.13"])
def test_a_package_is_too_old(old, versions):
    versions["torch"] = old
    assert installation.problems() == [f"torch is {old} and the course needs 2.6 or newer: {INSTALL}"]


@pytest.mark.parametrize("version", ["2.6", "2.6.0rc1", "2.10.0+cu128", "10.0"])
def test_a_package_is_new_enough(version, versions):
    versions["torch"] = version
    assert not installation.problems()


def test_two_problems_are_two_lines(versions, capsys):
    versions |= {"scikit-learn": None, "anywidget": "0.8.1"}
    installation.check()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("anywidget is 0.8.1")
    assert second.startswith("scikit-learn is missing")


def test_a_package_that_does_not_start(monkeypatch):
    def broken(name):
        if name == "sklearn":
            raise OSError("libgomp.so.1: cannot open shared object file\nmore")

    monkeypatch.setattr(installation.importlib, "import_module", broken)
    (said,) = installation.problems()
    assert said.startswith("scikit-learn is there but does not start (libgomp.so.1: cannot open shared object file)")
    assert "-m pip install --force-reinstall --no-deps scikit-learn, then restart" in said


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("anywidget", "anywidget is there without its part for JupyterLab, so JupyterLab shows no sliders: run"),
        ("lossutils-rise-bridge", "--no-deps -e . in the course's folder"),
    ],
)
def test_an_extension_is_missing(folder, words, monkeypatch, tmp_path):
    for name in {*installation.EXTENSIONS} - {folder}:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").touch()
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *names: [str(tmp_path)])
    (said,) = installation.problems()
    assert words in said


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    (said,) = installation.problems()
    assert said.startswith("This is Python 3.10 and the course needs 3.11 or newer: install one, then run 'make lab'")


def test_colab_needs_no_jupyterlab(monkeypatch, versions):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    versions["jupyterlab"] = versions["jupyterlab-rise"] = None
    assert not installation.problems()


def test_without_torch_the_package_says_so():
    code = "import sys; sys.modules['torch'] = None\nimport lossutils"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"ModuleNotFoundError: torch is missing, so no lesson runs: {INSTALL}"


def test_what_is_asked_for_is_what_is_pinned():
    """No oldest version is newer than the one that the course installs."""
    for name, oldest, module, _ in installation._needed():
        assert installation._numbers(oldest) <= installation._numbers(metadata.version(name)), module
