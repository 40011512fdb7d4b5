"""Lesson 01 in JupyterLab and on RISE's slides, as a student and a teacher use it. One file: it needs one server."""

import nbformat
import numpy as np
import pytest

from tests import planes
from tests.browser import figures, live
from tests.browser.fit import OUTSIDE

LESSON = "01_bce_by_hand.ipynb"
# Figures of every kind of mark, which stand behind those of the lesson, in its copy on the server.
KINDS = [[planes.EVERY_MARK], [planes.IMPORT, planes.BARS], [planes.IMPORT, planes.AREAS]]


@pytest.fixture(scope="module")
def explorers(server):
    book = nbformat.read(server.root / LESSON, as_version=4)
    slide = {"slideshow": {"slide_type": "slide"}}
    book.cells += [nbformat.v4.new_code_cell("".join(cells).strip(), metadata=slide) for cells in KINDS]
    nbformat.write(book, server.root / LESSON)
    return figures.explorers(LESSON) + [planes.figure(*cells) for cells in KINDS]


def with_two_sliders(shown):
    """The first figure that has a slider beside that of its axis."""
    return next(figure for figure in shown if len(figure.names) > 1)


@pytest.fixture(scope="module")
def lab(browser, server, explorers):
    """The lesson's figures in JupyterLab, run."""
    with live.recorded(browser) as page:
        live.open_lab(page, server, LESSON)
        live.run_lab(page, server, LESSON)
        yield [figures.Figure(page, explorer, number) for number, explorer in enumerate(explorers)]


@pytest.fixture(scope="module")
def rise(browser, server, explorers):
    """The lesson's figures on its slides, run."""
    with live.recorded(browser) as page:
        live.run_slides(page, server, LESSON)
        yield [figures.Figure(page, explorer, number) for number, explorer in enumerate(explorers)]


def test_the_lesson_in_lab(lab):
    for figure in lab:
        figure.check()
    figures.check_keyboard(with_two_sliders(lab))


def test_a_drag_moves_the_curves_and_ends_with_the_release(lab):
    figures.check_drag(with_two_sliders(lab))


def test_a_guess_stays_in_the_figure(lab):
    figure = next(figure for figure in lab if figure.output.get_by_label("Your guess").count())
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


def test_sliders_move_without_a_kernel(lab):
    figure = with_two_sliders(lab)
    figure.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    figure.page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    figure.page.get_by_text("No Kernel").first.wait_for()
    figures.check_keyboard(figure)
    figures.check_drag(figure)
    assert not figure.page.recorder.problems


def test_every_slide_of_the_lesson_fits_its_screen(rise):
    """All lessons are measured as files, in test_slide_files.py; one shows that RISE agrees with them."""
    page = rise[0].page
    assert not {slide: problems for slide in live.slides(page) if (problems := page.evaluate(OUTSIDE))}


def test_the_figure_on_its_slide(rise):
    figure = with_two_sliders(rise)
    slide = figure.root.evaluate("root => root.closest('section').id")
    live.show(figure.page, slide, figure.page.locator(f"#{slide} .fragment").count())
    address = figure.page.url
    figure.check()
    figures.check_keyboard(figure)
    figures.check_drag(figure)
    assert figure.page.url == address, "a key that belongs to a slider has moved the slides"


def test_slides_move_without_a_kernel(rise, server):
    figure = with_two_sliders(rise)
    server.shut_down(LESSON)
    figures.check_keyboard(figure)
    figures.check_drag(figure)
    assert not figure.page.recorder.problems


@pytest.mark.parametrize("where", ["lab", "rise"])
def test_every_kind_of_mark_shows_what_at_computes(where, request):
    """Also a marker that is dragged, or moved by keys; and all that without a kernel."""
    shown = request.getfixturevalue(where)[-len(KINDS) :]
    for figure in shown:
        figures.check_places(figure)
    figure = shown[0]
    page = figure.page
    if where == "rise":
        live.show(page, figure.root.evaluate("root => root.closest('section').id"), 0)
    address = page.url
    marker = figure.root.locator(".lossutils-marker").first
    for key, place, sign in (("ArrowRight", 0, 1), ("ArrowUp", 1, 1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, -1)):
        before = figure.values()
        marker.press(key)
        figure.check()
        assert figure.values()[place] == pytest.approx(np.clip(before[place] + 0.1 * sign, -2, 2))
    dot = marker.locator(".lossutils-dot").bounding_box()
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (40 if before[0] < 0 else -40), y + (40 if before[1] > 0 else -40), steps=4)
    page.mouse.up()
    figure.check()
    after = figure.values()
    assert abs(after[0] - before[0]) > 0.2
    assert abs(after[1] - before[1]) > 0.2
    assert page.url == address, "a key that belongs to the marker has moved the slides"
    assert not page.recorder.problems
