// How each kind of mark is drawn. A new kind is an entry of MARKS here and a class in marks.py.
//
// An entry gets what marks.py sent, its panel and the tables, and returns
//   shape(at): redraws what follows the sliders that the mark names, and answers [least, most] of its heights;
//   point(at): redraws what follows any slider, and answers the text of its number.
// `at` holds the position of every variable.
const SVG = 'http://www.w3.org/2000/svg';
const SVG_POINTS = 500; // a panel is narrower than that many pixels
const NEAR = 0.1; // pixels that the eye does not see
const OPACITIES = 16; // a path for each: 200 points with an opacity of their own would cost more than a map

const show = (v) =>
  Number.isNaN(v) ? 'undefined' : !Number.isFinite(v) ? (v > 0 ? '∞' : '-∞') : v === 0 ? '0'
    : Math.abs(v) >= 1e-3 && Math.abs(v) < 1e4 ? v.toPrecision(4) : v.toExponential(3);

const node = (parent, tag, attributes = {}) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
};
// What is written once more, even the same, is laid out once more.
const put = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value); };
const pixel = (y) => Math.round(10 * Math.max(-9999, Math.min(9999, y))) / 10;
const colourOf = (mark) => `var(--lossutils-${mark.style})`;
const bandOf = (k, count) => // the same colours as palette.py's ramp
  `color-mix(in srgb, var(--lossutils-highest) ${(100 * k / (count - 1)).toFixed(2)}%, var(--lossutils-lowest))`;

// Undoes scale.py's codes.
function valueOf({kind, middle, spread, low, step, top}, code) {
  if (code > top) return NaN;
  if (code === top) return Infinity;
  if (code === 0) return -Infinity;
  const u = low + (code - 1) * step;
  return kind === 'log' ? Math.exp(u) : middle + spread * Math.sinh(u);
}
const short = (value, digits) =>
  Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4 ? value.toPrecision(digits) : value.toExponential(digits - 1);
function written({kind, digits}, value) { // as many digits as the codes keep, at most four
  if (!Number.isFinite(value)) return show(value);
  if (kind === 'log') return short(value, digits);
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return Math.abs(value) < 0.5 * 10 ** -digits ? '0' : short(value, Math.max(1, Math.min(4, whole + digits)));
}

// The first of a mark's rows for where the sliders stand; `length` numbers lie there for each position.
const rowOf = (mark, variables, at, length) =>
  length * mark.sliders.reduce((place, v) => place * variables[v].count + at[v], 0);

// ---- over one axis --------------------------------------------------------------------------------------------------

// Which places of the axis are drawn.
function placesOf({panel, px, place}) {
  const stride = Math.max(1, Math.ceil(panel.columns / SVG_POINTS)), picked = [];
  for (let i = 0; i < panel.columns - 1; i += stride) picked.push(i);
  picked.push(panel.columns - 1);
  return {picked, xs: picked.map((i) => +px(place(i)).toFixed(2))};
}

// What is written is laid out: of 500 points on a smooth curve some 50 remain. A point waits while one straight line from
// the point written last, with a slope between `least` and `most`, passes NEAR all that waited before it.
function line({py}, {picked, xs}, row) {
  let d = '', drawing = false, waits = false, fromX, fromY, toX, toY, least, most;
  const written = (x, y) => { fromX = x; fromY = y; least = -Infinity; most = Infinity; waits = false; };
  const lined = () => { if (waits) { d += 'L' + toX + ' ' + toY; written(toX, toY); } };
  for (let i = 0; i < picked.length; i++) {
    const height = py(row(picked[i])), x = xs[i], y = pixel(height);
    if (!Number.isFinite(height)) { lined(); drawing = false; continue; } // a gap
    if (!drawing) { d += 'M' + x + ' ' + y; written(x, y); drawing = true; continue; }
    const slope = (y - fromY) / (x - fromX);
    if (slope < least || slope > most) lined();
    least = Math.max(least, (y - NEAR - fromY) / (x - fromX));
    most = Math.min(most, (y + NEAR - fromY) / (x - fromX));
    toX = x; toY = y; waits = true;
  }
  lined();
  return d;
}

