"""The files of slides: every slide of every lesson fits its screen, in one file, with figures that move."""

import nbformat
import pytest

from tests.browser import live
from tests.browser.fit import OUTSIDE, OUTSIDE_OF_ALL
from tests.browser.pages import LESSONS, figures


def open_deck(page, site, lesson):
    page.goto(f"{site}/slides/{lesson}.html")
    page.wait_for_selector(".reveal.ready .slides section.present")


@pytest.fixture(scope="module")
def deck(browser, site, request):
    with live.recorded(browser) as page:
        page.lesson = request.param
        open_deck(page, site, request.param)
        yield page


every_deck = pytest.mark.parametrize("deck", LESSONS, indirect=True, scope="module")


@every_deck
def test_every_slide_fits_its_screen(deck):
    found = deck.evaluate(OUTSIDE_OF_ALL)
    assert len(found) > 10
    assert not {slide: problems for slide, problems in found.items() if problems}


@every_deck
def test_notes_and_figures(deck):
    cells = nbformat.read(live.NOTEBOOKS / f"{deck.lesson}.ipynb", as_version=4).cells
    notes = [cell for cell in cells if cell.metadata.slideshow.slide_type == "notes"]
    assert deck.locator("aside.notes p").count() >= len(notes)
    assert deck.locator(".lossutils-explorer").count() == deck.locator(".lossutils-live-now").count() > 0


@every_deck
def test_it_is_one_file_and_nothing_was_wrong(deck):
    itself, *others = [url for url in deck.recorder.requests if not url.startswith("data:")]
    assert itself.endswith(f"slides/{deck.lesson}.html")
    assert not others
    assert not deck.recorder.problems


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        (
            '<div style="height: 82px; overflow: hidden"><p style="height: 172px">code</p></div>',
            "shows 82 of 172: code",
        ),
        ('<pre style="width: 90px"><b style="padding-right: 200px">x</b></pre>', "cuts 90 of"),
        ('<p style="position: absolute; top: 700px; height: 60px">low</p>', "ends at 760 of 696"),
        ('<p style="position: absolute; left: -9px; width: 60px">left</p>', "from -9 to 51"),
        ('<p style="position: absolute; width: 1px; height: 1px; overflow: hidden">read aloud</p>', None),
        ('<div style="height: 82px"><p style="height: 172px">seen whole</p></div>', None),
    ],
)
def test_what_is_not_seen_is_reported(tab, inner, problem):
    tab.set_content(f'<style>* {{ margin: 0 }}</style><section class="present"><section class="present">{inner}')
    found = tab.evaluate(OUTSIDE)
    assert not found if problem is None else problem in found[0]


def test_the_sliders_of_a_slide(tab, site):
    open_deck(tab, site, "01_bce_by_hand")
    figure = figures(tab)[1]
    slide = figure.root.evaluate("root => root.closest('section').id")
    live.show(tab, slide, tab.locator(f"#{slide} .fragment").count())
    figure.check_keyboard()
    figure.check_drag()
    now = "() => document.querySelector('section.present > section.present').id"
    assert tab.evaluate(now) == slide, "a key that belongs to a slider has moved the slides"
    figure.sliders.first.focus()
    tab.keyboard.press("Space")
    live.wait(tab, f"slide => ({now})() !== slide", slide)


def test_a_link_leads_to_the_slide_of_its_headline(tab, site):
    open_deck(tab, site, "05_entropy_kl")
    headline = tab.locator("h2").nth(3).get_attribute("id")
    tab.evaluate("headline => { location.hash = headline; }", headline)
    there = "id => document.getElementById(id).matches('section.present > section.present *')"
    live.wait(tab, there, headline)


def test_the_speaker_view(tab, site):
    open_deck(tab, site, "01_bce_by_hand")
    with tab.expect_popup() as opened:
        tab.keyboard.press("s")
    opened.value.locator("#current-slide, .speaker-controls-notes").first.wait_for(state="attached")
    opened.value.close()
