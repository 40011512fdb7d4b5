// The playground: a formula is typed, and the figure of the lessons shows it. A frame of explore's is there for p and one
// for s; their curves, their limits and their sliders after the first are made here, from the formula alone.
(() => {
  const {create, measure, modelOf, render, slider, write, formula: {read, Problem, functions, symbol}} = lossutils;

  const EXAMPLES = {
    'over the probability p': {
      'cross entropy': '-log(p)',
      'cross entropy with a label': '-(y*log(p) + (1-y)*log(1-p))',
      'weighted cross entropy': '-(w*y*log(p) + (1-y)*log(1-p))',
      'focal loss': '-(1-p)^gamma*log(p)',
      'focal loss with alpha': '-alpha*(1-p)^gamma*log(p)',
      'squared error': '(y - p)^2',
      'label smoothing': '-(1-epsilon)*log(p) - epsilon*log(1-p)',
      'generalized cross entropy': '(1 - p^q)/q',
      'cross entropy and a first power': '-log(p) + epsilon*(1-p)',
    },
    'over the score s': {
      'cross entropy with logits': 'softplus(s) - y*s',
      'focal loss with logits': 'sigmoid(-s)^gamma*softplus(-s)',
      'cross entropy with a temperature': 'softplus(-s/T)',
      'hinge': 'max(0, margin - s)',
      'squared error of the sigmoid': '(sigmoid(s) - y)^2',
      'Huber loss': 'min(abs(s-y), delta)*(abs(s-y) - min(abs(s-y), delta)/2)',
      'log-cosh': 'abs(s-y) + softplus(-2*abs(s-y)) - log(2)',
    },
  };
  const STARTS = new Set(Object.values(EXAMPLES).flatMap(Object.values));
  const START = EXAMPLES['over the probability p']['focal loss'];
  const COMPARED = {p: ['-log(p)', '-(y*log(p) + (1-y)*log(1-p))'], s: ['softplus(-s)', 'softplus(s) - y*s']};
  for (const axis of ['p', 's']) COMPARED[axis] = COMPARED[axis].map(read);
  const MEANING = {
    p: ['p is the probability that the model gives to the true class.', 'p is the probability of class 1, y is the label.'],
    s: ['s is the score (logit) of the true class.', 's is the score (logit) of class 1, y is the label.'],
  };
  // low, high, step, start; for every other parameter USUAL. Other ends can be typed beside the slider.
  const RANGES = new Map(Object.entries({
    y: [0, 1, 0.1, 1], gamma: [0, 5, 0.1, 2], γ: [0, 5, 0.1, 2], alpha: [0, 1, 0.05, 0.25], α: [0, 1, 0.05, 0.25],
    epsilon: [0, 0.5, 0.01, 0.1], ε: [0, 0.5, 0.01, 0.1], eps: [0, 0.5, 0.01, 0.1], q: [0.1, 1, 0.05, 0.7],
    delta: [0.1, 3.1, 0.1, 1], δ: [0.1, 3.1, 0.1, 1], margin: [0, 3, 0.1, 1], m: [0, 3, 0.1, 1],
    T: [0.1, 5.1, 0.1, 2], tau: [0.1, 5.1, 0.1, 2], τ: [0.1, 5.1, 0.1, 2], w: [0, 10, 0.2, 3], weight: [0, 10, 0.2, 3],
  }));
  const USUAL = [0, 5, 0.1, 1];
  const SLIDERS = 3; // at most: y and two parameters
  const LARGEST = 1_900_000; // numbers, a little fewer than explore's LARGEST_TABLE, which computes all of them beforehand
  const SAMPLED = 30; // places of the axis that the limits look at

  const typedRanges = new Map(), wanted = new Map(); // by a slider's name: its two ends and step, and where it stood last

  // The largest round step that makes 50 steps or more, and leads to where the slider stands if one does.
  function stepOf(low, high, stands) {
    const span = high - low, power = Math.floor(Math.log10(span / 50)), whole = (steps) => Math.abs(steps - Math.round(steps)) < 1e-6;
    const steps = [power, power - 1].flatMap((exponent) => [5, 2, 1].map((digit) => Number(`${digit}e${exponent}`)))
      .filter((step) => span / step > 49.9 && whole(span / step));
    return steps.find((step) => whole((stands - low) / step)) ?? steps[0] ?? span / 50;
  }

  function variable(name, place) {
    const usual = RANGES.get(name) ?? USUAL, start = usual[3], [low, high, step] = typedRanges.get(name) ?? usual;
    const digits = Math.min(6, Math.max(...[low, step].map((number) => `${number}`.split('.')[1]?.length ?? 0)));
    return {name, trait: `at_${place}`, symbol: symbol(name), low, high, step, start, digits, count: Math.round((high - low) / step) + 1,
      labels: null};
  }

  /** Takes two ends as they were typed. Throws a Problem. */
  function typeRange(name, typed) {
    const [low, high] = typed.map((text) => Number(text.trim().replace('−', '-').replace(',', '.') || NaN));
    const strange = typed[Number.isNaN(low) ? 0 : 1].trim();
    if (Number.isNaN(low + high)) throw new Problem(strange ? `“${strange.slice(0, 20)}” is no number: type one such as 0.5.` : 'This end of the slider is empty: type a number such as 0.5.');
    if (!(low < high)) throw new Problem(`The left end of a slider must be below the right one, and ${low} is not below ${high}.`);
    if (Math.max(-low, high) > 1e6 || high - low < 1e-3) throw new Problem('The ends of a slider may be a million at most, and must be a thousandth apart.');
    const usual = RANGES.get(name) ?? USUAL;
    if (low === usual[0] && high === usual[1]) typedRanges.delete(name);
    else typedRanges.set(name, [low, high, stepOf(low, high, wanted.get(name) ?? usual[3])]);
  }
  const valueAt = ({low, step}, k) => Math.round(1e10 * (low + k * step)) / 1e10;
  const valuesAt = (variables, at) => Object.fromEntries(variables.slice(1).map((v, i) => [v.name, valueAt(v, at[i + 1])]));

  // ---- limits: one choice for all positions of the sliders, so that nothing jumps -----------------------------------

  // As drawing.py's limits: where a few values run away, the middle four fifths decide.
  function between(values) {
    const finite = Float64Array.from(values).sort();
    if (!finite.length) return null;
    const at = (part) => finite[Math.round(part * (finite.length - 1))];
    const low = at(0), high = at(1), inner = at(0.9) - at(0.1);
    return high - low > 4 * inner && inner > 0 ? [Math.max(low, at(0.1) - inner / 2), Math.min(high, at(0.9) + inner / 2)] : [low, high];
  }

  // The smallest round step of which `gaps` reach from low to high.
  function marksUpwards([low, high], gaps) {
    const span = high - low || Math.abs(high) || 1;
    for (let power = 10 ** (Math.floor(Math.log10(span / gaps)) - 1); ; power *= 10) {
      for (const digit of [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) {
        const step = digit * power, first = Math.floor(low / step + 1e-6) * step;
        if (step >= span / gaps * 0.999 && first + gaps * step >= high - 1e-6 * span || power > 1e307) return {first, step};
      }
    }
  }

  function written(value, step) {
    const large = Math.abs(value) >= 1e5 || step < 1e-4;
    const digits = [0, 1, 2, 3, 4, 5].find((d) => Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6 * step * 10 ** d) ?? 5;
    return (large ? value.toExponential(1) : (value + 0 || 0).toFixed(digits)).replace(/^-(?=0\.?0*$)/, '').replaceAll('-', '−');
  }

  // ---- a frame: explore's figure, whose numbers are made here -------------------------------------------------------

  class Frame {
    constructor(holder, moved) {
      const explorer = holder.querySelector('.lossutils-explorer'), given = JSON.parse(explorer.querySelector('script').textContent);
      const {variables, panels} = given.meta, [axis] = variables;
      Object.assign(this, {holder, variables, panels, name: holder.dataset.axis, controls: [], filled: [{}, {}], formulas: null, reach: new Map()});
      axis.name = this.name;
      this.places = Float64Array.from({length: axis.count}, (_, k) => valueAt(axis, k));
      this.thin = Float64Array.from({length: SAMPLED + 1}, (_, i) => this.places[Math.round(i / SAMPLED * (axis.count - 1))]);
      this.table = new Float64Array(4 * axis.count);
      const computed = {table: this.table, startOf: (mark, variables, at) => { this.fill(at); return 0; }};
      const live = create('div', 'lossutils-moving', explorer), traits = {};
      for (let k = 1; k <= SLIDERS; k++) { variables.push(variable('', k)); traits[`at_${k}`] = 0; }
      this.model = modelOf({...given, computed, limits: panels.map(({y}) => y), ...traits});
      for (const {trait} of variables) this.model.on(`change:${trait}`, moved); // before the figure's, which may draw later
      render({model: this.model, el: live});
      variables.length = 1; // the figure listens to all; how many there are, the formula says
      const controls = create('div', 'lossutils-controls', live);
      slider(this.model, axis, controls);
      this.own = create('div', 'playground-own', controls);
      this.own.style.display = 'contents';
      this.wrong = create('p', 'playground-range-said', controls);
      this.wrong.setAttribute('role', 'status');
      this.marks = [...live.querySelectorAll('.lossutils-panel')].map((panel) => [...panel.querySelectorAll('[id*="ytick_"] text')]);
      measure(live, given.meta);
      explorer.classList.add('lossutils-live-now');
    }

    position(v) { return Math.max(0, Math.min(v.count - 1, Math.round((this.model.get(v.trait) - v.low) / v.step))); }
    value(v) { return valueAt(v, this.position(v)); }

    /** The numbers of both curves where the sliders stand. */
    fill(at) {
      const values = this.formulas && valuesAt(this.variables, at);
      this.formulas?.forEach((formula, i) => {
        const key = `${formula.sliders.map((name) => values[name])}`, filled = this.filled[i];
        if (filled.formula === formula && filled.key === key) return;
        this.filled[i] = {formula, key};
        const {v, d} = formula.at(this.places, values), mark = this.panels[0].marks[i];
        this.table.set(v, mark.values);
        this.table.set(d, mark.slopes);
      });
    }

    /** Values and slopes of a curve here and there, at the ends and in the middle of the sliders that it follows. */
    sampled(formula, variables) {
      const found = [[], []], values = {}, followed = variables.filter(({name}) => formula.sliders.includes(name));
      const walk = (i, parts) => {
        if (i < followed.length) {
          const {name, low, step, count} = followed[i];
          for (const part of parts) { values[name] = low + part * (count - 1) * step; walk(i + 1, parts); }
          return;
        }
        const {v, d} = formula.at(this.thin, values);
        for (const number of v) if (Number.isFinite(number)) found[0].push(number);
        for (const number of d) if (Number.isFinite(number)) found[1].push(number);
      };
      walk(0, [0, 1]);
      if (followed.length) walk(0, [0.5]);
      return found;
    }

    show(formula, wanted) {
      const [axis] = this.variables, variables = [axis, ...formula.sliders.map((name, i) => variable(name, i + 1))];
      const compared = COMPARED[this.name][+formula.sliders.includes('y')], formulas = [formula, compared];
      const reach = `${compared.sliders.map((name) => variables.find((v) => v.name === name)).flatMap(({low, high}) => [low, high])}`;
      if (!this.reach.has(reach)) this.reach.set(reach, this.sampled(compared, variables)); // it looks at y alone
      const found = [this.sampled(formula, variables), this.reach.get(reach)];
      const heights = [0, 1].map((q) => between(found.flatMap((each) => each[q])));
      if (!found[0][0].length) {
        throw new Problem(`The formula has no value anywhere on ${axis.name} from ${this.places[0]} to ${this.places.at(-1)}: check the logarithms, roots and divisions.`);
      }
      const same = variables.every(({name}, i) => name === this.variables[i]?.name) && variables.length === this.variables.length;
      if (same) variables.forEach((v, i) => Object.assign(this.variables[i], v)); // its slider holds on to it
      else this.variables.splice(0, Infinity, ...variables);
      for (const {marks} of this.panels) marks.forEach((mark, i) => {
        mark.formula = formulas[i].python;
        mark.sliders = formulas[i].sliders.map((name) => variables.findIndex((v) => v.name === name));
      });
      this.formulas = formulas;
      for (const v of this.variables) {
        if (!wanted.has(v.name)) { if (v !== axis) wanted.set(v.name, v.start); else continue; }
        const k = Math.max(0, Math.min(v.count - 1, Math.round((wanted.get(v.name) - v.low) / v.step)));
        this.model.set(v.trait, v.low + k * v.step);
      }
      const ends = `${variables.slice(1).map(({low, high}) => [low, high])}`;
      if (!same) {
        for (const {forget} of this.controls) forget();
        this.own.replaceChildren();
        write(this.wrong, '');
        this.controls = variables.slice(1).map((v) => this.control(v));
      } else if (ends !== this.ends) {
        for (const {range} of this.controls) range();
      }
      this.ends = ends;
      const upwards = heights.map((ends, p) => marksUpwards(ends ?? [0, 1], this.marks[p].length - 1));
      upwards.forEach(({first, step}, p) => this.marks[p].forEach((text, i) => write(text, written(first + i * step, step))));
      this.model.set('limits', upwards.map(({first, step}, p) => [first - 0.15 * step, first + (this.marks[p].length - 0.9) * step]));
    }

    /** A slider with a field for each of its ends. */
    control(variable) {
      const row = create('div', 'playground-ranged', this.own), made = slider(this.model, variable, row);
      const ends = ['lowest', 'highest'].map((end) => create('input', `playground-${end}`, row));
      const range = () => {
        ends.forEach((field, i) => { field.value = `${[variable.low, variable.high][i]}`; });
        made.range();
      };
      ends.forEach((field, i) => {
        const attributes = {inputmode: 'decimal', autocomplete: 'off', 'aria-label': `${['lowest', 'highest'][i]} ${variable.symbol}`, size: 3};
        for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
        field.addEventListener('change', () => {
          for (const each of ends) each.removeAttribute('aria-invalid');
          try {
            typeRange(variable.name, ends.map(({value}) => value));
            write(this.wrong, '');
            update();
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            field.setAttribute('aria-invalid', 'true');
            write(this.wrong, error.message);
          }
        });
      });
      range();
      return {...made, range};
    }

    /** explore's way to say where a slider goes and stands; its steps are larger where the table would be too large. */
    ranges() {
      const every = this.variables.map(() => 1), steps = (i) => (this.variables[i].count - 1) / every[i];
      while (2 * this.variables.reduce((product, _, i) => product * (steps(i) + 1), 1) > LARGEST) {
        let widest = 1, divisor = 2;
        for (let i = 1; i < every.length; i++) if (steps(i) > steps(widest)) widest = i;
        while (steps(widest) % divisor) divisor++;
        every[widest] *= divisor;
      }
      return this.variables.map((v, i) => {
        const start = valueAt(v, every[i] * Math.round(this.position(v) / every[i]));
        const numbers = [valueAt(v, 0), valueAt(v, v.count - 1), valueAt({low: 0, step: v.step}, every[i]), start];
        return `${this.formulas[0].named(v.name)}=(${numbers.join(', ')})`;
      }).join(', ');
    }
  }

  // ---- the page -----------------------------------------------------------------------------------------------------

  const root = document.querySelector('.playground'), form = root.querySelector('form');
  const input = form.elements.formula, select = form.elements.example, said = root.querySelector('#playground-said');
  const code = root.querySelector('.playground-python');
  const frames = {};
  let shown = null, waiting = 0;

  function say(sentence, {from, to} = {}) {
    if (from === undefined && said.textContent === sentence) return; // the page below is not laid out for nothing
    said.replaceChildren(sentence);
    if (Number.isInteger(from)) {
      const text = input.value, place = create('code', '', said);
      said.insertBefore(document.createTextNode(' '), place);
      place.append(`${from > 24 ? '…' : ''}${text.slice(Math.max(0, from - 24), from)}`);
      create('mark', '', place, text.slice(from, to) || ' ');
      place.append(`${text.slice(to, to + 24)}${text.length > to + 24 ? '…' : ''}`);
    }
  }

  // What is not seen at once waits until the hand rests: browsers count how often an address is changed.
  function note() {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!shown) return;
      const [formula, compared] = shown.formulas;
      const stands = shown.variables.flatMap((v) => [[v.name, `${shown.value(v)}`],
        ...typedRanges.has(v.name) ? [[`${v.name}.from`, `${v.low}`], [`${v.name}.to`, `${v.high}`]] : []]);
      history.replaceState(null, '', `#${new URLSearchParams([['f', shown.typed], ...stands])}`);
      const functional = /\bF\./.test(formula.python + compared.python) ? 'import torch.nn.functional as F\n' : '';
      write(code, `import torch\n${functional}from lossutils import explore\n\n`
        + `loss = ${formula.python}\n`
        + `explore({"your formula": loss, "cross entropy": ${compared.python}}, ${shown.ranges()})`);
    }, 200);
  }

  function moved() {
    if (!shown) return;
    for (const v of shown.variables) wanted.set(v.name, shown.value(v));
    note();
  }

  function update() {
    const typed = input.value;
    const example = STARTS.has(typed) ? typed : '';
    if (select.value !== example) select.value = example;
    try {
      const formula = read(typed), frame = frames[formula.axis];
      const before = shown;
      shown = null; // the sliders that are set now were moved by nobody
      try { frame.show(formula, wanted); } catch (error) { shown = before; throw error; }
      shown = Object.assign(frame, {typed});
      for (const {holder} of Object.values(frames)) {
        if (holder.hidden !== (holder !== frame.holder)) holder.hidden = !holder.hidden;
        delete holder.dataset.stale;
      }
      input.removeAttribute('aria-invalid');
      said.classList.remove('playground-wrong');
      say(MEANING[formula.axis][+formula.sliders.includes('y')]);
      note();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      input.setAttribute('aria-invalid', 'true');
      said.classList.add('playground-wrong');
      for (const {holder} of Object.values(frames)) holder.dataset.stale = '';
      say(error.message, error);
    }
  }

  function fromAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    wanted.clear();
    typedRanges.clear();
    for (const [name, value] of given) if (name !== 'f' && value && Number.isFinite(+value)) wanted.set(name, +value);
    for (const [name, value] of given) {
      const [own, end] = name.split('.');
      try { if (end === 'from') typeRange(own, [value, given.get(`${own}.to`) ?? '']); } catch { /* the usual ends then */ }
    }
    const typed = given.get('f') ?? START;
    for (const formula of shown ? [typed] : [START, typed]) { // a broken one leaves the first to look at
      input.value = formula;
      update();
    }
  }

  create('option', '', select, 'a formula of your own').value = '';
  for (const [label, group] of Object.entries(EXAMPLES)) {
    const made = create('optgroup', '', select);
    made.label = label;
    for (const [name, formula] of Object.entries(group)) create('option', '', made, name).value = formula;
  }
  for (const name of functions) {
    const list = root.querySelector('.playground-functions');
    if (list.childNodes.length) list.append(', ');
    create('code', '', list, name);
  }
  for (const holder of root.querySelectorAll('.playground-frame')) frames[holder.dataset.axis] = new Frame(holder, moved);
  input.addEventListener('input', update);
  form.addEventListener('submit', (event) => event.preventDefault());
  select.addEventListener('change', () => {
    if (!select.value) return;
    for (const name of [...wanted.keys()]) if (name !== 'p' && name !== 's') wanted.delete(name);
    typedRanges.clear();
    input.value = select.value;
    update();
  });
  for (const button of root.querySelectorAll('[data-copies]')) {
    const label = button.textContent;
    button.addEventListener('click', async () => {
      const link = button.dataset.copies === 'link';
      try {
        await navigator.clipboard.writeText(link ? location.href : code.textContent);
        button.textContent = 'Copied';
      } catch {
        if (!link) getSelection().selectAllChildren(code);
        button.textContent = link ? 'Copy it from the address bar' : 'Selected: copy it with the keyboard';
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
  addEventListener('hashchange', fromAddress);
  fromAddress();
})();