function bars({panel, px, py, place}, {middle, half}, row) {
  let d = '';
  for (let i = 0; i < panel.columns; i++) {
    const y = row(i);
    if (!Number.isFinite(y)) continue;
    const a = px(place(i) + middle - half).toFixed(1), b = px(place(i) + middle + half).toFixed(1);
    d += `M${a} ${pixel(py(0))}H${b}V${pixel(py(y))}H${a}Z`;
  }
  return d;
}

function area({py}, {picked, xs}, base, row) {
  let d = '', back = '';
  for (let i = 0; i < picked.length; i++) {
    const a = py(base(picked[i])), b = py(row(picked[i]));
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    d += (d ? 'L' : 'M') + xs[i] + ' ' + pixel(b);
    back = 'L' + xs[i] + ' ' + pixel(a) + back;
  }
  return d && d + back + 'Z';
}

function curve(mark, view, {variables, startOf, table}) {
  const {panel, px, py, sx, left, right, top, bottom, place, index} = view;
  const over = panel.rows === 0; // in a plane a curve has no marker of its own, and matplotlib drew none
  const path = over ? view.hook(`curve-${index}`).querySelector('path') : node(view.clipped(`curve-${index}`), 'path',
    {style: `fill: none; stroke: ${colourOf(mark)}; stroke-width: 2.8; stroke-dasharray: ${mark.dash}`});
  const places = placesOf(view), half = 0.4 / panel.marks.length;
  const middle = mark.kind === 'bar' ? 0.8 * ((index + 0.5) / panel.marks.length - 0.5) : 0;
  const thin = {style: 'stroke: var(--lossutils-ink); stroke-width: 1.4; fill: none'};
  const tangent = over && node(view.clipped(`tangent-${index}`), 'path', thin);
  const marker = over && node(view.emptied(`marker-${index}`), 'circle',
    {style: `fill: ${colourOf(mark)}; stroke: var(--lossutils-rim)`, r: 5});
  let start = 0, base = () => 0, row = base;
  const value = (j) => table[mark.values + start + j];
  return {
    shape(at) {
      start = startOf(mark, variables, at, panel.columns);
      const below = base = mark.kind === 'area' ? view.pile.top : () => 0, own = start;
      row = mark.kind === 'area' ? (j) => below(j) + table[mark.values + own + j] : value;
      if (mark.kind === 'area') view.pile.top = row;
      put(path, 'd', mark.kind === 'line' ? line(view, places, row)
        : mark.kind === 'bar' ? bars(view, {middle, half}, row) : area(view, places, base, row));
      if (!over) return null;
      let least = Infinity, most = -Infinity;
      for (let j = 0; j < panel.columns; j++) {
        const y = row(j);
        if (Number.isFinite(y)) { if (y < least) least = y; if (y > most) most = y; }
      }
      return [least, most];
    },
    point(at) {
      if (!over) return '';
      const k = at[panel.along], x = px(place(k) + middle), y = py(row(k)), seen = Number.isFinite(y);
      put(marker, 'visibility', seen ? 'visible' : 'hidden');
      let d = '';
      if (seen) {
        put(marker, 'cx', x.toFixed(2));
        put(marker, 'cy', Math.max(top, Math.min(bottom, y)).toFixed(2));
        if (mark.slopes >= 0 && y >= top && y <= bottom) {
          const raw = table[mark.slopes + start + k];
          const slope = view.sy * (panel.log ? raw / (value(k) * Math.LN10) : raw) / sx;
          const dx = (right - left) / 6 / Math.hypot(1, slope);
          if (Number.isFinite(slope)) {
            d = `M${(x - dx).toFixed(2)} ${(y - slope * dx).toFixed(2)}L${(x + dx).toFixed(2)} ${(y + slope * dx).toFixed(2)}`;
          }
        }
      }
      put(tangent, 'd', d);
      return show(value(k));
    },
  };
}

// ---- over a plane ---------------------------------------------------------------------------------------------------

// Whole tenths of a unit in a group that is scaled: shorter than decimals, and written faster.
const TENTHS = {transform: 'scale(.1)'};

