// The figure: panels that matplotlib framed, marks that follow the sliders, a readout. Asks for nothing but model.get,
// model.set and model.on, so that any page that offers those can host it.
const create = (tag, className, parent, text = '') => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text; // never innerHTML: names come from whoever wrote the figure
  parent.append(made);
  return made;
};

// A text that is written once more, even the same one, is laid out once more; and where a node is put in the place of
// another, a browser asks every `:has()` of the page again.
function write(element, text) {
  const words = element.firstChild ?? element.appendChild(document.createTextNode(''));
  if (words.data !== text) words.data = text;
}

// What comes with the next frame, or soon in a tab that gets none.
function soon(then) {
  const once = () => { cancelAnimationFrame(frame); clearTimeout(timer); then(); };
  const frame = requestAnimationFrame(once), timer = setTimeout(once, 100);
}

function swatch({kind, style, dash}) {
  const colour = `var(--lossutils-${style})`;
  const drawn = kind === 'line' || kind === 'levels' || kind === 'path'
    ? `<line x1="1" y1="7" x2="37" y2="7" stroke="${colour}" stroke-width="4" stroke-dasharray="${dash}"/>`
    : kind === 'points' ? `<path d="${SHAPES[style](19, 7, 6)}" fill="${colour}"/>`
      : kind === 'map' ? [0, 1, 2, 3].map((k) => `<rect x="${3 + 8 * k}" width="8" height="14" style="fill: ${bandOf(k, 5)}"/>`).join('')
        : `<rect x="8" width="22" height="14" fill="${colour}"/>`;
  return `<svg class="lossutils-swatch" viewBox="0 0 38 14" width="38" height="14" aria-hidden="true">${drawn}</svg>`;
}

