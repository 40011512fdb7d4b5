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
from PIL import Image

import install
import release
from web import pictures

ROOT = pathlib.Path(__file__).parent.parent


def text(file):
    return (ROOT / file).read_text("utf-8")


def requirements(file):
    """The lines of a file that hold on this machine."""
    lines = text(file).splitlines()
    found = [Requirement(line.split(" #")[0]) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(one.name): one for one in found if not one.marker or one.marker.evaluate()}


PINS = requirements("requirements.txt")


def test_every_direct_dependency_is_pinned_exactly():
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS.values())
    assert str(PINS["torch"].specifier) == "==2.13.0"
    lines = text("requirements.txt").splitlines()
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
        for line in metadata.requires(name) or ():
            one = Requirement(line)
            if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                open_ends.append((canonicalize_name(one.name), frozenset(one.extras)))
    assert len({name for name, _ in seen}) > 3 * len(PINS)
    assert all(str(pinned[name].specifier) == str(one.specifier) for name, one in PINS.items())


def test_the_pins_satisfy_the_package():
    for line in tomllib.loads(text("pyproject.toml"))["project"]["dependencies"]:
        wanted = Requirement(line)
        (pin,) = PINS[wanted.name.lower()].specifier
        assert wanted.specifier.contains(pin.version), line


def test_conda_and_binder_install_through_the_same_file():
    environment = text("environment.yml")
    assert re.findall(r"^  - (\S+)", environment, flags=re.M) == ["conda-forge", "python=3.13", "pip", "pip:"]
    assert re.findall(r"^      - (.+)", environment, flags=re.M) == [
        f"--extra-index-url {install.CPU}",
        "-r requirements.txt",
        "nbgitpuller==1.3.0",
    ]


def test_an_image_ends_as_an_installation_at_home_does():
    """Both switch JupyterLab's news off."""
    command = text("postBuild").splitlines()[-1]
    assert os.access(ROOT / "postBuild", os.X_OK)
    assert command.split()[-1] in text("install.py")


def test_ci_runs_what_everyone_runs():
    assert text(".ci/run").splitlines()[-1] == "exec make test"
    assert "run: bash .ci/run" in text(".github/workflows/test.yml")


def test_windows_has_the_lines_of_the_documents():
    """The first is in both, since one is to learn and one to check; the workflow runs both."""
    install_it, check_it = re.search(r"on Windows:\n\n```\n(.*?)```", text("CONTRIBUTING.md"), re.S)[1].splitlines()
    workflow = text(".github/workflows/test.yml")
    assert f"`{install_it}`" in text("README.md")
    assert f"run: {install_it.replace('py ', 'python ')}\n" in workflow
    assert f"run: {check_it}\n" in workflow


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no make")
def test_the_address_of_the_slides_can_be_copied(tmp_path):
    """What is printed is what the server is told: the port, the place, the token."""
    for name, script in {"python": f'exec {sys.executable} "$@"', "jupyter": 'printf "%s\\n" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    command = ["make", "--old-file=.venv/installed", "slides", "LESSON=03", f"BIN={tmp_path}"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    told = dict(re.findall(r"^--(?:\w+)\.(\w+)=(.+)$", said, re.M))
    assert re.search(r"http://\S+", said)[0] == f"http://{told['ip']}:{told['port']}{told['default_url']}"
    assert told["default_url"] == f"/rise/03_focal_loss.ipynb?token={told['token']}&run=1"
    assert len(told["token"]) == 32


# The documents
DOCUMENTS = ("README.md", "TEACHING.md", "CONTRIBUTING.md", "CHANGELOG.md")


def test_the_repository_has_one_address():
    """pyproject.toml says it, the documents repeat it; one command in CONTRIBUTING.md changes all of them."""
    (address,) = tomllib.loads(text("pyproject.toml"))["project"]["urls"].values()
    assert (name := address.removeprefix("https://github.com/")) != address
    files = re.search(r"^perl .*' (.+)$", text("CONTRIBUTING.md"), re.M)[1].split()
    for file in files:
        said = re.findall(
            r"(?:github\.com|ghcr\.io|mybinder\.org/v2/gh|google\.com/github)/([\w.-]+/[\w-]+)", text(file)
        )
        assert set(said) == {name}, file
        assert re.findall(r"github\.com%2F([\w.-]+?%2F[\w-]+)&", text(file)) in ([], [name.replace("/", "%2F")]), file
    assert set(files) == {"README.md", "TEACHING.md", "CITATION.cff", "pyproject.toml", "hub/values.yaml"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document):
    for target, headline in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", text(document)):
        assert (ROOT / target).is_file(), target
        heads = re.findall(r"^#+ (.+)$", text(target or document), re.M) if headline else []
        assert not headline or headline in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    for picture in re.findall(r'(?:src|srcset)="([^"]+)"', text(document)):
        assert (ROOT / picture).is_file(), picture


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_exists(document):
    """Each target of make, each module that Python is to run, each file and folder of the project."""
    targets = set(re.search(r"^\.PHONY: (.+)$", text("Makefile"), re.M)[1].split())
    words = text(document)
    assert set(re.findall(r"\bmake ([a-z-]+)(?=[`\s]* (?:LESSON|ARGS|TORCH|#)|`)", words)) <= targets
    for module in re.findall(r"python -m ([a-z]+[.\w]*)", words):
        path = ROOT / module.replace(".", "/")
        assert module in ("pip", "pytest") or path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), (
            module
        )
    for path in re.findall(r"`((?:lossutils|tests|web|hub|benchmarks|notebooks|\.github)/[^`*\s]*)`", words):
        assert (ROOT / path).exists() or path == "notebooks/01_bce_by_hand.py", path


