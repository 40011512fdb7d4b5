"""What the pages promise to readers who see little, hear, use a keyboard, or cannot bear what moves."""

from tests.browser import accessibility
from tests.browser.pages import LESSONS

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