function render({model, el}) {
  const meta = model.get('meta'), {variables, panels, names, description} = meta;
  const numbers = (name, Type) => {
    const bytes = model.get(name);
    return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  // A page whose curves are computed while one looks has a table and a `startOf` of its own.
  const data = {variables, startOf: rowOf, table: numbers('table', Float32Array), codes: numbers('codes', Uint16Array),
    ...model.get('computed')};
  // Two figures of one page must not share an id: a clip path of a hidden slide clips nothing. Random, because every
  // widget gets its own copy of this module.
  const figure = `lossutils-${Math.random().toString(36).slice(2)}-`;
  const root = create('div', 'lossutils-figure', el);
  const strip = create('div', 'lossutils-readout', root);
  const row = create('div', 'lossutils-panels', root);
  const live = create('div', 'lossutils-live', root);
  live.setAttribute('aria-live', 'polite');

  const position = (variable) => {
    const k = Math.round((model.get(variable.trait) - variable.low) / variable.step);
    return Math.max(0, Math.min(variable.count - 1, k));
  };
  const text = (variable, k) => variable.labels ? variable.labels[k] : (variable.low + k * variable.step).toFixed(variable.digits);

  const outputs = names.map((name) => {
    const item = create('span', 'lossutils-item', strip);
    item.insertAdjacentHTML('afterbegin', swatch(name));
    create('span', 'lossutils-name', item, name.text);
    return name.marks.map(([panel, curve]) => {
      const {title, marks} = panels[panel], quantity = marks[curve].follows ? `sum, ${title}` : title;
      if (quantity !== name.text) create('span', 'lossutils-quantity', item, quantity);
      const output = create('output', 'lossutils-number', item);
      output.dataset.panel = panel;
      output.dataset.curve = curve;
      return {output, panel, curve, title: quantity};
    });
  });

  const limit = panels.some(({rows}) => !rows) ? 425 : 504; // pixels of height: figure and sliders fit a projector
  // What a curve's shape depends on: the sliders that it follows, and on a page where one types, its formula.
  const keyOf = (mark, at) => `${[mark.formula, ...mark.sliders.map((v) => at[v])]}`;
  const drawn = panels.map((panel, number) => {
    const holder = create('div', 'lossutils-panel', row);
    Object.assign(holder.style, {flex: `${panel.aspect} 1 ${234 * panel.aspect}px`, maxWidth: `${limit * panel.aspect}px`});
    const id = `${figure}${number}-`;
    holder.innerHTML = panel.svg.replace(/(\bid="|href="#|url\(#)/g, `$1${id}`);
    const svg = holder.querySelector('svg');
    svg.removeAttribute('width');
    svg.removeAttribute('height');
    svg.setAttribute('role', panel.marker ? 'group' : 'img'); // a picture has nothing in it that takes the focus
    svg.setAttribute('aria-label', `${panel.title}: ${description}`);
    const {left, right, top, bottom} = panel.box;
    const clip = node(svg, 'clipPath', {id: `${id}clip`});
    node(clip, 'rect', {x: left, y: top, width: right - left, height: bottom - top});
    const hook = (name) => svg.querySelector(`[id="${id}${name}"]`);
    const emptied = (name) => { hook(name).replaceChildren(); return hook(name); }; // what matplotlib drew there
    const clipped = (name) => node(emptied(name), 'g', {'clip-path': `url(#${id}clip)`});
    const [x0, x1] = panel.x, level = panel.log ? Math.log10 : (v) => v;
    const sx = (right - left) / (x1 - x0);
    let y0, sy;
    const stretch = (limits) => { panel.y = limits; y0 = level(limits[0]); sy = (top - bottom) / (level(limits[1]) - y0); };
    stretch(panel.y);
    const view = {id, panel, svg, pile: {top: () => 0}, hook, emptied, clipped, left, right, top, bottom, sx, stretch,
      get sy() { return sy; },
      px: (x) => left + sx * (x - x0),
      py: (y) => bottom + sy * (level(y) - y0),
      place: (i) => panel.along !== null && variables[panel.along].labels ? i : x0 + i * (x1 - x0) / (panel.columns - 1),
      guide: svg.querySelector(`[id="${id}guide"] path`), above: hook('guess')};
    view.marks = panel.marks.map((mark, index) => ({mark, key: null, ...MARKS[mark.kind](
      {...mark, dash: names.find(({style, kind}) => style === mark.style && kind === mark.kind)?.dash ?? ''}, {...view, index}, data)}));
    for (const band of svg.querySelectorAll(`[id^="${id}band-"] path`)) {
      const k = +band.parentNode.id.slice(`${id}band-`.length);
      band.style.fill = bandOf(k, panel.marks.find(({kind}) => kind === 'map').levels.length + 1);
    }
    panel.marks.forEach((_, i) => { hook(`curve-${i}`).id = `${figure}curve-${number}-${i}`; }); // the hook names the panel too
    if (panel.marker) view.marker = markerOf(view);
    view.notes = ['above', 'below'].map((name) => svg.querySelector(`[id="${id}${name}"] text`));
    if (panel.rows) for (const note of view.notes) note.classList.add('lossutils-note');
    return view;
  });

  // The marker of a plane: dragged, or moved by arrow keys, it sets the two sliders that it stands at.
  function markerOf(view) {
    const {panel, svg, left, right, top, bottom} = view, moved = panel.marker.map((v) => variables[v]);
    const ends = [panel.x, panel.y];
    const marker = node(view.above, 'g', {class: 'lossutils-marker', tabindex: 0, role: 'application',
      'aria-label': `${moved.map(({symbol}) => symbol).join(' and ')}: the arrow keys move the marker`});
    marker.dataset.lmSuppressShortcuts = 'true'; // JupyterLab leaves the arrow keys alone
    node(marker, 'circle', {class: 'lossutils-grip', r: 20});
    node(marker, 'circle', {class: 'lossutils-dot', r: 6.5});
    const set = (places) => {
      held = true;
      places.forEach((k, i) => {
        const {trait, low, step, count} = moved[i];
        model.set(trait, low + Math.max(0, Math.min(count - 1, k)) * step);
      });
      model.save_changes?.();
      held = false;
      if (missed) { missed = false; changed(); }
    };
    const drag = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const part = [(at.x - left) / (right - left), (bottom - at.y) / (bottom - top)];
      set(moved.map(({low, step}, i) => Math.round((ends[i][0] + part[i] * (ends[i][1] - ends[i][0]) - low) / step)));
    };
    const ground = svg.querySelector(`[id="${view.id}guess"]`).ownerSVGElement;
    ground.addEventListener('pointerdown', (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const inside = at.x >= left && at.x <= right && at.y >= top && at.y <= bottom;
      // A finger scrolls the page, except on the marker itself.
      if (event.button || !(marker.contains(event.target) || (inside && event.pointerType === 'mouse'))) return;
      event.preventDefault();
      marker.setPointerCapture(event.pointerId);
      marker.focus({preventScroll: true});
      drag(event);
    });
    marker.addEventListener('pointermove', (event) => { if (marker.hasPointerCapture(event.pointerId)) drag(event); });
    marker.addEventListener('keydown', (event) => {
      const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
      if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation(); // a slide show would go on
      set(moved.map((variable, i) => position(variable) + way[i] * (event.shiftKey ? 5 : 1)));
    });
    return (at) => {
      const [x, y] = panel.marker.map((v, i) => variables[v].low + at[v] * variables[v].step);
      marker.setAttribute('transform', `translate(${view.px(x).toFixed(1)} ${view.py(y).toFixed(1)})`);
    };
  }

  function draw() {
    const at = variables.map(position), said = {};
    drawn.forEach((view, p) => {
      let least = Infinity, most = -Infinity, reshaped = false;
      view.pile.top = () => 0;
      const follow = view.marks.some(({mark, key}) => key !== keyOf(mark, at));
      view.marks.forEach((drawn, i) => {
        const key = keyOf(drawn.mark, at);
        if (key !== drawn.key || (follow && drawn.mark.kind === 'area')) { // areas stand on one another
          drawn.key = key;
          drawn.extent = drawn.shape(at);
          reshaped = true;
        }
        if (drawn.extent) { least = Math.min(least, drawn.extent[0]); most = Math.max(most, drawn.extent[1]); }
        said[`${p} ${i}`] = drawn.point(at);
      });
      view.marker?.(at);
      if (view.guide) put(view.guide, 'd', `M${view.px(view.place(at[view.panel.along])).toFixed(2)} ${view.bottom}V${view.top}`);
      if (!reshaped) return;
      // What the panel's limits cut off is said, never hidden.
      const [low, high] = view.panel.rows ? view.panel.shown ?? [-Infinity, Infinity] : view.panel.y;
      const slack = 1e-6 * (high - low) || 0;
      write(view.notes[0], most > high + slack ? `↑ goes on to ${show(most)}` : '');
      write(view.notes[1], least < low - slack ? `↓ goes on to ${show(least)}` : '');
    });
    outputs.flat().forEach(({output, panel, curve}) => write(output, said[`${panel} ${curve}`]));
    const where = variables.map((v, i) => `${v.symbol} = ${text(v, at[i])}`);
    write(live, where.join(', ') + ': ' + names.map((name, i) => outputs[i].length &&
      `${name.text}, ${outputs[i].map((o) => `${o.title} ${o.output.textContent}`).join(', ')}`).filter(Boolean).join('; '));
  }

  // A move is drawn at once; what else comes before the next frame is drawn with that frame, the last value always.
  let held = false, missed = false, waiting = false, late = false;
  function changed() {
    if (held) { missed = true; return; }
    if (waiting) { late = true; return; }
    draw();
    waiting = true;
    soon(() => {
      waiting = false;
      if (late) { late = false; changed(); }
    });
  }

  // A guess is a number typed before the sliders move: a diamond, kept in the first panel from then on.
  function guess() {
    const {px, py, place, top, bottom} = drawn[0];
    const typed = model.get('guess').trim().replace('−', '-').replace(',', '.');
    const height = py(Number(typed));
    if (!typed || !Number.isFinite(height)) { diamond.setAttribute('d', ''); return; }
    const x = px(place(meta.guess)).toFixed(2);
    diamond.setAttribute('d', `M${x} ${(Math.max(top, Math.min(bottom, height)) - 7).toFixed(2)}l7 7l-7 7l-7 -7Z`);
  }
  const diamond = node(drawn[0].above, 'path', {style: 'fill: var(--lossutils-ink); stroke: var(--lossutils-rim)'});

  // Curves are new, and each panel shows them between these limits.
  function renewed() {
    model.get('limits').forEach((limits, p) => {
      if (`${limits}` === `${panels[p].y}`) return;
      drawn[p].stretch(limits);
      for (const mark of drawn[p].marks) mark.key = null;
    });
    draw();
  }

  model.on('change:limits', renewed);
  model.on('change:guess', guess);
  guess();
  const events = variables.map((variable) => `change:${variable.trait}`);
  for (const event of events) model.on(event, changed);
  draw();
  return () => {
    model.off('change:limits', renewed);
    model.off('change:guess', guess);
    for (const event of events) model.off(event, changed);
  };
}

export default {render};