def test_the_code_that_the_documents_show(tmp_path, monkeypatch, capsys):
    """It runs as it stands, and prints what stands below it."""
    monkeypatch.setenv("LOSSUTILS_PROGRESS", str(tmp_path / "progress.json"))
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text("TEACHING.md"), re.M | re.S)
    names, printed = {}, [code for kind, code in blocks if not kind]
    for kind, code in blocks:
        if kind == "python":
            exec(code, names)
    assert [capsys.readouterr().out] == printed


def test_the_picture_that_moves():
    with Image.open(ROOT / "web/figure.webp") as picture:
        assert picture.format == "WEBP"
        assert picture.n_frames > 50
        size = picture.size
    assert (ROOT / "web/figure.webp").stat().st_size < 1e6
    with Image.open(ROOT / "web/figure.png") as still:
        assert still.size == size
    assert pictures.WAY[0][:2] == pictures.WAY[-1][:2]


def test_a_map_of_the_code_names_all_of_it():
    """Each module of lossutils and each folder that git has stands in CONTRIBUTING.md's map."""
    drawn = re.search(r"## The code on one screen\n\n```\n(.*?)```", text("CONTRIBUTING.md"), re.S)[1]
    modules = {path.stem for path in (ROOT / "lossutils").glob("*.py")} - {"__init__", "__main__"}
    folders = {
        path.name + "/" for top in (ROOT / "lossutils", ROOT / "tests") for path in top.iterdir() if path.is_dir()
    }
    assert modules | folders - {"__pycache__/"} <= set(re.split(r"[\s:]+", drawn))


# release.py
@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository of its own with what a release reads, ready to be released."""
    for file in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        (tmp_path / file).write_text(text(file).replace(release.PLACEHOLDER, "ada/losses"), "utf-8")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message", "All"]):
        release.git(*command)
    return tmp_path


def test_a_release_that_is_ready(checkout, capsys):
    release.main()
    said, version = capsys.readouterr().out, release.project()["version"]
    assert f"git push origin v{version}" in said
    assert f"dist/lossutils-{version}-py3-none-any.whl" in said
    assert release.changes(version) in said
    release.git("tag", f"v{version}")  # as in the workflow, which runs after the tag
    release.main()


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("CHANGELOG.md", "## 0.", "## 9.", "has no section"),
        ("CITATION.cff", "version: 0.", "version: 9.", "another version than pyproject.toml"),
        ("pyproject.toml", "ada/losses", release.PLACEHOLDER, "still says OWNER/REPOSITORY"),
        ("CHANGELOG.md", "first", "1st", "commit them first"),
    ],
)
def test_a_release_that_is_not(file, old, new, sentence, checkout, capsys):
    (checkout / file).write_text((checkout / file).read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(SystemExit, match=rf"Not yet:(\n- .+)*{sentence}"):
        release.main()


def test_a_release_with_a_wrong_tag(checkout, capsys):
    release.git("tag", "v9.9.9")
    with pytest.raises(SystemExit, match=r"has the tag v9\.9\.9, but pyproject\.toml says"):
        release.main()


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
    ast.parse(text("install.py"), feature_version=(3, 6))
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
    """And `explore` is the function, also after an import of the subpackage of that name. Neither a figure nor
    `assert_close` loads more of torch then: sympy alone would be 33 MB in every student's kernel.

    Python itself takes `unicodedata` to compile a source with Greek letters that it has not compiled before.
    """
    code = (
        "import sys, torch; before = set(sys.modules); import lossutils;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "assert new <= {'lossutils', 'unicodedata'}, new; assert 'lossutils.explore' not in sys.modules;"
        "assert set(lossutils.__all__) <= set(dir(lossutils));"
        "import lossutils.explore; from lossutils import explore;"
        "assert callable(explore); assert explore is lossutils.explore is sys.modules['lossutils.explore'].explore;"
        "explore({'line': lambda x, a: a * x}, x=(0, 1), a=(1, 2))._repr_mimebundle_();"
        "torch.testing.assert_close(torch.ones(1), torch.ones(1));"
        "more = {'sympy', 'torch._dynamo', 'torch.distributed.tensor'} & set(sys.modules); assert not more, more;"
        "import torch.distributed.tensor; assert torch.testing._comparison._HAS_DTENSOR"  # then it looks, as ever
    )
    subprocess.run([sys.executable, "-c", code], check=True)
