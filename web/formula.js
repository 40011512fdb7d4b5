// A formula that someone typed, made into numbers, exact slopes and Python. mathjs reads it; what is let in are numbers,
// the names below, + - * / ^ and brackets. Nothing is run as code: the tree is walked here, with dual numbers.
(() => {
  const LONGEST = 300, DEEPEST = 40, MOST_PARAMETERS = 2;

  // A value, and its derivative along the first and the second argument, from the arguments a, b and the value v.
  const sigmoid = (a) => a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a));
  const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
  const one = () => 1, minus = () => -1;
  const larger = (a, b) => a > b ? 1 : a < b ? 0 : 0.5; // torch shares the slope where both are equal
  const OPERATORS = new Map(Object.entries({
    add: [(a, b) => a + b, one, one],
    subtract: [(a, b) => a - b, one, minus],
    multiply: [(a, b) => a * b, (a, b) => b, (a) => a],
    divide: [(a, b) => a / b, (a, b) => 1 / b, (a, b, v) => -v / b],
    pow: [(a, b) => a ** b, (a, b) => b === 0 ? 0 : b * a ** (b - 1), (a, b, v) => a === 0 && b >= 0 ? 0 : v * Math.log(a)],
    unaryMinus: [(a) => -a, minus],
    unaryPlus: [(a) => a, one],
  }));
  const FUNCTIONS = new Map(Object.entries({
    exp: [Math.exp, (a, b, v) => v],
    expm1: [Math.expm1, Math.exp],
    log: [Math.log, (a) => 1 / a],
    ln: [Math.log, (a) => 1 / a],
    log1p: [Math.log1p, (a) => 1 / (1 + a)],
    log2: [Math.log2, (a) => 1 / (a * Math.LN2)],
    log10: [Math.log10, (a) => 1 / (a * Math.LN10)],
    sqrt: [Math.sqrt, (a, b, v) => 0.5 / v],
    abs: [Math.abs, Math.sign],
    sigmoid: [sigmoid, (a, b, v) => v * (1 - v)],
    logsigmoid: [(a) => -softplus(-a), (a) => sigmoid(-a)],
    softplus: [softplus, sigmoid],
    relu: [(a) => a < 0 ? 0 : a, (a) => a > 0 ? 1 : 0],
    tanh: [Math.tanh, (a, b, v) => 1 - v * v],
    sin: [Math.sin, Math.cos],
    cos: [Math.cos, (a) => -Math.sin(a)],
    max: [Math.max, larger, (a, b) => larger(b, a)],
    min: [Math.min, (a, b) => larger(b, a), larger],
  }));
  const CONSTANTS = new Map([['e', Math.E], ['pi', Math.PI]]);
  const GREEK = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega'.split(' ');
  const LETTERS = 'αβγδεζηθικλμνξρστυφχψω';
  const symbol = (name) => LETTERS[GREEK.indexOf(name)] ?? name;
  const PARAMETER = new RegExp(`^([a-zA-Zα-ω]|${GREEK.join('|')}|eps|margin|weight)(_?\\d)?$`);
  const TAKEN = new Set(['lambda', 'F']); // names that mean something else in the Python: explore writes `lambda_` as λ too

  class Problem extends Error {
    constructor(sentence, from = null, to = from + 1) {
      super(sentence);
      Object.assign(this, {from, to});
    }
  }

  const FORBIDDEN = {
    '=': 'write only what stands on the right of the equals sign', '<': 'for cases use max and min', '>': 'for cases use max and min',
    '[': 'use round brackets', ']': 'use round brackets', '{': 'use round brackets', '}': 'use round brackets', '|': 'write abs(…)',
  };

  function checkCharacters(text) {
    if (!text.trim()) throw new Problem('Type a formula of p or s, for instance -log(p).');
    if (text.length > LONGEST) {
      throw new Problem(`The formula has ${text.length.toLocaleString('en')} characters: shorten it to ${LONGEST} or fewer.`);
    }
    const strange = /[^ A-Za-z0-9_.,+\-*/^()α-ω]/u.exec(text);
    if (strange) {
      const [sign] = strange;
      throw new Problem(`${sign} has no meaning here: ${FORBIDDEN[sign] ?? 'use numbers, names, + - * / ^ and round brackets'}.`,
        strange.index, strange.index + sign.length);
    }
  }

  function checkBrackets(text) {
    const open = [];
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '(') open.push(i);
      if (text[i] === ')' && open.pop() === undefined) throw new Problem('This ) closes no bracket: take it away, or open one before it.', i);
      if (open.length > DEEPEST) throw new Problem(`More than ${DEEPEST} brackets lie in one another: make the formula simpler.`, i);
    }
    if (open.length) throw new Problem('This ( is not closed: add a ) where it ends.', open.pop());
  }

  function checkNames(text) {
    for (const {0: word, index} of text.matchAll(/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[A-Za-zα-ω_][\wα-ω]*/gi)) {
      if (word === '0' && /^[box]\w/i.test(text.slice(index + 1))) throw new Problem('Only decimal numbers are read here.', index, index + 2);
      if (/^[\d.]/.test(word)) continue;
      const end = index + word.length, called = /^ *\(/.test(text.slice(end));
      if (FUNCTIONS.has(word)) {
        if (!called) throw new Problem(`${word} needs its argument in brackets: ${word}(p).`, index, end);
      } else if (CONSTANTS.has(word) || PARAMETER.test(word)) {
        if (called) throw new Problem(`${word} is no function: to multiply, write ${word}*(…).`, index, end);
      } else {
        const near = [...FUNCTIONS.keys(), ...GREEK].find((name) => name.startsWith(word.slice(0, 2).toLowerCase()));
        throw new Problem(`${word} is no function and no parameter: ${near && word.length > 1 ? `do you mean ${near}?`
          : 'a parameter is a letter such as a, or a Greek one such as gamma.'}`, index, end);
      }
    }
  }

  function tree(text) {
    try {
      return math.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw new Problem('The formula is too deeply nested: make it simpler.');
      const at = Math.min(text.length, (error.char ?? text.length + 1) - 1);
      if (at >= text.trimEnd().length) throw new Problem('The formula ends too early: a number, a name or a bracket must follow.', text.length - 1);
      throw new Problem(`${text[at]} does not fit here: a number, a name, an operator or a bracket is missing or too many.`, at);
    }
  }

  // What mathjs read, checked once more and put into the four kinds that are left: number, name, call of a rule.
  function simplified(node, text, depth = 0) {
    if (depth > DEEPEST) throw new Problem(`The formula is more than ${DEEPEST} steps deep: make it simpler.`);
    const inner = (part) => simplified(part, text, depth + 1);
    const nowhere = () => new Problem('Only numbers, names, + - * / ^, brackets and functions make a formula: leave out the rest.');
    if (node.isParenthesisNode) return {...inner(node.content), bracketed: true};
    if (node.isConstantNode) {
      if (typeof node.value !== 'number') throw nowhere();
      if (!Number.isFinite(node.value)) throw new Problem('A number of the formula is too large: take a smaller one.');
      return {number: node.value};
    }
    if (node.isSymbolNode) return CONSTANTS.has(node.name) ? {number: CONSTANTS.get(node.name)} : {name: node.name};
    if (node.isOperatorNode && OPERATORS.has(node.fn)) {
      return {rule: OPERATORS.get(node.fn), operator: node.fn, parts: node.args.map(inner), bracketed: Boolean(node.implicit)};
    }
    if (!node.isFunctionNode || !node.fn.isSymbolNode || !FUNCTIONS.has(node.fn.name)) throw nowhere();
    const name = node.fn.name, rule = FUNCTIONS.get(name), wanted = rule.length - 1, count = node.args.length;
    if (wanted === 1 ? count !== 1 : count < 2) {
      const at = text.search(new RegExp(`\\b${name} *\\(`));
      throw new Problem(`${name} takes ${wanted === 1 ? 'one number' : 'two numbers or more'}, and has ${count} here.`, at, at + name.length);
    }
    const [first, ...others] = node.args.map(inner);
    const call = (...parts) => ({rule, called: name, parts, bracketed: name === 'softplus'});
    return others.length ? others.reduce((a, b) => call(a, b), first) : call(first);
  }

  // A column has a value and a slope for every place of the axis; what does not depend on the axis is one number, without.
  function column(node, columns) {
    if (node.rule) return applied(node.rule, node.parts.map((part) => column(part, columns)));
    return node.name ? columns.get(node.name) : {v: node.number, d: null};
  }

  function applied([value, first, second], [a, b]) {
    if (!a.d && !b?.d) return {v: value(a.v, b?.v), d: null};
    const n = (a.d ?? b.d).length, v = new Float64Array(n), d = new Float64Array(n);
    if (!b) {
      for (let i = 0; i < n; i++) { const x = a.v[i], y = v[i] = value(x); d[i] = first(x, 0, y) * a.d[i]; }
      return {v, d};
    }
    for (let i = 0; i < n; i++) {
      const x = a.d ? a.v[i] : a.v, z = b.d ? b.v[i] : b.v, y = v[i] = value(x, z);
      d[i] = (a.d ? first(x, z, y) * a.d[i] : 0) + (b.d ? second(x, z, y) * b.d[i] : 0);
    }
    return {v, d};
  }

  const SIGNS = {add: '+', subtract: '-', multiply: '*', divide: '/', pow: '**', unaryMinus: '-', unaryPlus: '+'};
  const MODULES = {max: 'torch.maximum', min: 'torch.minimum', ln: 'torch.log', logsigmoid: 'F.logsigmoid'};
  const named = (name) => TAKEN.has(name) ? `${name}_` : name;
  const varies = (node) => Boolean(node.name) || Boolean(node.parts?.some(varies));

  function python(node) {
    const bare = () => {
      if (node.name) return named(node.name);
      if (node.called) {
        if (!varies(node)) return number(column(node).v);
        const several = node.parts.length > 1;
        const parts = node.parts.map((part) => several && !varies(part) ? `torch.tensor(${number(column(part).v)})` : python({...part, bracketed: false}));
        // torch's own softplus is a straight line from 20 on.
        if (node.called === 'softplus') {
          const [part] = node.parts;
          return `-F.logsigmoid(${part.operator === 'unaryMinus' ? python(part.parts[0]) : part.name ? `-${parts}` : `-(${parts})`})`;
        }
        return `${MODULES[node.called] ?? `torch.${node.called}`}(${parts.join(', ')})`;
      }
      if (!node.rule) return number(node.number);
      const sign = SIGNS[node.operator], [a, b] = node.parts.map(python);
      return b === undefined ? `${sign}${a}` : `${a} ${sign} ${b}`;
    };
    const text = bare();
    return node.bracketed ? `(${text})` : text;
  }

  const number = (value) => Number.isFinite(value) ? String(value) : `float("${value}")`.replace('Infinity', 'inf');

  // The signs of Python and of paper, each replaced by as many characters, so that places stay.
  const plain = (text) => text.replaceAll('**', ' ^').replace(/\s/g, ' ').replaceAll('−', '-').replace(/[·×]/g, '*');

  /** A formula: its axis, whether it looks at y, its parameters, its numbers and its Python. Throws a Problem. */
  function read(typed) {
    if (typed.length > LONGEST) checkCharacters(typed); // before anything walks over it
    const text = plain(typed);
    for (const check of [checkCharacters, checkBrackets, checkNames]) check(text);
    const root = simplified(tree(text), text), names = new Set();
    const collect = (node) => { if (node.name) names.add(node.name); node.parts?.forEach(collect); };
    collect(root);
    const over = ['p', 's'].filter((name) => names.has(name));
    const place = (name) => { const at = text.search(new RegExp(`(?<![A-Za-zα-ω_])${name}(?![\\wα-ω])`)); return [at, at + name.length]; };
    if (over.length > 1) throw new Problem('p and s cannot both be the axis: write sigmoid(s) for p.', ...place('s'));
    if (!over.length) throw new Problem('The formula names neither p nor s, in small letters: one of them is its axis.');
    const parameters = [...names].filter((name) => !['p', 's', 'y'].includes(name));
    if (parameters.length > MOST_PARAMETERS) {
      throw new Problem(`There are ${parameters.length} parameters, ${parameters.join(', ')}: keep ${MOST_PARAMETERS}, and write numbers for the rest.`,
        ...place(parameters[MOST_PARAMETERS]));
    }
    const [axis] = over, used = [...(names.has('y') ? ['y'] : []), ...parameters];
    return {
      axis, sliders: used,
      /** Values and exact slopes at every place of the axis, for one number of each slider, {name: number}. */
      at(places, values = {}) {
        const columns = new Map(used.map((name) => [name, {v: values[name], d: null}]));
        columns.set(axis, {v: places, d: new Float64Array(places.length).fill(1)});
        return column(root, columns);
      },
      python: `lambda ${[axis, ...used].map(named).join(', ')}: ${python({...root, bracketed: false})}`,
      named,
    };
  }

  lossutils.formula = {read, Problem, symbol, functions: [...FUNCTIONS.keys()]};
})();
