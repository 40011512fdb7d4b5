"""Every slide of every lesson fits its screen. In a file of its own: it takes as long as all others together."""

import pytest

from tests.browser import live

LESSONS = sorted(path.name for path in live.NOTEBOOKS.glob("*.ipynb"))

# What of the shown slide lies outside its screen. The lowest strip belongs to the slide number.
OUTSIDE = """(slide) => {
    const shown = slide ?? document.querySelector('section.present > section.present');
    const [width, height] = [innerWidth, innerHeight - 24];
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


# All slides laid out at once, which takes a second. A figure takes its height from the slide that is shown, so slides
# with one, and those where something was found, are then looked at one by one.
SUSPECTS = """([style, outside]) => {
    const sheet = document.head.appendChild(document.createElement('style'));
    sheet.textContent = style;
    const problems = eval(outside);
    const found = [...document.querySelectorAll('.slides > section > section')]
        .filter(slide => slide.querySelector('.lossutils-figure') || problems(slide).length).map(slide => slide.id);
    sheet.remove();
    return found;
}"""
ALL = """.slides section, .slides section > section, .slides .fragment {
    display: block !important; visibility: visible !important; opacity: 1 !important; transform: none !important;
}"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_slide_fits_its_screen(page, server, lesson):
    live.open_slides(page, server, lesson)
    live.run_slides(page, server, lesson)
    server.shut_down(lesson)  # it is not needed any more, and a dozen of them would fill the memory
    suspects = page.evaluate(SUSPECTS, [ALL, f"({OUTSIDE})"])
    assert suspects, "a lesson has at least one figure"
    outside = {}
    for slide in suspects:
        live.show(page, slide, page.locator(f"#{slide} .fragment").count())
        if problems := page.evaluate(OUTSIDE):
            outside[slide] = problems
    assert not outside
