"""Lesson 01 in JupyterLab, as a student uses it."""

import pytest

from tests.browser import figures, live

LESSON = "01_bce_by_hand.ipynb"


@pytest.fixture(scope="module")
def figure(tab, server):
    """The lesson's first figure that has a slider beside that of its axis."""
    live.open_lab(tab, server, LESSON)
    live.run_lab(tab, server, LESSON)
    made = figures.explorers(LESSON)
    number = next(i for i, explorer in enumerate(made) if len(explorer._variables) > 1)
    return figures.Figure(tab, made[number], number)


def test_the_readout_starts_right(figure):
    figure.check()


def test_keyboard_steps_move_the_figure(figure):
    figures.check_keyboard(figure)


def test_a_drag_moves_the_curves_and_ends_with_the_release(figure):
    figures.check_drag(figure)


def test_sliders_move_without_a_kernel(figure, server):
    page = figure.page
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    page.get_by_text("No Kernel").first.wait_for()
    figures.check_keyboard(figure)
    figures.check_drag(figure)


def test_nothing_was_wrong_on_the_page(figure):
    assert not figure.page.recorder.problems
