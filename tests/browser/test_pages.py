"""The built site: what a reader meets on a phone, from a USB stick, without JavaScript, with a keyboard alone.

A page is opened once, and the tests of it follow one another; the last one says what was wrong on it meanwhile.
"""

import re
import subprocess

import pytest

from tests.browser import accessibility, live
from tests.browser.pages import (
    DRAWN,
    LESSONS,
    PAGES,
    PHONE,
    REFERENCE,
    ROOT,
    SITE,
    ZOOMED,
    figures,
    numbers,
    same,
    served,
    weight,
)
from web import handout


@pytest.fixture(scope="module")
def page(browser, site, request):
    with live.recorded(browser) as page:
        page.emulate_media(color_scheme="light")
        page.goto(f"{site}/{request.param}.html")
        page.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
        yield page


def of(names):
    return pytest.mark.parametrize("page", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def without_javascript(chromium):
    context = chromium.new_context(java_script_enabled=False, viewport=PHONE)
    context.set_default_timeout(live.PATIENCE)
    return context.new_page()


@pytest.fixture(scope="module")
def host():
    with served() as address:
        yield address


# For every row of the table that stands below a figure, written by `.at()`: what the readout shows there, and the row.
ROWS = """async root => {
    const [axis] = JSON.parse(root.querySelector('script').textContent).meta.variables;
    const slider = root.querySelector('input[type=range]');
    const numbers = [...root.querySelectorAll('.lossutils-number')]
        .sort((a, b) => a.dataset.panel - b.dataset.panel || a.dataset.curve - b.dataset.curve);
    const rows = [];
    for (const row of root.querySelectorAll('tbody tr')) {
        const where = row.querySelector('th').textContent;
        slider.valueAsNumber = axis.labels ? axis.labels.indexOf(where) : Math.round((where - axis.low) / axis.step);
        slider.dispatchEvent(new Event('input'));
        await (DRAWN)(root);
        rows.push([slider.getAttribute('aria-valuetext'), where,
            numbers.map(output => output.textContent), [...row.querySelectorAll('td')].map(cell => cell.textContent)]);
    }
    return rows;
}""".replace("DRAWN", DRAWN)


@of(LESSONS)
def test_every_figure(page):
    shown = figures(page)
    assert shown
    for figure in shown:
        rows = figure.root.evaluate(ROWS)
        assert len(rows) >= 3 or not figure.is_read
        for said, where, readout, expected in rows:
            assert said == where
            assert len(readout) == len(expected)
            assert all(map(same, readout, map(numbers, expected)))
    shown[0].check_drag()


# Every slider, three steps in a burst: how often the figure is redrawn until all is quiet.
REDRAWS = """async () => {
    const counts = [];
    for (const slider of document.querySelectorAll('.lossutils-explorer input[type=range]')) {
        const explorer = slider.closest('.lossutils-explorer'), live = explorer.querySelector('.lossutils-live');
        const sliders = [...explorer.querySelectorAll('input[type=range]')];
        const {variables} = JSON.parse(explorer.querySelector('script').textContent).meta;
        slider.value = 0;
        slider.dispatchEvent(new Event('input'));
        await (QUIET)();
        let redraws = 0;
        const watcher = new MutationObserver(records => { redraws += records.length; });
        watcher.observe(live, {characterData: true, subtree: true});
        const steps = Math.min(3, slider.max);
        for (let i = 0; i < steps; i++) {
            slider.stepUp();
            slider.dispatchEvent(new Event('input'));
        }
        await (QUIET)();
        const said = `${variables[sliders.indexOf(slider)].symbol} = ${slider.getAttribute('aria-valuetext')}`;
        counts.push([steps, redraws, live.textContent.includes(said)]);
        watcher.disconnect();
    }
    return counts;
}""".replace("QUIET", live.QUIET)


@of(LESSONS)
def test_a_move_is_drawn_at_once_and_the_last_of_a_burst_with_the_next_frame(page):
    for steps, redraws, last in page.evaluate(REDRAWS):
        assert 1 <= redraws <= min(2, steps)
        assert last


@of([LESSONS[1], LESSONS[3], LESSONS[5]])
def test_the_keyboard_moves_every_slider(page):
    for figure in figures(page):
        figure.check_keyboard()


@of(REFERENCE[1:-1])  # of all families but the exercises' check
def test_a_family_of_the_reference_has_figures_that_move(page):
    figures = page.locator(".lossutils-explorer")
    assert figures.count() == page.locator(".lossutils-live-now").count() > 0


@of(PAGES)
def test_neither_a_phone_nor_a_zoomed_page_scrolls_sideways(page):
    widths = []
    for screen in (PHONE, ZOOMED):
        page.set_viewport_size(screen)
        widths.append(page.evaluate("() => document.documentElement.scrollWidth"))
    page.set_viewport_size(live.SIZE)
    assert widths == [PHONE["width"], ZOOMED["width"]]


@of([name for name in PAGES if name != "index"])
def test_the_text_stands_at_the_same_place_on_every_page(page):
    """Whatever is wide in it, which would move the columns of furo itself."""
    left, width = page.locator("article").evaluate(
        "article => [article.getBoundingClientRect().left, article.offsetWidth]"
    )
    assert (left, width) == (272, 976)


# How long the lines of the paragraphs are, in letters of average width.
LINES = """() => [...document.querySelectorAll('article > section p')]
    .map(words => words.clientWidth / (parseFloat(getComputedStyle(words).fontSize) / 2))"""


@of([LESSONS[3], "playground", REFERENCE[1]])
def test_a_line_of_words_ends_where_the_eye_finds_the_way_back(page):
    assert 60 < max(page.evaluate(LINES)) <= 90


# Of every figure: how much of the screen it needs, its panels' heights, and the rows that they stand in.
SIZES = """async () => {
    const sheet = document.head.appendChild(document.createElement('style'));
    sheet.textContent = 'section { content-visibility: visible !important; }';
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const header = document.querySelector('.mobile-header').offsetHeight;
    const sizes = [...document.querySelectorAll('.lossutils-moving')].map(figure => {
        const panels = [...figure.querySelectorAll('.lossutils-panel')].map(panel => panel.getBoundingClientRect());
        return [figure.offsetHeight + header, figure.offsetWidth, panels.map(panel => panel.height),
            new Set(panels.map(panel => panel.top)).size];
    });
    sheet.remove();
    return sizes;
}"""
SCREENS = (live.SIZE, {"width": 1920, "height": 1080}, {"width": 768, "height": 1024}, {"width": 375, "height": 667})


@of(LESSONS)
def test_a_whole_figure_is_seen_at_once(page):
    for screen in (*SCREENS, ZOOMED):
        page.set_viewport_size(screen)
        for height, width, panels, rows in page.evaluate(SIZES):
            assert height <= screen["height"] + 1
            assert width <= screen["width"]
            assert max(panels) - min(panels) < 1
            assert rows == 1 or screen["width"] < live.SIZE["width"]
    page.set_viewport_size(live.SIZE)


# The sliders and the screen's lower edge, when only the upper half of a figure fits above it.
STUCK = """figure => {
    figure.scrollIntoView({block: 'start', behavior: 'instant'});
    scrollBy({top: figure.offsetHeight / 2 - innerHeight, behavior: 'instant'});
    return [figure.querySelector('.lossutils-controls').getBoundingClientRect().bottom, innerHeight];
}"""


@of([LESSONS[4]])
def test_sliders_stay_in_sight(page):
    for screen in (*SCREENS, ZOOMED):
        page.set_viewport_size(screen)
        for figure in page.locator(".lossutils-moving").all():
            bottom, edge = figure.evaluate(STUCK)
            assert edge - 1 < bottom <= edge
    page.set_viewport_size(live.SIZE)


@of(LESSONS)
def test_a_figure_has_a_number_to_link_to_and_its_code_below_it(page):
    shown = page.locator("figure:has(.lossutils-explorer)")
    assert shown.count() == page.locator(".lossutils-explorer").count()
    lesson = int(re.search(r"(\d+)_", page.url)[1])
    for number, figure in enumerate(shown.all(), start=1):
        assert figure.get_attribute("id") == f"figure-{lesson}-{number}"
        caption = figure.locator("figcaption").text_content().strip()
        assert re.match(rf"Figure {lesson}\.{number} \S", caption), caption
        assert figure.locator("figcaption a.headerlink").get_attribute("href") == f"#figure-{lesson}-{number}"
    folded = page.locator(".cell_output:has(figure) + details:has(.cell_input), details .cell_output:has(figure)")
    assert folded.count() == shown.count()


@of(PAGES)
def test_accessibility(page):
    accessibility.prepare(page)
    assert not accessibility.axe(page)
    assert not accessibility.contrast(page)


@of(PAGES)
def test_nothing_was_wrong_on_the_page(page):
    assert not page.recorder.problems


@pytest.mark.parametrize("lesson", LESSONS)
def test_weight(tab, host, lesson):
    bytes_sent = weight(tab, f"{host}/{lesson}.html")
    assert tab.locator(".lossutils-live-now").count(), "the figures do not move"
    assert 50_000 < bytes_sent <= 1.5e6


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_page_without_javascript(without_javascript, site, lesson):
    page = without_javascript
    page.goto(f"{site}/{lesson}.html")
    page.locator("h1").wait_for()
    stills = page.locator(".lossutils-still:not(details *)")
    assert stills.count()
    for still in stills.all():
        assert still.locator("img").is_visible()
        for table in still.locator("table").all():  # of a figure without a readout there is none
            assert table.locator("td").count() >= 3
            assert table.locator("td").first.is_visible()
    assert page.locator(".katex:not(details *)").first.is_visible()


def test_the_dark_mode_switch(chromium, site):
    page = chromium.new_page(color_scheme="light")  # a profile of its own, which remembers the choice
    page.goto(f"{site}/{LESSONS[1]}.html")
    figure, colours = page.locator(".lossutils-figure").first, []
    for _ in range(3):
        colours.append(figure.evaluate("figure => getComputedStyle(figure).getPropertyValue('--lossutils-0')"))
        page.locator(".theme-toggle-content button").click()
    page.context.close()
    assert len(set(colours)) == 2


def test_search_needs_no_server(tab, site):
    tab.goto(f"{site}/search.html?q=entropy")
    tab.locator("#search-results li a").first.wait_for()


@pytest.mark.parametrize("lesson", LESSONS)
def test_there_is_a_handout_and_the_notebook_itself(site, lesson):
    assert (SITE / f"handouts/{lesson}.pdf").read_bytes().startswith(b"%PDF")
    assert (SITE / f"notebooks/{lesson}.ipynb").read_bytes() == (live.NOTEBOOKS / f"{lesson}.ipynb").read_bytes()


# Of a page as it is printed: what is cut off at the paper's edge or inside a box (a formula's own boxes overlap), how
# much is still folded, the pointers to the end and what they point to, and how many figures have no picture.
PRINTED = """() => {
    const text = [...document.querySelectorAll('article *:not(svg *, .katex *, .lossutils-live)')];
    const beyond = node => {
        const {width, right} = node.getBoundingClientRect(), {clientWidth, scrollWidth} = node;
        return width && (right > innerWidth + 1 ||
            (getComputedStyle(node).overflowX !== 'visible' && scrollWidth > clientWidth + 1));
    };
    const end = [...document.querySelectorAll('article h2')].at(-1);
    const pointers = [...document.querySelectorAll('a[href^="#fold-"]')].map(a => document.querySelector(a.hash));
    return [text.filter(beyond).map(node => node.outerHTML.slice(0, 100)), document.querySelectorAll('details').length,
        end.textContent, pointers.length, pointers.every(fold => end.parentNode.contains(fold)),
        [...document.querySelectorAll('.lossutils-still img')].filter(image => !image.clientWidth).length];
}"""
PAPER = {"width": 672, "height": 1000}  # what site.css leaves of A4 between the margins


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_handout_cuts_nothing_off_and_answers_at_the_end(tab, lesson):
    tab.set_viewport_size(PAPER)
    tab.emulate_media(media="print")
    handout.prepare(tab, SITE / f"{lesson}.html")
    cut, folded, headline, pointers, found, unseen = tab.evaluate(PRINTED)
    assert not cut
    assert not folded
    assert (headline, found) == ("Answers and solutions", True)
    assert pointers >= 2
    assert not unseen


def test_boxes_in_place_of_chinese_are_noticed(tab):
    tab.set_content("<article>ab \ue000\ue001</article>")
    boxes = handout.BOXES.replace(r"\p{Script=Han}", "[SOME]")
    assert tab.evaluate(boxes.replace("SOME", r"\ue000\ue001"))  # for private use: no font has a picture of them
    assert not tab.evaluate(boxes.replace("SOME", "ab"))
    assert not tab.evaluate(handout.BOXES)  # no Chinese at all


def test_a_second_build_does_nothing(site):
    made = subprocess.run(["make", "site"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python" not in made.stdout
    assert "sphinx" not in made.stdout
