"""What the pages promise to readers who see little, hear, use a keyboard, or cannot bear what moves."""

import pytest

from tests.browser import accessibility, live
from tests.browser.pages import LESSONS, ZOOMED

# In the midst of a page: an attribute that is wrong there, and axe's rule against it.
FAULTS = [
    (".katex-html .mord", "tabindex", "0", "aria-hidden-focus"),
    (".katex-mathml", "role", "img", "role-img-alt"),
    (".lossutils-panel text", "role", "img", "svg-img-alt"),
    (".highlight pre span", "role", "img", "role-img-alt"),
]
WORDS = (".katex-html .mathnormal", ".lossutils-panel text", ".highlight pre span", ".lossutils-number", "summary p")
MIDDLE = "const middle = kind => { const all = document.querySelectorAll(kind); return all[all.length >> 1]; };"
SPOIL = f"""([faults, words]) => {{
    {MIDDLE}
    for (const [kind, attribute, value] of faults) middle(kind).setAttribute(attribute, value);
    for (const word of words.map(middle)) {{
        word.style.color = word.style.fill = '#7a7a7a'; // on white as on black
        word.textContent = 'spoilt';
    }}
}}"""


def test_nothing_on_a_page_is_left_out(tab, site):
    tab.goto(f"{site}/{LESSONS[1]}.html")
    tab.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
    accessibility.prepare(tab)
    tab.evaluate(SPOIL, [FAULTS, WORDS])
    assert sorted(found.split(":")[0] for found in accessibility.axe(tab)) == sorted(rule for *_, rule in FAULTS)
    found = accessibility.contrast(tab)
    assert len(found) == 2 * len(WORDS)
    assert all(text.endswith(" spoilt") for text in found)


# What has the focus, once what came into sight is painted: whether it is past the last, has a ring, is on the screen.
# A ring is an outline, or the stroke of a drawing's marker.
FOCUSED = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const node = document.activeElement, {top, bottom, left, right} = node.getBoundingClientRect();
    const {outlineStyle, outlineWidth} = getComputedStyle(node), grip = node.querySelector('.lossutils-grip');
    const isRinged = grip ? getComputedStyle(grip).stroke !== 'none'
        : outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    node.dataset.focused = '';
    return [node === document.body, isRinged,
        bottom > 0 && top < innerHeight && right > 0 && left < innerWidth, node.outerHTML.slice(0, 120)];
}"""
# What is shown, takes the focus, and was not reached.
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(node => node.tabIndex >= 0 && node.checkVisibility({visibilityProperty: true}))
    .filter(node => !('focused' in node.dataset)).map(node => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("name", "screen"), [("index", live.SIZE), ("playground", live.SIZE), (LESSONS[1], ZOOMED)])
def test_tab_reaches_everything_in_sight_and_shows_where_it_is(tab, site, name, screen):
    tab.set_viewport_size(screen)
    tab.emulate_media(forced_colors="active", reduced_motion="reduce")  # there a shadow would be no ring
    tab.goto(f"{site}/{name}.html")
    for _ in range(1000):  # more than any page has: a trap for the keyboard would never let go
        tab.keyboard.press("Tab")
        left, is_ringed, is_in_sight, html = tab.evaluate(FOCUSED)
        if left:
            break
        assert is_ringed, html
        assert is_in_sight, html
    assert left, html
    assert not tab.evaluate(MISSED)


@pytest.mark.parametrize("name", ["index", "playground", LESSONS[6]])
def test_colours_that_the_reader_forces_leave_no_word_and_no_curve_unseen(tab, site, name):
    tab.emulate_media(forced_colors="active")
    tab.goto(f"{site}/{name}.html")
    accessibility.prepare(tab)
    assert not accessibility.contrast(tab)


def test_a_fold_opens_with_enter(tab, site):
    tab.goto(f"{site}/index.html")
    answer = tab.locator(".hero-figure details")
    answer.locator("summary").press("Enter")
    assert answer.locator("p").is_visible()
    answer.locator("summary").press("Enter")
    assert not answer.locator("p").is_visible()


# Whatever has a transition, an animation or glides when it scrolls.
MOVING = """() => [document.documentElement, ...document.querySelectorAll('*')].filter(node => {
    const {transitionDuration, animationName, scrollBehavior} = getComputedStyle(node);
    return parseFloat(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth';
}).map(node => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", ["index", "playground", LESSONS[5]])
def test_nothing_moves_by_itself_for_those_who_cannot_bear_it(tab, site, name):
    tab.emulate_media(reduced_motion="reduce")
    tab.goto(f"{site}/{name}.html")
    assert not tab.evaluate(MOVING)
    tab.locator(".lossutils-controls input:visible").first.press("ArrowRight")
    assert tab.evaluate("() => { scrollTo(0, 100); return scrollY; }") == 100
    assert not tab.evaluate("() => document.getAnimations().length")
