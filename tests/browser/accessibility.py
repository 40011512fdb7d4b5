"""What keeps a reader from a page that is open: axe over all of it, and the contrast of every text that is painted."""

from tests.browser import live

AXE = live.NOTEBOOKS.parent / "web/node_modules/axe-core/axe.min.js"
SERIOUS = """async options => (await axe.run(options)).violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .flatMap(({id, nodes}) => nodes.map(node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`))"""
OPTIONS = {
    "rules": {"color-contrast": {"enabled": False}},  # CONTRAST sees more, and sooner
    "resultTypes": ["violations"],
    "selectors": False,
    "preload": False,  # it asks for the style sheets once more, which a browser refuses on file://
}

# axe's own rule of contrast looks up what lies under each word, which on these pages takes longer than all other rules
# together, leaves undecided where boxes overlap, as a formula's do, and knows no colour of a drawing's text. Here one
# walk from the root takes along what has been painted so far, and axe's functions compare. Hidden labels of a drawing
# count: a slider shows them. Large text is held to the same.
CONTRAST = """() => {
    const {Color, flattenColors, getContrast} = axe.commons.color, colours = new Map(), wrong = [];
    const colourOf = (text, opacity) => {
        if (!colours.has(text)) colours.set(text, new Color().parseString(text));
        const {red, green, blue, alpha} = colours.get(text);
        return new Color(red, green, blue, alpha * opacity);
    };
    const nameOf = node =>
        `<${node.localName} class="${node.getAttribute('class') ?? ''}"> ${node.textContent.trim().slice(0, 60)}`;
    const hold = (node, text, ground, least) => {
        const contrast = getContrast(ground, flattenColors(text, ground));
        if (contrast < least) wrong.push(
            `${contrast.toFixed(2)} of ${text.toHexString()} on ${ground.toHexString()}: ${nameOf(node)}`);
    };
    const isWritten = node => node.matches('input[type=text], select, textarea') ||
        [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim());
    const walk = (node, ground, opacity) => {
        const style = getComputedStyle(node);
        const isForEars = style.clip !== 'auto' || style.clipPath === 'inset(50%)';
        opacity *= style.opacity;
        if (style.display === 'none' || isForEars || !opacity) return;
        if (node.matches('svg *')) {
            const isLine = style.fill === 'none' && style.stroke !== 'none';
            if (isLine && node.matches('[id*=curve-] path:not(.lossutils-rim)'))
                hold(node, colourOf(style.stroke, opacity * style.strokeOpacity), ground, 3);
            if (node.matches('text, tspan') && isWritten(node)) {
                const hasHalo = style.paintOrder.startsWith('stroke') && style.stroke !== 'none';
                const behind = hasHalo ? colourOf(style.stroke, 1) : ground;
                hold(node, colourOf(style.fill, opacity * style.fillOpacity), behind, 4.5);
            }
        } else {
            if (style.backgroundImage !== 'none') wrong.push(`a picture under ${nameOf(node)}`);
            ground = flattenColors(colourOf(style.backgroundColor, opacity), ground);
            if (style.visibility === 'visible' && isWritten(node))
                hold(node, colourOf(style.color, opacity), ground, 4.5);
        }
        for (const child of node.children) walk(child, ground, opacity);
    };
    walk(document.body, new Color(255, 255, 255, 1), 1);
    return wrong;
}"""
# What is not seen is not painted, so everything is.
PAINTED = """() => {
    const sheet = document.head.appendChild(document.createElement('style'));
    sheet.textContent = 'section { content-visibility: visible !important; }';
}"""


def prepare(page):
    page.evaluate(PAINTED)
    page.add_script_tag(path=AXE)


def contrast(page):
    """In light and dark; the page is left in light."""
    wrong = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{scheme}: {text}" for text in page.evaluate(CONTRAST)]
    return wrong


def axe(page):
    return page.evaluate(SERIOUS, OPTIONS)
