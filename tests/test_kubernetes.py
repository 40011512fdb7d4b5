"""hub/values.yaml: the chart takes it, its settings agree with the rest of the project, and who sees what."""

import copy
import io
import json
import os
import pathlib
import re
import tarfile
import tomllib
import types
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
TEXT = (ROOT / "hub/values.yaml").read_text("utf-8")
VALUES = yaml.safe_load(TEXT)
CLAIM = yaml.safe_load((ROOT / "hub/progress.yaml").read_text("utf-8"))
VERSION = re.search(r"--version ([\d.]+)", TEXT)[1]
ENV = VALUES["singleuser"]["extraEnv"]


@pytest.fixture(scope="module")
def chart():
    """The chart's schema and its own values, from the place that helm has them from; kept for the next time."""
    kept = ROOT / f"build/jupyterhub-{VERSION}.tgz"
    if not kept.exists():
        try:
            with urllib.request.urlopen(f"https://hub.jupyter.org/helm-chart/{kept.name}", timeout=10) as answer:
                chart = answer.read()
        except urllib.error.HTTPError:
            raise  # there is no such version
        except OSError as error:
            if "GITHUB_ACTIONS" in os.environ:
                raise
            pytest.skip(f"the chart's schema cannot be fetched here ({error}); helm and GitHub's run check it too")
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(chart)
    with tarfile.open(fileobj=io.BytesIO(kept.read_bytes())) as files:
        schema, own = (files.extractfile(f"jupyterhub/values{end}").read() for end in (".schema.json", ".yaml"))
    return jsonschema.Draft7Validator(json.loads(schema)), yaml.safe_load(own)


def over(below, above):
    """As helm lays values over those of the chart."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: over(below.get(key), value) for key, value in above.items()}


def wrong(chart, values):
    schema, own = chart
    return [error.message for error in schema.iter_errors(over(own, values))]


def test_the_chart_takes_them(chart):
    assert not wrong(chart, VALUES)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hub.extraconfig", {}),
        ("proxy.https.host", []),
        ("singleuser.defaultURL", "/lab"),
        ("singleuser.memory.guarante", "1G"),
        ("singleuser.storage.size", "1Gi"),
        ("prePuller.hook.enable", True),
        ("cull.timeOut", 3600),
        ("culling", {}),
        ("cull.timeout", "an hour"),
        ("singleuser.storage.type", "disk"),
    ],
)
def test_the_chart_refuses_what_is_misspelt(path, value, chart):
    values = copy.deepcopy(VALUES)
    *groups, name = path.split(".")
    group = values
    for one in groups:
        group = group[one]
    group[name] = value
    assert len(wrong(chart, values)) == 1


def test_an_instructor_changes_only_marked_lines():
    """Names in capitals stand for the instructor's own."""
    own = re.compile(r"\b(OWNER|HUB|MAIL|NFS|CLIENT-ID|CLIENT-SECRET)\b")
    for text in (TEXT, (ROOT / "hub/progress.yaml").read_text("utf-8")):
        lines = [line for line in text.splitlines() if own.search(line.split(" #")[0]) and not line.startswith("#")]
        assert lines
        assert all("# CHANGE" in line for line in lines), lines


def test_the_image_is_the_one_that_a_release_builds():
    image, release = VALUES["singleuser"]["image"], (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert image["tag"] == f"v{project['version']}"
    assert image["name"].removeprefix("ghcr.io") == urllib.parse.urlsplit(project["urls"]["Repository"]).path
    assert '--image-name "ghcr.io/${GITHUB_REPOSITORY,,}:$GITHUB_REF_NAME"' in release
    home = VALUES["singleuser"]["storage"].get("homeMountPath", "/home/jovyan")
    folder = re.search(r"--target-repo-dir (\S+)", release)[1]
    assert not folder.startswith(home), "the student's disk would hide lossutils, which is installed from there"


def test_a_server_opens_with_the_course():
    page, _, query = VALUES["singleuser"]["defaultUrl"].partition("?")
    asked = dict(urllib.parse.parse_qsl(query))
    assert page == "/git-pull"
    assert asked["repo"] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]
    assert asked["urlpath"].startswith(prefix := f"lab/tree/{asked['targetpath']}/")
    assert (ROOT / asked["urlpath"].removeprefix(prefix)).is_file()
    assert re.search(r"^ +- nbgitpuller==[\d.]+$", (ROOT / "environment.yml").read_text("utf-8"), re.M)


def test_one_machine_and_kubernetes_have_the_same_settings():
    other = (ROOT / "hub/jupyterhub_config.py").read_text("utf-8")
    assert all(f'"{name}": "{ENV[name]}"' in other for name in ("OMP_NUM_THREADS", "NBFORMAT_VALIDATOR"))
    assert all(f'"{argument}"' in other for argument in VALUES["hub"]["config"]["Spawner"]["args"])
    assert f"--timeout={VALUES['cull']['timeout']}" in other
    assert f"--max-age={VALUES['cull']['maxAge']}" in other


def mounts_of(admin):
    """What the hub lets an account see beside its home, by running the chart's extraConfig as the hub does."""
    shared = VALUES["singleuser"]["storage"]["extraVolumeMounts"]
    before = copy.deepcopy(shared)
    config = types.SimpleNamespace(KubeSpawner=types.SimpleNamespace())
    for code in VALUES["hub"]["extraConfig"].values():
        exec(code, {"c": config})
    spawner = types.SimpleNamespace(user=types.SimpleNamespace(admin=admin), volume_mounts=shared)
    config.KubeSpawner.pre_spawn_hook(spawner)
    assert shared == before, "the next account's server would have it too"
    return spawner


def test_a_student_sees_one_folder_of_the_progress_and_an_instructor_reads_all():
    (own,) = mounts_of(admin=False).volume_mounts.values()
    assert (own["mountPath"], own["subPath"]) == (os.path.dirname(ENV["LOSSUTILS_PROGRESS"]), "{username}")
    first, all_of_them = mounts_of(admin=True).volume_mounts.values()
    assert first == own
    assert all_of_them["readOnly"]
    assert f"lossutils.exercises.report {all_of_them['mountPath']}\n" in TEXT


def test_who_is_an_instructor_no_longer_sees_the_class_no_longer():
    spawner = mounts_of(admin=True)
    config = types.SimpleNamespace(KubeSpawner=types.SimpleNamespace())
    exec(VALUES["hub"]["extraConfig"]["report"], {"c": config})
    spawner.user.admin = False
    config.KubeSpawner.pre_spawn_hook(spawner)
    assert list(spawner.volume_mounts) == ["progress"]


def test_the_progress_has_one_volume_that_all_nodes_write():
    (volume,) = VALUES["singleuser"]["storage"]["extraVolumes"].values()
    assert volume["persistentVolumeClaim"]["claimName"] == CLAIM["metadata"]["name"]
    assert CLAIM["spec"]["accessModes"] == ["ReadWriteMany"]
    (mount,) = VALUES["singleuser"]["storage"]["extraVolumeMounts"].values()
    (owning,) = VALUES["singleuser"]["initContainers"]
    assert mount["name"] == volume["name"]
    assert owning["volumeMounts"] == [mount]
