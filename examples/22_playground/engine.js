// JavaScript: computes lists forward and back by the rules that Rust has exported. It knows how to add, multiply,
// choose and take a sine; what an op adds to the adjoint of its inputs it reads from the rules.

/** What every language can compute. */
const PRIMITIVES = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, neg: x => -x,
  pow: Math.pow, powi: Math.pow, sqrt: Math.sqrt, exp: Math.exp, ln: Math.log, sin: Math.sin, cos: Math.cos, tanh: Math.tanh,
  where_: (a, b, holds) => (holds ? a : b),
};

class Engine {
  constructor(rules, functions) {
    this.functions = functions;
    this.rules = new Map(rules.map(({ op, letters, value, adjoints }) => [op, {
      letters, value: value && this.parse(value), adjoints: adjoints.map(text => this.parse(text)),
    }]));
  }

  parse(text) {
    return Parser.parse(text, this.functions);
  }

  /** The value of each entry. `fixed` is an entry and the value that it has instead of its own. */
  values(list, inputs, fixed = null) {
    const values = [];
    for (const [index, entry] of list.entries.entries()) {
      values.push(fixed?.index === index ? fixed.value : this.value(entry, inputs, values));
    }
    return values;
  }

  value(entry, inputs, values) {
    if ("input" in entry) return inputs[entry.input];
    if ("number" in entry) return entry.number;
    const operands = operandsOf(entry, values);
    const { letters, value } = this.rules.get(entry.op);
    if (value === null) return PRIMITIVES[entry.op](...operands);
    return this.evaluate(value, Object.fromEntries(letters.map((letter, i) => [letter, operands[i]])));
  }

  /** The value of a rule, whose inputs are letters. */
  evaluate(list, letters) {
    const inputs = list.names.filter((_, index) => "input" in list.entries[index]).map(name => letters[name]);
    return this.values(list, inputs)[list.result];
  }

  /** What the VJP of an entry adds to one of its inputs. */
  contribution(entry, input, values, y, dy) {
    const { letters, adjoints } = this.rules.get(entry.op);
    const known = Object.fromEntries(letters.map((letter, i) => [letter, operandsOf(entry, values)[i]]));
    return this.evaluate(adjoints[input], { ...known, y, dy });
  }

  /** The walk back: each contribution in its order, and the adjoint of each entry, null where there is none. */
  back(list, values) {
    const { entries, result } = list;
    const depends = [];
    for (const entry of entries) depends.push("input" in entry || (entry.inputs ?? []).some(input => depends[input]));
    const adjoints = entries.map(() => null);
    const contributions = [];
    if (!depends[result]) return { contributions, adjoints };
    adjoints[result] = 1;
    for (let node = result; node >= 0; node--) {
      if (adjoints[node] === null) continue;
      for (const [input, to] of (entries[node].inputs ?? []).entries()) {
        if (!depends[to]) continue;
        const amount = this.contribution(entries[node], input, values, values[node], adjoints[node]);
        const before = adjoints[to];
        adjoints[to] = before === null ? amount : before + amount;
        contributions.push({ node, input, to, amount, before, adjoint: adjoints[to] });
      }
    }
    return { contributions, adjoints };
  }

  /** The derivative of the result by one entry, by a central difference: the entries after it are computed again. */
  difference(list, inputs, index, x) {
    const at = value => this.values(list, inputs, { index, value })[list.result];
    const h = 6e-6 * (1 + Math.abs(x));
    return (at(x + h) - at(x - h)) / (x + h - (x - h));
  }
}

/** The numbers that an entry computes with: its inputs, then an exponent or the truth of a condition. */
function operandsOf(entry, values) {
  const operands = entry.inputs.map(input => values[input]);
  if (entry.op === "powi") operands.push(entry.n);
  if (entry.op === "where_") {
    const [left, right] = entry.compared.map(input => values[input]);
    operands.push(COMPARISONS[entry.condition](left, right) ? 1 : 0);
  }
  return operands;
}

// ---- The engine, checked against what Rust has recorded -----------------------------------------

/** Compares parser and engine with Rust's; gives what was compared, and what differs in words. */
function checkAgainst(recorded, engine) {
  const found = { walks: 0, numbers: 0, texts: 0, largest: 0, wrong: [] };
  for (const { text, list, error } of recorded.parsed) {
    found.texts += 1;
    const same = JSON.stringify(parsedOr(engine, text)) === JSON.stringify(list ?? error);
    if (!same) found.wrong.push(`${text}: parsed otherwise`);
  }
  for (const { text, contributions, points } of recorded.walks) {
    const list = engine.parse(text);
    for (const point of points) {
      found.walks += 1;
      const values = engine.values(list, point.inputs);
      const walk = engine.back(list, values);
      const route = walk.contributions.map(({ node, input, to }) => [node, input, to]);
      if (JSON.stringify(route) !== JSON.stringify(contributions)) found.wrong.push(`${text}: another order`);
      compare(found, `${text}: values`, values, point.values);
      compare(found, `${text}: contributions`, walk.contributions.map(({ amount }) => amount), point.amounts);
      compare(found, `${text}: adjoints`, walk.adjoints, point.adjoints);
    }
  }
  return found;
}

/** The list of a text, or the error in the form in which Rust exports it. */
function parsedOr(engine, text) {
  try {
    return engine.parse(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { line: error.line, column: error.column, message: error.message };
  }
}

const TOLERANCE = 1e-12;

function compare(found, what, ours, theirs) {
  if (ours.length !== theirs.length) found.wrong.push(`${what}: ${ours.length} numbers instead of ${theirs.length}`);
  for (const [index, expected] of theirs.entries()) {
    const x = ours[index];
    found.numbers += 1;
    if (expected === null && x === null) continue;
    const error = expected === null || x === null ? Infinity : Math.abs(x - expected) / Math.max(1, Math.abs(expected));
    found.largest = Math.max(found.largest, error);
    if (!(error <= TOLERANCE)) found.wrong.push(`${what} of %${index}: ${x} instead of ${expected}`);
  }
}
