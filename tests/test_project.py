"""The doors into the project agree with one another, and importing it costs nothing extra."""

import pathlib
import re
import subprocess
import sys
import tomllib

from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parent.parent
PINS = {}
for line in (ROOT / "requirements.txt").read_text().splitlines():
    if line and not line.startswith(("#", "-e")):
        PINS[Requirement(line).name.lower()] = Requirement(line)


def test_every_direct_dependency_is_pinned_exactly():
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in PINS.values())
    assert str(PINS["torch"].specifier) == "==2.13.0"
    assert (ROOT / "requirements.txt").read_text().rstrip().splitlines()[-1] == "-e ."


def test_the_pins_satisfy_the_package():
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        wanted = Requirement(text)
        (pin,) = PINS[wanted.name.lower()].specifier
        assert wanted.specifier.contains(pin.version), text


def test_conda_and_binder_install_through_the_same_file():
    text = (ROOT / "environment.yml").read_text()
    assert re.search(r"- python=3\.11\n", text)
    assert re.search(r"- pip:\n\s+- -r requirements\.txt\n", text)
    assert re.findall(r"^  - (\S+)", text, flags=re.M) == ["conda-forge", "python=3.11", "pip", "pip:"]


def test_the_rise_bridge_is_installed():
    """Wherever pip put the package, JupyterLab finds the bridge there."""
    bridge = pathlib.Path(sys.prefix, "share/jupyter/labextensions/lossutils-rise-bridge")
    source = ROOT / "lossutils" / "labextension"
    for path in (path for path in source.rglob("*") if path.is_file()):
        assert (bridge / path.relative_to(source)).read_bytes() == path.read_bytes(), "run pip install -e . again"


def test_import_loads_no_plotting_library():
    code = (
        "import sys, torch; before = set(sys.modules); import lossutils;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "assert new <= {'lossutils'}, new;"
        "from lossutils import explore; assert callable(explore), explore"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
