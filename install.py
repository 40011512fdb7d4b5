"""Makes .venv with everything that the course needs: `python install.py`, which `make` calls as well.

The variable TORCH chooses PyTorch's build: `cpu`, `pip` (what pip itself takes: on Linux with CUDA), or `auto`, the
default: cpu on a Linux machine without an NVIDIA GPU. Standard library alone, in words that Python 3.6 reads too, since
an old Python has to get as far as the sentence that says so.
"""

import errno
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ROOT = pathlib.Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
DONE, BEGUN = VENV / "installed", VENV / "unfinished"
CPU = "https://download.pytorch.org/whl/cpu"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
FULL = "The disk is full: the course needs 2 GB (6 GB where torch comes with CUDA); make room and run this again."
OFFLINE = "The packages could not be fetched: connect to the network and run this again."


def fit_for_use():
    """Stop with a sentence where this Python cannot make the environment."""
    version = platform.python_version()
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(
            f"This is Python {version} and the course needs 3.11 or newer: install one, then name it "
            "(make PYTHON=python3.13, or python3.13 install.py)."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(f"This Python {version} lacks its module venv: install it (on Debian: apt install python3-venv).")


def wait_for_another():
    """Two at once would take a run that goes on for one that was cut off. The lock ends with this process."""
    if fcntl:
        folder = os.open(str(ROOT), os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another installation runs in this folder: waiting for its end.", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)


def make_venv():
    """A .venv that works: made anew after a run that was cut off, or if its Python is gone. Its owner's own is kept."""
    sound = PYTHON.exists() and subprocess.run([*PIP, "--version"], capture_output=True).returncode == 0
    if BEGUN.exists() or (VENV.exists() and not sound):
        shutil.rmtree(VENV)
        sound = False
    VENV.mkdir(exist_ok=True)
    BEGUN.touch()
    if not sound:
        run([sys.executable, "-m", "venv", str(VENV)])


def install_torch(wanted):
    """The build that was asked for, before anything else asks for torch: pip then leaves it alone."""
    pin = re.search(r"^torch==.+$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)[0]
    has = subprocess.run([*PIP, "freeze"], capture_output=True, text=True).stdout
    if re.search(rf"^{re.escape(pin)}\b", has, re.M):
        return
    if wanted == "cpu" and reached(CPU + "/torch/"):
        print("torch is fetched from PyTorch's index for the CPU: about 190 MB.", flush=True)
        run([*PIP, "install", "--no-compile", "--no-deps", "--index-url", CPU, pin])
    elif sys.platform == "linux":
        if wanted == "cpu":
            print("PyTorch's index for the CPU cannot be reached: torch comes from where pip finds it.")
        print("torch is fetched: about 2.6 GB where it comes with CUDA, 190 MB without.", flush=True)


def reached(address):
    """Whether an address answers within seconds. In a process of its own: a name server can hang without a limit."""
    ask = f"import urllib.request as u; u.urlopen({address!r}, timeout=5)"
    try:
        return subprocess.run([sys.executable, "-c", ask], capture_output=True, timeout=8).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def build_of_torch():
    asked = os.environ.get("TORCH") or "auto"
    if asked not in ("auto", "cpu", "pip"):
        sys.exit(f"TORCH={asked} is no build of torch: say cpu, pip or auto.")
    nvidia = shutil.which("nvidia-smi") or os.path.exists("/proc/driver/nvidia/version")
    return asked if asked != "auto" else "cpu" if sys.platform == "linux" and not nvidia else "pip"


def run(command):
    """A step of the installation; if it fails, its own last words and a sentence on what to do."""
    process = subprocess.Popen(command, cwd=str(ROOT), stderr=subprocess.PIPE, text=True, errors="replace")
    words = process.stderr.read()
    if process.wait() == 0:
        return
    if re.search(r"No space left|Errno 28|not enough space", words):
        sys.exit(FULL)
    if re.search(r"NewConnectionError|NameResolution|ConnectTimeout|Read timed out|ConnectionError|Max retries", words):
        sys.exit(OFFLINE)
    sys.exit(f"{words[-2000:]}\n'{' '.join(command[1:4])}' failed for the reason above: mend it and run this again.")


def main():
    try:
        install()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit(FULL)
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            sys.exit(f"The folder {ROOT} cannot be written: copy the course to one of your own.")
        raise


def install():
    fit_for_use()
    wanted = build_of_torch()
    wait_for_another()
    make_venv()
    run([*PIP, "install", "--quiet", "pip==26.3"])  # it takes half the time of the one that came with the oldest Python
    install_torch(wanted)
    size = 300 if sys.platform == "linux" else 410  # there torch is among them
    print(f"The other packages are fetched: about {size} MB, a minute or two.", flush=True)
    # What is imported is compiled then, once; to compile all that never is took 80 seconds.
    run([*PIP, "install", "--quiet", "--no-compile", "--requirement", "requirements.txt"])
    # JupyterLab's news would ask the network, and the student, over the first cell.
    run([str(PYTHON), "-m", "jupyter", "labextension", "disable", "@jupyterlab/apputils-extension:announcements"])
    # jsonschema does without it, no schema of Jupyter's asks for it, and each server took two seconds and 15 MB for it.
    run([*PIP, "uninstall", "--quiet", "--yes", "rfc3987-syntax"])
    BEGUN.replace(DONE)


if __name__ == "__main__":
    main()
