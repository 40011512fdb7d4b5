"""What of a slide is not seen: beyond the edges of its screen, or cut off inside a box."""

# The lowest strip of the screen belongs to the slide number.
OUTSIDE = """(slide) => {
    const shown = slide ?? document.querySelector('section.present > section.present');
    const [width, height] = [innerWidth, innerHeight - 24];
    const name = node => `<${node.tagName.toLowerCase()} class="${node.getAttribute('class')}">`;
    const problems = [];
    for (const node of shown.querySelectorAll('*:not(svg *)')) {
        const {left, right, top, bottom} = node.getBoundingClientRect();
        const style = getComputedStyle(node);
        const hidden = right - left < 2 || bottom - top < 2 || style.visibility === 'hidden';
        const aside = '.lossutils-live, mjx-assistive-mml, .katex-mathml, .cm-announced, .cm-layer';
        if (hidden || node.closest(aside)) continue;
        if (left < 0 || right > width + 1) problems.push(`${name(node)} from ${left} to ${right} of ${width}`);
        if (bottom > height + 1) problems.push(`${name(node)} ends at ${bottom} of ${height}`);
        const {clientWidth, scrollWidth, clientHeight, scrollHeight} = node;
        if ((style.overflowX !== 'visible' || node.matches('pre')) && scrollWidth > clientWidth + 1)
            problems.push(`${name(node)} cuts ${clientWidth} of ${scrollWidth}: ${node.innerText.slice(0, 60)}`);
        if (style.overflowY !== 'visible' && scrollHeight > clientHeight + 1)
            problems.push(`${name(node)} shows ${clientHeight} of ${scrollHeight}: ${node.innerText.slice(0, 60)}`);
    }
    return problems.slice(-1); // the innermost says where
}"""

# Every slide of a file of slides, shown one after another with all its fragments: {slide: what is outside}.
OUTSIDE_OF_ALL = f"""() => {{
    const outside = {OUTSIDE};
    const found = [];
    for (const slide of document.querySelectorAll('.slides > section > section')) {{
        const {{h, v}} = Reveal.getIndices(slide);
        Reveal.slide(h, v, slide.querySelectorAll('.fragment').length - 1);
        if (!slide.matches('.present > .present') || slide.querySelector('.fragment:not(.visible)'))
            throw new Error(`${{slide.id}} is not shown`);
        found.push([slide.id, outside(slide)]);
    }}
    return Object.fromEntries(found);
}}"""