// A ring in tenths, without the points that lie on the way between their neighbours: a browser lays out what is written.
function outline(ring, left, kx, bottom, ky) {
  const x0 = Math.round(left + kx * ring[0]), y0 = Math.round(bottom + ky * ring[1]);
  let d = `M${x0} ${y0}l`, wx = x0, wy = y0, px = x0, py = y0; // the point written last, and the one that waits
  for (let i = 2; i < ring.length; i += 2) {
    const x = Math.round(left + kx * ring[i]), y = Math.round(bottom + ky * ring[i + 1]);
    const dx = x - wx, dy = y - wy, across = (px - wx) * dy - (py - wy) * dx, length = dx * dx + dy * dy;
    if (length > 10000 || across * across > length / 2) { // longer than 10 units, or 0.07 aside
      d += (px - wx) + ' ' + (py - wy) + ' ';
      wx = px; wy = py;
    }
    px = x; py = y;
  }
  return d + (px - wx) + ' ' + (py - wy) + 'Z';
}

// Level lines, filled or not, and their labels.
function plane(mark, view, {variables, codes}) {
  const {panel, left, right, top, bottom, index} = view, {columns, rows} = panel, isMap = mark.kind === 'map';
  const group = view.clipped(`curve-${index}`), inner = node(group, 'g', TENTHS), count = mark.levels.length;
  const ground = isMap && node(inner, 'path', {style: `fill: ${bandOf(0, count + 1)}`,
    d: `M${10 * left} ${10 * top}H${10 * right}V${10 * bottom}H${10 * left}Z`});
  const paths = mark.levels.map((_, k) => node(inner, 'path', isMap
    ? {'fill-rule': 'evenodd', style: `fill: ${bandOf(k + 1, count + 1)}; stroke: var(--lossutils-line); stroke-width: 9; stroke-opacity: .5`}
    : {style: `fill: none; stroke: ${colourOf(mark)}; stroke-width: 28; stroke-dasharray: ${mark.dash.split(' ').map((d) => d && 10 * d).join(' ')}`}));
  const labels = count > 1 ? mark.levels.map((text, k) => {
    const rim = isMap ? bandOf(k + 0.5, count + 1) : 'var(--lossutils-rim)';
    const label = node(group, 'text', {class: 'lossutils-label', style: `stroke: ${rim}`});
    label.textContent = text;
    return {label, half: 3.1 * text.length + 3};
  }) : [];
  const ranks = ranksOf(mark.places);
  const kx = 10 * (right - left) / (columns - 1), ky = 10 * (top - bottom) / (rows - 1);
  const ax = 10 * left + kx * (columns - 1) * mark.anchor[0], ay = 10 * bottom + ky * (rows - 1) * mark.anchor[1];
  const arrow = mark.slopes && panel.marker && node(view.above, 'path', {class: 'lossutils-arrow'});
  const holes = node(group, 'clipPath', {id: `${view.id}holes-${index}`}), valid = node(holes, 'path');
  let start = 0;

  function label(lines) {
    const taken = [];
    labels.forEach(({label, half}, k) => {
      let found = null;
      const clear = 10 * half;
      for (const [rx, ry] of mark.rays) { // a label sits where its line meets the first of these that it can
        for (const ring of found ? [] : lines[k]) {
          const last = ring.length - 2;
          let x0 = 10 * left + kx * ring[last], y0 = 10 * bottom + ky * ring[last + 1];
          let before = (x0 - ax) * ry - (y0 - ay) * rx;
          for (let i = 0; i <= last && !found; i += 2) {
            const x1 = 10 * left + kx * ring[i], y1 = 10 * bottom + ky * ring[i + 1];
            const after = (x1 - ax) * ry - (y1 - ay) * rx;
            if (before <= 0 !== after <= 0) {
              const t = before / (before - after), x = x0 + t * (x1 - x0), y = y0 + t * (y1 - y0);
              if ((x - ax) * rx + (y - ay) * ry > 150 && x > 10 * left + clear && x < 10 * right - clear
                && y > 10 * top + 250 && y < 10 * bottom - 250 && taken.every(([p, q]) => Math.hypot(p - x, q - y) > 200)) {
                found = [x, y, Math.atan2(y1 - y0, x1 - x0) * 180 / Math.PI];
              }
            }
            before = after; x0 = x1; y0 = y1;
          }
        }
      }
      put(label, 'visibility', found ? 'visible' : 'hidden');
      if (!found) return;
      const [x, y, angle] = found, upright = angle > 90 ? angle - 180 : angle < -90 ? angle + 180 : angle;
      put(label, 'transform', `translate(${(x / 10).toFixed(1)} ${(y / 10).toFixed(1)})rotate(${upright.toFixed(1)})`);
      taken.push(found);
    });
  }

  // A cell with a corner where the function is not defined is a hole: what is painted there is clipped away.
  function cut(values) {
    let d = '';
    for (let j = 0; j < rows - 1; j++) {
      for (let i = 0, from = -1; i < columns; i++) {
        const o = j * columns + i;
        const whole = i < columns - 1 && [o, o + 1, o + columns, o + columns + 1].every((n) => values[n] !== 65535);
        if (whole && from < 0) from = i;
        if (!whole && from >= 0) {
          d += `M${10 * left + kx * from} ${10 * bottom + ky * j}h${kx * (i - from)}v${ky}h${-kx * (i - from)}z`;
          from = -1;
        }
      }
    }
    put(valid, 'd', d);
  }

  // Slopes came for every second place of both axes; between two the mean of both is taken.
  const half = [columns, rows].map((count) => Math.ceil(count / 2));
  function slopeAt(from, at, i, j) {
    const start = from + rowOf(mark, variables, at, half[0] * half[1]);
    const near = (k, count) => [k >> 1, Math.min(count - 1, (k + 1) >> 1)];
    let sum = 0;
    for (const y of near(j, half[1])) for (const x of near(i, half[0])) sum += valueOf(mark.slope, codes[start + y * half[0] + x]) / 4;
    return sum;
  }

  return {
    shape(at) {
      start = mark.codes + rowOf(mark, variables, at, columns * rows);
      const values = codes.subarray(start, start + columns * rows);
      let least = 65535, most = 0, undefinedSomewhere = false;
      for (const code of values) {
        if (code === 65535) { undefinedSomewhere = true; continue; }
        if (code < least) least = code;
        if (code > most) most = code;
      }
      if (undefinedSomewhere) cut(values);
      put(inner, 'clip-path', undefinedSomewhere ? `url(#${holes.id})` : 'none');
      const lines = levelLines(values, columns, rows, mark.places, ranks);
      lines.forEach((rings, k) => {
        let d = '';
        for (const ring of rings) d += outline(ring, 10 * left, kx, 10 * bottom, ky);
        put(paths[k], 'd', d);
      });
      label(lines);
      return isMap ? [valueOf(mark.scale, least), valueOf(mark.scale, most)] : null;
    },
    point(at) {
      const own = panel.marker && panel.along !== null && panel.marker[0] === panel.along;
      if (!own) return '';
      const [i, j] = panel.marker.map((v) => at[v]), place = j * columns + i;
      if (arrow) {
        const change = mark.slopes.map((from) => slopeAt(from, at, i, j));
        const across = right - left, up = bottom - top;
        // The marker's way, in data: minus the gradient. `change` is the slope times the length of each axis.
        const [dx, dy] = [-change[0] * across / (panel.x[1] - panel.x[0]) ** 2, change[1] * up / (panel.y[1] - panel.y[0]) ** 2];
        const steep = Math.hypot(...change), length = steep / (steep + mark.steep) / 4 * Math.min(across, up);
        const [ux, uy] = [dx / Math.hypot(dx, dy), dy / Math.hypot(dx, dy)];
        const x = left + i * kx / 10, y = bottom + j * ky / 10, tip = length - 3;
        const at2 = (forward, aside) => `${(x + forward * ux - aside * uy).toFixed(1)} ${(y + forward * uy + aside * ux).toFixed(1)}`;
        put(arrow, 'd', Number.isFinite(ux) && length > 9
          ? `M${at2(0, 0)}L${at2(tip - 4, 0)}M${at2(length, 0)}L${at2(length - 9, 5)}L${at2(length - 9, -5)}Z` : '');
      }
      return written(mark.scale, valueOf(mark.scale, codes[start + place]));
    },
  };
}

