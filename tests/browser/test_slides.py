"""The slides of lesson 01: its figures move there too."""

import pytest

from tests.browser import figures, live


@pytest.fixture(scope="module")
def figure(tab, server):
    lesson = "01_bce_by_hand.ipynb"
    live.open_slides(tab, server, lesson)
    live.run_slides(tab, server, lesson)
    made = figures.explorers(lesson)
    number = next(i for i, explorer in enumerate(made) if len(explorer._variables) > 1)
    figure = figures.Figure(tab, made[number], number)
    slide = figure.root.evaluate("root => root.closest('section').id")
    live.show(tab, slide, tab.locator(f"#{slide} .fragment").count())
    return figure


def test_the_figure_on_its_slide(figure):
    slide = figure.page.url
    figure.check()
    figures.check_keyboard(figure)
    figures.check_drag(figure)
    assert figure.page.url == slide, "a key that belongs to a slider has moved the slides"


def test_sliders_move_without_a_kernel(figure, server):
    server.shut_down("01_bce_by_hand.ipynb")
    figures.check_keyboard(figure)
    figures.check_drag(figure)


def test_nothing_was_wrong_on_the_page(figure):
    assert not figure.page.recorder.problems
