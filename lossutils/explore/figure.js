// Puts the table's row for the current slider values into the panels that matplotlib drew. Asks for nothing but
// model.get and model.on, so that any page that offers those two can host it.
const SVG_POINTS = 500; // a panel is narrower than that many pixels
const SVG = 'http://www.w3.org/2000/svg';

const show = (v) =>
  Number.isNaN(v) ? 'undefined' : !Number.isFinite(v) ? (v > 0 ? '∞' : '-∞') : v === 0 ? '0'
    : Math.abs(v) >= 1e-3 && Math.abs(v) < 1e4 ? v.toPrecision(4) : v.toExponential(3);

const create = (tag, className, parent, text = '') => {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text; // never innerHTML: names come from whoever wrote the figure
  parent.append(node);
  return node;
};

// A text that is written once more, even the same one, is laid out once more.
const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

function swatch({kind, style, dash}) {
  const line = kind === 'line'
    ? `<line x1="1" y1="7" x2="37" y2="7" stroke="var(--lossutils-${style})" stroke-width="4" stroke-dasharray="${dash}"/>`
    : `<rect x="8" width="22" height="14" fill="var(--lossutils-${style})"/>`;
  return `<svg class="lossutils-swatch" viewBox="0 0 38 14" width="38" height="14" aria-hidden="true">${line}</svg>`;
}