// A shape of radius r at (x, y), in tenths, for each class, as palette.py's SHAPES.
const SHAPES = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (x, y, r) => `M${x} ${y - 1.2 * r}l${1.2 * r} ${2.2 * r}h${-2.4 * r}z`,
  (x, y, r) => `M${x} ${y - 1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}l${-1.4 * r} ${-1.4 * r}z`,
  (x, y, r) => `M${x} ${y + 1.2 * r}l${1.2 * r} ${-2.2 * r}h${-2.4 * r}z`,
  (x, y, r) => `M${x - r / 2} ${y - 1.3 * r}h${r}v${0.8 * r}h${0.8 * r}v${r}h${-0.8 * r}v${0.8 * r}h${-r}v${-0.8 * r}h${-0.8 * r}v${-r}h${0.8 * r}z`,
].map((shape) => (x, y, r) => shape(x, y, Math.round(r)));

function points(mark, view, {variables, table, codes}) {
  const {left, right, top, bottom, index} = view, count = mark.at.length / 2;
  const inner = node(view.clipped(`curve-${index}`), 'g', TENTHS);
  const groups = Array.from({length: mark.follows === 'opacity' ? OPACITIES : 1}, (_, g) => node(inner, 'path', {
    style: `fill: ${colourOf(mark)}; stroke: var(--lossutils-rim); stroke-width: 5; opacity: ${
      mark.follows === 'opacity' ? (0.08 + 0.92 * g / (OPACITIES - 1)).toFixed(3) : 0.9}`}));
  const xs = [], ys = [], shape = SHAPES[mark.style];
  for (let i = 0; i < count; i++) {
    xs.push(Math.round(10 * (left + mark.at[2 * i] * (right - left))));
    ys.push(Math.round(10 * (bottom + mark.at[2 * i + 1] * (top - bottom))));
  }
  const fixed = xs.map((x, i) => shape(x, ys[i], 42));
  let said = '';
  return {
    shape(at) {
      if (!mark.follows) { groups[0].setAttribute('d', fixed.join('')); return null; }
      const start = mark.codes + rowOf(mark, variables, at, count), d = Array(groups.length).fill('');
      for (let i = 0; i < count; i++) {
        const part = codes[start + i] / 65535;
        if (mark.follows === 'opacity') d[Math.round(part * (OPACITIES - 1))] += fixed[i];
        else d[0] += shape(xs[i], ys[i], 10 * Math.sqrt(1.2 + 36 * part)); // its area grows evenly
      }
      groups.forEach((group, g) => put(group, 'd', d[g]));
      said = show(table[mark.sums + rowOf(mark, variables, at, 1)]);
      return null;
    },
    point: () => said,
  };
}

