"""Every slide of every lesson fits its screen. In a file of its own: it takes as long as all others together."""

import pytest

from tests.browser import live

LESSONS = sorted(path.name for path in live.NOTEBOOKS.glob("*.ipynb"))

# What of the shown slide lies outside its screen. The lowest strip belongs to the slide number.
OUTSIDE = """() => {
    const [width, height] = [innerWidth, innerHeight - 24];
    const shown = document.querySelector('section.present > section.present');
    const name = node => `<${node.tagName.toLowerCase()} class="${node.getAttribute('class')}">`;
    const problems = [];
    for (const node of shown.querySelectorAll('*:not(svg *)')) {
        const {left, right, top, bottom} = node.getBoundingClientRect();
        const hidden = right - left < 2 || bottom - top < 2 || getComputedStyle(node).visibility === 'hidden';
        const aside = '.lossutils-live, mjx-assistive-mml, .katex-mathml, .cm-announced, .cm-layer';
        if (hidden || node.closest(aside)) continue;
        if (left < 0 || right > width + 1) problems.push(`${name(node)} from ${left} to ${right} of ${width}`);
        if (bottom > height + 1) problems.push(`${name(node)} ends at ${bottom} of ${height}`);
        if (node.matches('.cm-scroller, pre') && node.scrollWidth > node.clientWidth + 1)
            problems.push(`${name(node)} cuts a line off: ${node.innerText.slice(0, 60)}`);
    }
    return problems.slice(-1); // the innermost says where
}"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_slide_fits_its_screen(page, server, lesson):
    live.open_slides(page, server, lesson)
    live.run_slides(page, server, lesson)
    server.shut_down(lesson)  # it is not needed any more, and a dozen of them would fill the memory
    outside = {slide: page.evaluate(OUTSIDE) for slide in live.slides(page)}
    outside = {slide: problems for slide, problems in outside.items() if problems}
    assert not outside
