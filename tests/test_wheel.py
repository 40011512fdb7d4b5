"""The wheel of a clean build holds all of the package, and works where nothing else of the course is.

"Nothing else" leaves out what it asks for, torch above all, which would take minutes to install: the new environment
finds those where this one has them, but not lossutils and not the bridge for slides.
"""

import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes

import pytest

import install
import release

PACKAGE = release.ROOT / "lossutils"
FILES = {path.relative_to(release.ROOT).as_posix() for path in PACKAGE.rglob("*")
         if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
BRIDGE = "share/jupyter/labextensions/lossutils-rise-bridge"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    try:
        return release.wheel(tmp_path_factory.mktemp("dist"))
    except SystemExit as end:
        if str(end) == install.OFFLINE:
            pytest.skip("hatchling, which builds the wheel, can only be fetched from the network")
        raise


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an empty environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    windows = os.name == "nt"
    python = folder / ("Scripts/python.exe" if windows else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True)
    packages = pathlib.Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"), "utf-8")  # of what is there, no .pth is read
    return python


def ran(python, *arguments, cwd):
    """What it prints, in a folder and with variables that lead to nothing of the course."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER"))}
    env |= {"LOSSUTILS_PROGRESS": str(cwd / "progress.json"), "LOSSUTILS_RENDERER": "html"}
    done = subprocess.run(
        [python, *arguments], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_it_holds_the_package_and_the_bridge(wheel):
    project = release.project()
    info = f"lossutils-{project['version']}"
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        about = message_from_bytes(opened.read(f"{info}.dist-info/METADATA"))
    bridge = {name.removeprefix("lossutils/labextension/") for name in FILES if "/labextension/" in name}
    assert len(bridge) == 2
    assert names - {name for name in names if ".dist-info/" in name} == FILES | {
        f"{info}.data/data/{BRIDGE}/{name}" for name in bridge
    }
    assert f"{info}.dist-info/licenses/LICENSE" in names
    assert about["Version"] == project["version"]
    assert about["Project-URL"] == f"Repository, {project['urls']['Repository']}"
    assert set(about.get_all("Requires-Dist")) == set(project["dependencies"])


def test_it_works_alone(python, tmp_path):
    """Losses, a figure with its scripts, a check: all from the wheel, nothing from this folder."""
    code = """if True:
        import pathlib, sys, torch, lossutils
        from lossutils import explore, focal_loss
        from lossutils.exercises import check
        assert pathlib.Path(lossutils.__file__).is_relative_to(sys.prefix), lossutils.__file__
        assert abs(focal_loss(torch.tensor([0.9]), torch.tensor([1.0])) - 1.0536e-3) < 1e-6
        figure = explore(lambda p, gamma: focal_loss(p, 1, gamma=gamma, reduction="none"), p=(0.1, 0.9), gamma=(0, 5))
        assert "lossutils-explorer" in figure._repr_mimebundle_()["text/html"]
        assert "render" in figure.children[0]._esm
        check("bce", lambda p, y: -(y * p.log() + (1 - y) * torch.log1p(-p)).mean())
    """
    assert ran(python, "-c", code, cwd=tmp_path).startswith("Passed: ")


def test_jupyterlab_finds_the_bridge_in_it(python, tmp_path):
    found = ran(python, "-m", "jupyterlab.labextensions", "list", cwd=tmp_path)
    version = re.escape(release.project()["version"])
    assert re.search(rf"lossutils-rise-bridge v{version} .*enabled.*OK", found), found
    folder = python.parents[1] / BRIDGE
    for path in (PACKAGE / "labextension").rglob("*"):
        if path.is_file():
            assert (folder / path.relative_to(PACKAGE / "labextension")).read_bytes() == path.read_bytes()