function path(mark, view, {variables, codes}) {
  const {px, py, index} = view, inner = node(view.clipped(`curve-${index}`), 'g', TENTHS);
  const rim = node(inner, 'path', {class: 'lossutils-rim'});
  const dash = mark.dash.split(' ').map((d) => d && 8 * d).join(' ');
  const track = node(inner, 'path', {style: `fill: none; stroke: ${colourOf(mark)}; stroke-width: 24; stroke-linejoin: round; stroke-dasharray: ${dash}`});
  const head = node(inner, 'circle', {r: 40, style: `fill: ${colourOf(mark)}; stroke: var(--lossutils-rim); stroke-width: 12`});
  const step = mark.stops ? variables.findIndex(({trait}) => trait === 'at_step') : -1;
  const [[lowX, unitX, digitsX], [lowY, unitY, digitsY]] = mark.units;
  let start = 0, whole = '', ends = []; // the path of all steps, and where in it each step ends
  const spot = (k) => {
    const [x, y] = mark.codes.map((from) => codes[from + start + k]);
    return x === 65535 || y === 65535 ? null : [lowX + x * unitX, lowY + y * unitY];
  };
  return {
    shape(at) {
      start = rowOf(mark, variables, at, mark.count);
      whole = ''; ends = [];
      for (let k = 0, pen = 'M'; k < mark.count; k++) {
        const place = spot(k);
        if (place) { whole += `${pen}${Math.round(10 * px(place[0]))} ${Math.round(10 * py(place[1]))}`; pen = 'L'; } else pen = 'M';
        ends.push(whole.length);
      }
      return null;
    },
    point(at) {
      const k = step < 0 ? mark.count - 1 : at[step], place = spot(k), d = whole.slice(0, ends[k]);
      put(rim, 'd', d);
      put(track, 'd', d);
      head.setAttribute('visibility', place ? 'visible' : 'hidden');
      if (!place) return 'undefined';
      head.setAttribute('cx', Math.round(10 * px(place[0])));
      head.setAttribute('cy', Math.round(10 * py(place[1])));
      return `(${place[0].toFixed(digitsX)}, ${place[1].toFixed(digitsY)})`;
    },
  };
}

const MARKS = {line: curve, bar: curve, area: curve, map: plane, levels: plane, points, path};
