// Hosts figure.js on a page without widgets: a model that answers get, set, on and off, and a native range for each
// variable.

// Undo page.py's packing: bytes of equal weight together, of differences between neighbours.
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function numbersOf(text) { // of second differences of the bits
  const bytes = bytesOf(text), count = bytes.length / 4, bits = new Uint32Array(count);
  for (let i = 0, step = 0, sum = 0; i < count; i++) {
    step = step + (bytes[i] | bytes[count + i] << 8 | bytes[2 * count + i] << 16 | bytes[3 * count + i] << 24) | 0;
    sum = sum + step | 0;
    bits[i] = sum;
  }
  return new Uint8Array(bits.buffer);
}

function codesOf(text, shapes) { // of differences along every dimension of every array
  const bytes = bytesOf(text), count = bytes.length / 2, codes = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const zigzag = bytes[i] | bytes[count + i] << 8;
    codes[i] = (zigzag >>> 1) ^ -(zigzag & 1);
  }
  let start = 0;
  for (const shape of shapes) {
    const end = start + shape.reduce((a, b) => a * b, 1);
    for (let d = shape.length - 1, stride = 1; d >= 0; stride *= shape[d--]) {
      const block = stride * shape[d];
      for (let at = start; at < end; at += block) {
        for (let i = at + stride; i < at + block; i++) codes[i] += codes[i - stride];
      }
    }
    start = end;
  }
  return new Uint8Array(codes.buffer);
}

function modelOf({meta, table, codes, at, ...others}) {
  const values = {meta, table: numbersOf(table), codes: codesOf(codes, meta.shapes), guess: '', ...at, ...others}, listeners = {};
  return {
    get: (name) => values[name],
    on: (event, listener) => { (listeners[event] ??= new Set()).add(listener); },
    off: (event, listener) => { listeners[event]?.delete(listener); },
    set(name, value) {
      if (Object.is(values[name], value)) return;
      values[name] = value;
      listeners[`change:${name}`]?.forEach((listener) => listener());
    },
  };
}

const labelled = (parent, text, tag, attributes) => {
  const label = create('label', 'lossutils-control', parent);
  create('span', 'lossutils-symbol', label, text);
  const input = create(tag, '', label);
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  return [input, label];
};

function slider(model, variable, parent) {
  const {trait, symbol, labels} = variable;
  const [input, label] = labelled(parent, symbol, 'input', {type: 'range', min: 0});
  const output = create('span', 'lossutils-value', label);
  output.setAttribute('aria-hidden', 'true'); // aria-valuetext says the same
  const value = (k) => variable.low + k * variable.step;
  const written = (k) => labels ? labels[k] : value(k).toFixed(variable.digits);
  const show = () => {
    const text = written(input.valueAsNumber);
    write(output, text);
    input.setAttribute('aria-valuetext', text);
  };
  const follow = () => { // a marker moves it too
    input.valueAsNumber = Math.round((model.get(trait) - variable.low) / variable.step);
    show();
  };
  const range = () => { // another one, where a page lets it be typed
    input.max = variable.count - 1;
    output.style.minWidth = `${Math.max(...[0, variable.count - 1].map((k) => written(k).length))}ch`;
    follow();
  };
  input.addEventListener('input', () => model.set(trait, value(input.valueAsNumber)));
  model.on(`change:${trait}`, follow);
  range();
  return {range, forget: () => model.off(`change:${trait}`, follow)};
}

function guessField(model, {guess, panels, variables}, parent) {
  const axis = variables[panels[0].along];
  const where = axis.labels ? axis.labels[guess] : (axis.low + guess * axis.step).toFixed(axis.digits);
  const [input] = labelled(parent, `Your guess at ${axis.symbol} = ${where}:`, 'input',
    {type: 'text', inputmode: 'decimal', placeholder: 'a number, then Enter'});
  input.addEventListener('change', () => model.set('guess', input.value));
}

// What a page's style needs to know to give all panels one height: their widths for a height of 1, how many there are,
// and how much of the figure's height is not theirs.
function measure(live, {panels}) {
  const aspects = panels.map(({aspect}) => aspect), row = live.querySelector('.lossutils-panels');
  [...row.children].forEach((panel, i) => panel.style.setProperty('--aspect', aspects[i]));
  row.style.setProperty('--row', aspects.reduce((a, b) => a + b));
  row.style.setProperty('--widest', Math.max(...aspects));
  row.style.setProperty('--panels', panels.length);
  row.dataset.panels = panels.length;
  const watcher = new ResizeObserver(() => row.style.setProperty('--rest', `${live.offsetHeight - row.offsetHeight}px`));
  for (const part of live.querySelectorAll('.lossutils-readout, .lossutils-controls')) watcher.observe(part);
}

for (const explorer of document.querySelectorAll('.lossutils-explorer:not(.playground *)')) {
  const model = modelOf(JSON.parse(explorer.querySelector('script').textContent));
  const meta = model.get('meta');
  const live = create('div', 'lossutils-moving', explorer);
  if (meta.guess !== null) guessField(model, meta, live);
  render({model, el: live});
  const controls = create('div', 'lossutils-controls', live);
  for (const variable of meta.variables) slider(model, variable, controls);
  measure(live, meta);
  explorer.classList.add('lossutils-live-now'); // from here on the still picture is for the printer
}

// For the playground, which makes its figures' numbers itself.
globalThis.lossutils = {create, labelled, measure, modelOf, render, slider, write};
