"""Lesson 01 in JupyterLab, as a student uses it."""

import pytest

from tests.browser import figures, live

LESSON = "01_bce_by_hand.ipynb"


@pytest.fixture(scope="module")
def lesson(tab, server):
    """The lesson's figures, run."""
    live.open_lab(tab, server, LESSON)
    live.run_lab(tab, server, LESSON)
    return [figures.Figure(tab, explorer, number) for number, explorer in enumerate(figures.explorers(LESSON))]


@pytest.fixture(scope="module")
def figure(lesson):
    """The first one that has a slider beside that of its axis."""
    return next(figure for figure in lesson if len(figure.names) > 1)


def test_the_readout_starts_right(figure):
    figure.check()


def test_keyboard_steps_move_the_figure(figure):
    figures.check_keyboard(figure)


def test_a_drag_moves_the_curves_and_ends_with_the_release(figure):
    figures.check_drag(figure)


def test_a_guess_stays_in_the_figure(lesson):
    figure = next(figure for figure in lesson if figure.output.get_by_label("Your guess").count())
    field = figure.output.get_by_label("Your guess at p = 0.90:")
    field.fill("2.3")
    field.press("Enter")
    for i, presses in enumerate((["End", *["ArrowLeft"] * 9], ["Home"])):  # p = 0.9, y = 0
        figure.handle(i).focus()
        for key in presses:
            figure.page.keyboard.press(key)
    figure.check()
    assert figure.values() == [0.9, 0]
    assert field.input_value() == "2.3"
    box = lambda part: figure.root.locator(part).first.bounding_box()  # noqa: E731
    guess, marker = box("[id$='-0-guess'] path"), box("circle")
    for side, size in (("x", "width"), ("y", "height")):
        assert guess[side] + guess[size] / 2 == pytest.approx(marker[side] + marker[size] / 2, abs=2)


def test_sliders_move_without_a_kernel(figure, server):
    page = figure.page
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    page.get_by_text("No Kernel").first.wait_for()
    figures.check_keyboard(figure)
    figures.check_drag(figure)


def test_nothing_was_wrong_on_the_page(figure):
    assert not figure.page.recorder.problems
