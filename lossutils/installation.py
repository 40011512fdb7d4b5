"""Is everything there that the course needs? `python -m lossutils` says so in a terminal, `check()` in a notebook."""

import importlib
import pathlib
import re
import sys
from importlib import metadata

PYTHON = (3, 11)
# What the lessons need beside the package's own requirements: distribution, oldest version, module, effect if missing.
DATA = ("scikit-learn", "1.5", "sklearn", "the lessons with real data do not run")
JUPYTER = (
    ("jupyterlab", "4.4", "jupyterlab", "the lessons do not open"),
    ("jupyterlab-rise", "0.43", "jupyterlab_rise", "there are no slides"),
)
EFFECTS = {
    "torch": "no lesson runs",
    "numpy": "no lesson runs",
    "matplotlib": "there are no figures",
    "ipywidgets": "there are no sliders",
    "anywidget": "the figures do not move",
}
# What JupyterLab loads for the figures, and for figures on slides.
EXTENSIONS = {
    "@jupyter-widgets/jupyterlab-manager": "ipywidgets",
    "anywidget": "anywidget",
    "lossutils-rise-bridge": "lossutils",
}


def check():
    """Print one line if everything is there, otherwise a sentence on each thing that is wrong and how to mend it."""
    print(said(problems()))


def said(found):
    return "\n".join(found) or "Everything that the course needs is there."


def problems():
    """A sentence each, in the order in which they are best mended."""
    if sys.version_info[:2] < PYTHON:
        return [
            f"This is Python {_dotted(sys.version_info[:2])} and the course needs {_dotted(PYTHON)} or newer: "
            "install one, then run 'make lab' or 'python3 install.py' in the course's folder."
        ]
    found = [sentence for row in _needed() if (sentence := _package(*row))]
    if found or "google.colab" in sys.modules:  # Colab shows notebooks by itself
        return found
    return [sentence for item in EXTENSIONS.items() if (sentence := _extension(*item))]


def _needed():
    """The package's own requirements, as its installation names them, then the course's."""
    for text in metadata.requires("lossutils") or ():
        if match := re.fullmatch(r"([\w-]+)>=([\d.]+)", text):
            yield *match.groups(), match[1], EFFECTS.get(match[1], "some lessons do not run")
    yield DATA
    if "google.colab" not in sys.modules:
        yield from JUPYTER


def _package(name, oldest, module, effect):
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing, so {effect}: {_install()}."
    if _numbers(version) < _numbers(oldest):
        return f"{name} is {version} and the course needs {oldest} or newer: {_install()}."
    try:
        importlib.import_module(module)
    except Exception as error:  # a library that is not found, a wrong processor: whatever a broken package raises
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        again = _pip(f"--force-reinstall --no-deps {name}")
        return f"{name} is there but does not start ({reason}), so {effect}: {again}, then restart the kernel."
    return None


def _extension(folder, name):
    from jupyter_core.paths import jupyter_path  # JupyterLab has it, and that is there: see above

    if any(pathlib.Path(path, folder, "package.json").is_file() for path in jupyter_path("labextensions")):
        return None
    again = _pip("--force-reinstall --no-deps " + ("-e ." if name == "lossutils" else name))
    effect = "slides have no sliders" if name == "lossutils" else "JupyterLab shows no sliders"
    return f"{name} is there without its part for JupyterLab, so {effect}: {again} in the course's folder, then reload."


def _install():
    return _pip("-r requirements.txt") + " in the course's folder, then restart the kernel"


def _pip(what):
    return f'run "{sys.executable}" -m pip install {what}'


def _numbers(version):
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _dotted(version):
    return ".".join(map(str, version))