function render({model, el}) {
  const {variables, panels, names, description} = model.get('meta');
  const bytes = model.get('table');
  const table = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  // Two figures of one page must not share an id: a clip path of a hidden slide clips nothing. Random, because every
  // widget gets its own copy of this module.
  const view = `lossutils-${Math.random().toString(36).slice(2)}-`;
  const axis = variables[0];
  const root = create('div', 'lossutils-figure', el);
  const strip = create('div', 'lossutils-readout', root);
  const row = create('div', 'lossutils-panels', root);
  const live = create('div', 'lossutils-live', root);
  live.setAttribute('aria-live', 'polite');

  const position = (variable) => {
    const k = Math.round((model.get(variable.trait) - variable.low) / variable.step);
    return Math.max(0, Math.min(variable.count - 1, k));
  };

  const outputs = names.map((name) => {
    const item = create('span', 'lossutils-item', strip);
    item.insertAdjacentHTML('afterbegin', swatch(name));
    create('span', 'lossutils-name', item, name.text);
    return name.marks.map(([panel, curve]) => {
      create('span', 'lossutils-quantity', item, panels[panel].title);
      const output = create('output', 'lossutils-number', item);
      output.dataset.panel = panel;
      output.dataset.curve = curve;
      return {output, panel, curve, title: panels[panel].title};
    });
  });

  const colour = (mark) => `var(--lossutils-${mark.style})`;
  const drawn = panels.map((panel, index) => {
    const holder = create('div', 'lossutils-panel', row);
    holder.innerHTML = panel.svg.replace(/(\bid="|href="#|url\(#)/g, `$1${view}${index}-`);
    const svg = holder.querySelector('svg');
    svg.removeAttribute('width');
    svg.removeAttribute('height');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', `${panel.title}: ${description}`);
    const paint = (id, tag, attributes) => { // in the place of what matplotlib drew there
      const node = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      svg.querySelector(`[id="${view}${index}-${id}"]`).replaceChildren(node);
      return node;
    };
    const find = (id, inner) => svg.querySelector(`[id="${view}${index}-${id}"] ${inner}`);
    for (const [i] of panel.marks.entries()) { // the hook names the panel too
      const group = svg.querySelector(`[id="${view}${index}-curve-${i}"]`);
      group.id = `${view}curve-${index}-${i}`;
    }
    const {left, right, top, bottom} = panel.box;
    const [x0, x1] = panel.x;
    const level = panel.log ? Math.log10 : (v) => v;
    const [y0, y1] = panel.y.map(level);
    const sx = (right - left) / (x1 - x0), sy = (top - bottom) / (y1 - y0);
    const px = (x) => left + sx * (x - x0);
    const py = (y) => bottom + sy * (level(y) - y0);
    const place = (i) => axis.labels ? i : axis.low + i * axis.step;
    const stride = Math.max(1, Math.ceil(axis.count / SVG_POINTS));
    const picked = [];
    for (let i = 0; i < axis.count - 1; i += stride) picked.push(i);
    picked.push(axis.count - 1);
    const xs = picked.map((i) => px(place(i)).toFixed(2));
    const curves = panel.marks.map((_, i) => svg.querySelector(`[id="${view}curve-${index}-${i}"] path`));
    const clip = curves[0].getAttribute('clip-path');
    const thin = {stroke: 'var(--lossutils-ink)', 'stroke-width': 1.4, fill: 'none', 'clip-path': clip};
    const marks = panel.marks.map((mark, i) => ({
      ...mark,
      path: curves[i],
      tangent: paint(`tangent-${i}`, 'path', thin),
      marker: paint(`marker-${i}`, 'circle', {fill: colour(mark), r: 5, stroke: 'var(--lossutils-rim)'}),
      middle: axis.labels && mark.kind === 'bar' ? 0.8 * ((i + 0.5) / panel.marks.length - 0.5) : 0,
      half: 0.4 / panel.marks.length,
    }));
    return {panel, marks, px, py, sx, sy, xs, picked, place, left, right, top, bottom,
      guess: paint('guess', 'path', {fill: 'var(--lossutils-ink)', stroke: 'var(--lossutils-rim)'}),
      guide: find('guide', 'path'), above: find('above', 'text'), below: find('below', 'text')};
  });

  const pixel = (y) => Math.round(10 * Math.max(-9999, Math.min(9999, y))) / 10;

  function line({xs, picked, py}, row) {
    let d = '', pen = 'M';
    for (let i = 0; i < picked.length; i++) {
      const y = py(row(picked[i]));
      if (Number.isFinite(y)) { d += pen + xs[i] + ' ' + pixel(y); pen = 'L'; } else pen = 'M'; // a gap
    }
    return d;
  }

  function bars({px, py, place}, row, {middle, half}) {
    let d = '';
    for (let i = 0; i < axis.count; i++) {
      const y = row(i);
      if (!Number.isFinite(y)) continue;
      const a = px(place(i) + middle - half).toFixed(1), b = px(place(i) + middle + half).toFixed(1);
      d += `M${a} ${pixel(py(0))}H${b}V${pixel(py(y))}H${a}Z`;
    }
    return d;
  }

  function area({xs, picked, py}, base, row) {
    let d = '', back = '';
    for (let i = 0; i < picked.length; i++) {
      const a = py(base(picked[i])), b = py(row(picked[i]));
      if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
      d += (d ? 'L' : 'M') + xs[i] + ' ' + pixel(b);
      back = 'L' + xs[i] + ' ' + pixel(a) + back;
    }
    return d && d + back + 'Z';
  }

  let curvesAt = null; // where the sliders stood when the curves were drawn; the axis' own moves markers alone

  function draw() {
    const at = variables.map(position);
    const k = at[0];
    const moved = curvesAt !== `${at.slice(1)}`;
    curvesAt = `${at.slice(1)}`;
    const numbers = [];
    drawn.forEach((view, p) => {
      const {panel, marks, px, py, sx, sy, left, right, top, bottom, place} = view;
      let least = Infinity, most = -Infinity;
      let base = () => 0;
      numbers.push(marks.map((mark, i) => {
        let offset = 0;
        for (const v of mark.sliders) offset = offset * variables[v].count + at[v];
        offset *= axis.count;
        const value = (j) => table[mark.values + offset + j];
        const below = base;
        const row = mark.kind === 'area' ? (j) => below(j) + value(j) : value;
        if (moved) {
          mark.path.setAttribute('d', mark.kind === 'line' ? line(view, row)
            : mark.kind === 'bar' ? bars(view, row, mark) : area(view, below, row));
        }
        if (mark.kind === 'area') base = row;
        for (let j = 0; moved && j < axis.count; j++) {
          const y = row(j);
          if (Number.isFinite(y)) { if (y < least) least = y; if (y > most) most = y; }
        }
        const x = px(place(k) + mark.middle), y = py(row(k));
        const seen = Number.isFinite(y);
        mark.marker.setAttribute('visibility', seen ? 'visible' : 'hidden');
        let tangent = '';
        if (seen) {
          mark.marker.setAttribute('cx', x.toFixed(2));
          mark.marker.setAttribute('cy', Math.max(top, Math.min(bottom, y)).toFixed(2));
          if (mark.slopes >= 0 && y >= top && y <= bottom) {
            const raw = table[mark.slopes + offset + k];
            const slope = sy * (panel.log ? raw / (value(k) * Math.LN10) : raw) / sx;
            const dx = (right - left) / 6 / Math.hypot(1, slope);
            if (Number.isFinite(slope)) {
              tangent = `M${(x - dx).toFixed(2)} ${(y - slope * dx).toFixed(2)}L${(x + dx).toFixed(2)} ${(y + slope * dx).toFixed(2)}`;
            }
          }
        }
        mark.tangent.setAttribute('d', tangent);
        return value(k);
      }));
      view.guide.setAttribute('d', `M${px(place(k)).toFixed(2)} ${bottom}V${top}`);
      if (!moved) return;
      // What the panel's limits cut off is said, never hidden.
      const slack = 1e-6 * (panel.y[1] - panel.y[0]);
      write(view.above, most > panel.y[1] + slack ? `↑ goes on to ${show(most)}` : '');
      write(view.below, least < panel.y[0] - slack ? `↓ goes on to ${show(least)}` : '');
    });
    outputs.flat().forEach(({output, panel, curve}) => write(output, show(numbers[panel][curve])));
    const where = variables.map((v, i) => `${v.symbol} = ${v.labels ? v.labels[at[i]] : (v.low + at[i] * v.step).toFixed(v.digits)}`);
    live.textContent = where.join(', ') + ': ' + names.map((name, i) =>
      `${name.text}, ${outputs[i].map((o) => `${o.title} ${o.output.textContent}`).join(', ')}`).join('; ');
  }

  // A guess is a number typed before the sliders move: a diamond, kept in the first panel from then on.
  function guess() {
    const {guess, px, py, place, top, bottom} = drawn[0];
    const text = model.get('guess').trim().replace('−', '-').replace(',', '.');
    const height = py(Number(text));
    if (!text || !Number.isFinite(height)) { guess.setAttribute('d', ''); return; }
    const x = px(place(model.get('meta').guess)).toFixed(2);
    guess.setAttribute('d', `M${x} ${(Math.max(top, Math.min(bottom, height)) - 7).toFixed(2)}l7 7l-7 7l-7 -7Z`);
  }

  model.on('change:guess', guess);
  guess();
  const events = variables.map((variable) => `change:${variable.trait}`);
  for (const event of events) model.on(event, draw);
  draw();
  return () => {
    model.off('change:guess', guess);
    for (const event of events) model.off(event, draw);
  };
}

export default {render};
