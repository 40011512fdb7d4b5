"""What a release of this version would do: `python release.py`, or `make release`. It changes nothing.

A release is a tag: `.github/workflows/release.yml` tests the tagged commit, builds wheel and site into dist/ as `make
dist` does, and publishes both with this version's section of CHANGELOG.md.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import install

ROOT = pathlib.Path(__file__).resolve().parent
DIST = ROOT / "dist"
PLACEHOLDER = "OWNER/REPOSITORY"


def text(file):
    return (ROOT / file).read_text(encoding="utf-8")


def project():
    return tomllib.loads(text("pyproject.toml"))["project"]


def changes(version):
    """The section of CHANGELOG.md on one version; empty if there is none."""
    found = re.search(rf"^## {re.escape(version)}(?=\s)[^\n]*\n(.*?)(?=^## |\Z)", text("CHANGELOG.md"), re.M | re.S)
    return re.sub(r"\n +", " ", found[1].strip()) if found else ""  # a release's page keeps every line break


def git(*command):
    done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        sys.exit("A release is made from a git checkout with at least one commit: clone the course, do not unpack it.")
    return done.stdout.strip()


def problems(version):
    """A sentence on each thing that stands between this commit and its release."""
    tag, here = f"v{version}", git("tag", "--points-at", "HEAD").split()
    if not changes(version):
        yield f"CHANGELOG.md has no section '## {version}': say there what has changed."
    if f"version: {version}\n" not in text("CITATION.cff"):
        yield f"CITATION.cff names another version than pyproject.toml: write 'version: {version}' into it."
    if PLACEHOLDER in project()["urls"]["Repository"]:
        yield f"pyproject.toml still says {PLACEHOLDER}: CONTRIBUTING.md has the command that names your repository."
    if git("status", "--porcelain"):
        yield "Some files are changed or new, and a tag would not have them: commit them first."
    if git("tag", "--list", tag) and tag not in here:
        yield f"{tag} is the tag of another commit: raise the version in pyproject.toml and CITATION.cff."
    if others := [other for other in here if re.match(r"v\d", other) and other != tag]:
        yield f"This commit has the tag {others[0]}, but pyproject.toml says {version}: make the two agree."


def plan(version):
    name = project()["name"]
    return f"""A release of {version} from commit {git("rev-parse", "--short", "HEAD")} would

1. test the commit, as `make test` does;
2. build dist/{name}-{version}-py3-none-any.whl, the package with its bridge for slides;
3. build dist/site-{version}.zip, the web site;
4. publish both under the tag v{version}, with these words:

{changes(version)}
"""


def wheel(folder):
    """The package, built in an environment of its own by the hatchling that pyproject.toml pins."""
    install.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--wheel-dir", str(folder), str(ROOT)])  # fmt: skip
    return next(pathlib.Path(folder).glob("*.whl"))


def build(version):
    if not (ROOT / "site/index.html").is_file():
        sys.exit("There is no site to pack: run `make dist`, which builds it first.")
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    (DIST / "changes.md").write_text(changes(version) + "\n", encoding="utf-8")
    print(wheel(DIST), shutil.make_archive(str(DIST / f"site-{version}"), "zip", ROOT, "site"), sep="\n")


def main(*arguments):
    version = project()["version"]
    if arguments == ("build",):
        build(version)
    elif arguments:
        sys.exit("Say `python release.py`, or `python release.py build`.")
    else:
        print(plan(version))
        if found := list(problems(version)):
            sys.exit("Not yet:\n" + "\n".join(f"- {sentence}" for sentence in found))
        print(f"Start it with\n\n    git tag v{version}\n    git push origin v{version}")


if __name__ == "__main__":
    main(*sys.argv[1:])
