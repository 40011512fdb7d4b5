"""The doors into the project agree with one another, what is installed is what is pinned, and importing it costs
nothing extra."""

import ast
import errno
import os
import pathlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from unittest import mock

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import install

ROOT = pathlib.Path(__file__).parent.parent


def requirements(file):
    """The lines of a file that hold on this machine."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    found = [Requirement(line.split(" #")[0]) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(one.name): one for one in found if not one.marker or one.marker.evaluate()}


PINS = requirements("requirements.txt")


def test_every_direct_dependency_is_pinned_exactly():
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS.values())
    assert str(PINS["torch"].specifier) == "==2.13.0"
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert "-c constraints.txt" in lines
    assert lines[-1] == "-e ."


def test_what_is_installed_is_what_is_pinned():
    """Direct and indirect, as far as the direct ones lead here."""
    pinned, seen, open_ends = requirements("constraints.txt"), set(), [("lossutils", frozenset())]
    open_ends += [(name, frozenset(one.extras)) for name, one in PINS.items()]
    while open_ends:
        name, extras = open_ends.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name != "lossutils":
            assert str(pinned[name].specifier) == f"=={metadata.version(name).split('+')[0]}", name
        for text in metadata.requires(name) or ():
            one = Requirement(text)
            if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                open_ends.append((canonicalize_name(one.name), frozenset(one.extras)))
    assert len({name for name, _ in seen}) > 3 * len(PINS)
    assert all(str(pinned[name].specifier) == str(one.specifier) for name, one in PINS.items())


def test_the_pins_satisfy_the_package():
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]:
        wanted = Requirement(text)
        (pin,) = PINS[wanted.name.lower()].specifier
        assert wanted.specifier.contains(pin.version), text


def test_conda_and_binder_install_through_the_same_file():
    text = (ROOT / "environment.yml").read_text("utf-8")
    assert re.findall(r"^  - (\S+)", text, flags=re.M) == ["conda-forge", "python=3.13", "pip", "pip:"]
    assert re.findall(r"^      - (.+)", text, flags=re.M) == [f"--extra-index-url {install.CPU}", "-r requirements.txt"]


def test_ci_runs_what_everyone_runs():
    assert (ROOT / ".ci/run").read_text("utf-8").splitlines()[-1] == "exec make test"
    assert "run: bash .ci/run" in (ROOT / ".github/workflows/test.yml").read_text("utf-8")


def test_windows_has_the_lines_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = re.search(r"on Windows:\*\*\n\n```\n(.*?)```", readme, re.S)[1].splitlines()
    workflow = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    assert len(lines) == 3
    assert f"run: {lines[0].replace('py ', 'python ')}\n" in workflow
    assert f"run: {lines[2]}\n" in workflow


# install.py: what can be wrong with a machine, a sentence each
@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to install into, without pip, which would take its time."""
    for name in ("VENV", "PYTHON", "BEGUN", "DONE"):
        monkeypatch.setattr(install, name, tmp_path / getattr(install, name).relative_to(ROOT))
    monkeypatch.setattr(install, "PIP", [str(install.PYTHON)])
    monkeypatch.setattr(install, "run", lambda command: subprocess.run([*command, "--without-pip"], check=True))
    return tmp_path


def test_an_old_python_can_read_what_tells_it_so(monkeypatch):
    ast.parse((ROOT / "install.py").read_text("utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 6, 9))
    with pytest.raises(SystemExit, match=r"the course needs 3\.11 or newer: install one, then name it"):
        install.fit_for_use()


def test_a_python_without_venv(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="lacks its module venv: install it"):
        install.fit_for_use()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "The disk is full"),
        ("WARNING: Retrying: NewConnectionError('Failed to establish a new connection')", "connect to the network"),
        ("Failed to resolve 'pypi.org' (NameResolutionError)", "connect to the network"),
        ("error: subprocess-exited-with-error", "for the reason above: mend it and run this again"),
    ],
)
def test_a_step_that_fails(words, sentence):
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        install.run([sys.executable, "-c", f"import sys; print({words!r}, file=sys.stderr); sys.exit(1)"])


@pytest.mark.parametrize(("number", "sentence"), [(errno.ENOSPC, "The disk is full"), (errno.EROFS, "of your own")])
def test_a_folder_that_cannot_be_written(number, sentence, monkeypatch):
    monkeypatch.setattr(install, "install", mock.Mock(side_effect=OSError(number, os.strerror(number))))
    with pytest.raises(SystemExit, match=sentence):
        install.main()


def test_an_environment_is_made_and_mended(folder):
    """One that was cut off is made anew, one whose Python is gone too; a sound one is kept as it is."""
    install.make_venv()
    assert install.PYTHON.exists()
    mine = install.VENV / "mine"
    mine.touch()
    install.make_venv()  # BEGUN is there: that run was cut off
    assert not mine.exists()
    install.BEGUN.replace(install.DONE)
    mine.touch()
    install.make_venv()
    assert mine.exists()
    install.BEGUN.replace(install.DONE)
    install.PYTHON.unlink()
    install.make_venv()
    assert install.PYTHON.exists()
    assert not mine.exists()


def test_the_build_of_torch(monkeypatch):
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    monkeypatch.setattr(install.os.path, "exists", lambda path: False)
    monkeypatch.setattr(sys, "platform", "linux")
    for asked, build in {"": "cpu", "auto": "cpu", "pip": "pip", "cpu": "cpu"}.items():
        monkeypatch.setenv("TORCH", asked)
        assert install.build_of_torch() == build
    monkeypatch.setenv("TORCH", "")
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert install.build_of_torch() == "pip"
    monkeypatch.setenv("TORCH", "gpu")
    with pytest.raises(SystemExit, match="say cpu, pip or auto"):
        install.build_of_torch()


def test_an_index_that_does_not_answer():
    assert not install.reached("http://127.0.0.1:9/")


def test_the_rise_bridge_is_installed():
    """Wherever pip put the package, JupyterLab finds the bridge there."""
    bridge = pathlib.Path(sys.prefix, "share/jupyter/labextensions/lossutils-rise-bridge")
    source = ROOT / "lossutils" / "labextension"
    for path in (path for path in source.rglob("*") if path.is_file()):
        assert (bridge / path.relative_to(source)).read_bytes() == path.read_bytes(), "run pip install -e . again"


def test_the_package_imports_nothing_but_torch():
    """And `explore` is the function, also after an import of the subpackage of that name.

    Python itself takes `unicodedata` to compile a source with Greek letters that it has not compiled before.
    """
    code = (
        "import sys, torch; before = set(sys.modules); import lossutils;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "assert new <= {'lossutils', 'unicodedata'}, new; assert 'lossutils.explore' not in sys.modules;"
        "assert set(lossutils.__all__) <= set(dir(lossutils));"
        "import lossutils.explore; from lossutils import explore;"
        "assert callable(explore); assert explore is lossutils.explore is sys.modules['lossutils.explore'].explore"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
