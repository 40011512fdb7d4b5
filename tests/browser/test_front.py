"""The first page, and what a page says of itself to search engines and to those who are sent a link to it."""

import os
import re
import shutil
import struct
import subprocess
import sys

import pytest

from tests.browser import live
from tests.browser.pages import LESSONS, PHONE, ROOT, SITE, figures, served, weight
from web import index

BOTTOMS = """() => Object.fromEntries(['h1', '#question', '.lossutils-figure', '.lossutils-controls', '.doors']
    .map(name => [name, document.querySelector(name).getBoundingClientRect().bottom]))"""


@pytest.fixture(scope="module")
def front(browser, site):
    with live.recorded(browser) as page:
        page.goto(f"{site}/index.html")
        yield page
        assert not page.recorder.problems


def test_the_figure_moves(front):
    (figure,) = figures(front)
    figure.check_keyboard()
    figure.check_drag()


def test_figure_question_and_doors_are_above_the_fold(front):
    front.set_viewport_size(live.SIZE)
    assert max(front.evaluate(BOTTOMS).values()) <= live.SIZE["height"]
    front.set_viewport_size(PHONE)
    bottoms = front.evaluate(BOTTOMS)
    front.set_viewport_size(live.SIZE)
    assert max(bottoms[name] for name in bottoms if name != ".doors") <= PHONE["height"]


def test_the_answer_is_what_the_figure_shows(front):
    (figure,) = figures(front)
    p, gamma = figure.variables
    places = {p["symbol"]: (0.9 - p["low"]) / p["step"], gamma["symbol"]: (2 - gamma["low"]) / gamma["step"]}
    places = [round(place) for place in places.values()]
    (entropy,), (focal,) = (figure.expected(0, curve, places) for curve in (0, 1))
    answer = front.locator(".hero-figure details").text_content()
    assert f"{focal:.3f} of {entropy:.3f}" in answer
    assert focal / entropy == pytest.approx(0.01)


def test_every_lesson_has_its_picture(front):
    cards = front.locator(".lessons > li")
    addresses = cards.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert sorted(addresses) == [f"{lesson}.html" for lesson in LESSONS]
    for card in cards.all():
        assert re.search(r"\?", card.locator(".words").inner_text()), "a lesson asks something"
        assert "minutes" in card.locator("small").inner_text()
        curves = card.locator(".picture > svg > svg path")
        assert curves.count()
        names = card.locator(".names > span").count()
        assert names in (0, curves.count())
        box, shown = card.locator(".picture").bounding_box(), card.locator(".picture > svg").bounding_box()
        assert shown["width"] > 200
        assert shown["x"] >= box["x"]


def test_links_on_the_page_lead_somewhere(front):
    targets = front.evaluate("""() => [...document.querySelectorAll('.front a[href^="#"]')]
        .map(link => [link.hash, document.getElementById(link.hash.slice(1)) !== null])""")
    assert len(targets) >= 3
    assert all(found for _, found in targets)


def test_weight(tab):
    with served() as host:
        assert 50_000 < weight(tab, f"{host}/index.html") <= 300_000


def test_without_javascript(chromium, site):
    page = chromium.new_context(java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(f"{site}/index.html")
    assert page.locator(".hero-figure .lossutils-still img").is_visible()
    assert page.locator(".lessons .picture").first.is_visible()
    page.context.close()


def meta(text):
    return dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)"', text))


@pytest.mark.parametrize("name", ["index", *LESSONS])
def test_a_page_describes_itself(site, name):
    said = meta((SITE / f"{name}.html").read_text("utf-8"))
    assert said["description"] == said["og:description"]
    assert said["og:title"]
    picture = (SITE / f"previews/{name}.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert 10_000 < len(picture) < 300_000


@pytest.mark.skipif("GITHUB_REPOSITORY" in os.environ or "REPOSITORY" in os.environ, reason="the site names its place")
def test_a_site_without_a_place_names_none(site):
    for name in ("index", LESSONS[1]):
        text = (SITE / f"{name}.html").read_text("utf-8")
        assert not re.search(r"mybinder|colab|git-pull|issues/new|og:image|canonical|git clone", text)
    assert not (SITE / "sitemap.xml").exists()


def test_a_site_with_a_place(site, tmp_path):
    """One lesson and the first page, built with the settings that name a repository and a hub."""
    (tmp_path / "in").mkdir()
    for name in ("index.md", f"{LESSONS[1]}.ipynb"):
        shutil.copy(index.PAGES / name, tmp_path / "in")
    env = os.environ | {"REPOSITORY": "owner/losses", "HUB": "https://hub.example.org"}
    command = [sys.executable, "-m", "sphinx", "-Q", "-c", "web", "-d", tmp_path / "doctrees", tmp_path / "in"]
    subprocess.run([*command, tmp_path / "out"], cwd=ROOT, env=env, check=True)
    assert (tmp_path / "out/sitemap.xml").read_text("utf-8").count("<loc>https://owner.github.io/losses/") == 2
    for name, opened in (("index", LESSONS[0]), (LESSONS[1], LESSONS[1])):
        text = (tmp_path / f"out/{name}.html").read_text("utf-8")
        for link in (
            f"https://mybinder.org/v2/gh/owner/losses/HEAD?urlpath=lab/tree/notebooks/{opened}.ipynb",
            f"https://colab.research.google.com/github/owner/losses/blob/main/notebooks/{opened}.ipynb",
            "https://hub.example.org/hub/user-redirect/git-pull?repo=",
            f"https://github.com/owner/losses/issues/new?title={name}",
        ):
            assert f'href="{link}' in text
        assert meta(text)["og:image"] == f"https://owner.github.io/losses/previews/{name}.png"
        assert f'<link rel="canonical" href="https://owner.github.io/losses/{name}.html"' in text
    assert "git clone https://github.com/owner/losses" in (tmp_path / "out/index.html").read_text("utf-8")
