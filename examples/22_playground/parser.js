// JavaScript: from a text to the list of a tape. This is crates/inspect/src/expression line by line: the same
// grammar, the same list, the same messages. The page compares both on texts that Rust has parsed.

/** A text that is not an expression: what is wrong, and the character. */
class ExpressionError extends Error {
  constructor(text, place, message) {
    super(message);
    const before = text.slice(0, place);
    const start = before.lastIndexOf("\n") + 1;
    const end = text.indexOf("\n", place);
    this.place = place;
    this.line = before.filter(c => c === "\n").length + 1;
    this.column = place - start + 1;
    this.shown = text.slice(start, end < 0 ? text.length : end).join("").replace(/\p{Cc}/gu, " ");
  }
}

const MOST_ENTRIES = 1000;
const DEEPEST = 100;
const OPERAND = "expected a number, a name, a function or `(`";
const COMPARISONS = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "==": (a, b) => a === b, "!=": (a, b) => a !== b,
};
const SYMBOLS = ["**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "^", "(", ")", ",", ";", "=", "<", ">"];
const RAISED = [..."⁰¹²³⁴⁵⁶⁷⁸⁹"];
const PRINTED = { "−": "-", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "\n": ";" };

/** The tokens of a text, an array of characters; the last one is the end. */
function tokensOf(text) {
  const tokens = [];
  let place = 0;
  while (place < text.length) {
    const c = text[place];
    if (/\s/u.test(c) && c !== "\n") {
      place += 1;
      continue;
    }
    const isRaised = RAISED.includes(c);
    if (isRaised) tokens.push({ kind: "symbol", symbol: "^", place });
    const read = isRaised ? readRaised : /[0-9.]/.test(c) ? readNumber : /[_\p{Alphabetic}]/u.test(c) ? readName : readSymbol;
    const [token, length] = read(text, place);
    tokens.push({ ...token, place });
    place += length;
  }
  tokens.push({ kind: "end", place });
  return tokens;
}

function readNumber(text, start) {
  const written = text.slice(start).join("").match(/^[0-9]*(\.[0-9]*)?([eE][+-]?[0-9]+)?/)[0];
  const number = Number(written);
  if (!/[0-9]/.test(written) || Number.isNaN(number)) {
    throw new ExpressionError(text, start, `\`${written}\` is not a number; expected digits, as in 0.5`);
  }
  if (!Number.isFinite(number)) {
    throw new ExpressionError(text, start, `\`${written}\` is too large for a 64-bit number; expected less than 1.8e308`);
  }
  return [{ kind: "number", number }, written.length];
}

/** Reads an exponent in print. */
function readRaised(text, start) {
  let [number, end] = [0, start];
  for (; RAISED.includes(text[end]); end += 1) number = 10 * number + RAISED.indexOf(text[end]);
  return [{ kind: "number", number }, end - start];
}

function readName(text, start) {
  let end = start;
  while (end < text.length && /[_\p{Alphabetic}\p{N}]/u.test(text[end]) && !RAISED.includes(text[end])) end += 1;
  return [{ kind: "name", name: text.slice(start, end).join("") }, end - start];
}

function readSymbol(text, place) {
  if (text[place] in PRINTED) return [{ kind: "symbol", symbol: PRINTED[text[place]] }, 1];
  const symbol = SYMBOLS.find(symbol => [...symbol].every((c, i) => text[place + i] === c));
  if (symbol) return [{ kind: "symbol", symbol }, symbol.length];
  throw new ExpressionError(text, place,
    `the character \`${text[place]}\` has no meaning here; an expression is made of numbers, names, + - * / ^, commas and round brackets`);
}

/** Parses texts, given the functions that Rust knows: see functions.rs there. */
class Parser {
  /** The list of a text: entries, their names, and the position of the result. */
  static parse(text, functions) {
    const parser = new Parser([...text], functions);
    const result = parser.program();
    return inputsFirst(parser.entries, parser.names, result);
  }

  constructor(text, functions) {
    Object.assign(this, { text, functions, tokens: tokensOf(text), next: 0, depth: 0, entries: [], names: [] });
  }

  program() {
    let result = null;
    for (;;) {
      while (this.accept(";")) { /* an empty statement */ }
      if (this.peek().kind === "end") {
        if (result === null) throw this.error(`the expression is empty; ${OPERAND}, as in x*y + sin(x)`);
        return result;
      }
      result = this.statement();
      if (this.peek().kind !== "end" && !this.accept(";")) throw this.unexpected();
    }
  }

  statement() {
    const { kind, name, place } = this.peek();
    if (kind !== "name" || this.tokens[this.next + 1].symbol !== "=") return this.sum();
    if (this.isFunction(name) || name === "pi") throw this.error(`\`${name}\` has a meaning of its own; define another name`);
    this.checkUnread(name, place);
    this.next += 2;
    const value = this.sum();
    // After its value: a name in it that is the same is an input.
    this.checkUnread(name, place);
    const other = this.names[value];
    if (other !== null) {
      throw new ExpressionError(this.text, place, `\`${name}\` would be a second name of \`${other}\`; use \`${other}\` in its place`);
    }
    this.names[value] = name;
    return value;
  }

  checkUnread(name, place) {
    const entry = this.names.indexOf(name);
    if (entry < 0) return;
    throw new ExpressionError(this.text, place, "input" in this.entries[entry]
      ? `\`${name}\` was read before this definition, so it is an input; define it before it is read, or give the input's value outside of the expression`
      : `\`${name}\` is defined twice; give each definition a name of its own`);
  }

  sum() {
    let left = this.product();
    for (let symbol; (symbol = this.accept("+", "-"));) {
      const right = this.product();
      left = this.op(symbol === "+" ? "add" : "sub", [left, right]);
    }
    return left;
  }

  product() {
    let left = this.signed();
    for (let symbol; (symbol = this.accept("*", "/"));) {
      const right = this.signed();
      left = this.op(symbol === "*" ? "mul" : "div", [left, right]);
    }
    return left;
  }

  signed() {
    if (!this.accept("-")) return this.power();
    const before = this.entries.length;
    const operand = this.nested(() => this.signed());
    // The number −2 is one node, not the negative of another.
    if (operand === before && "number" in this.entries[operand]) {
      this.entries[operand].number *= -1;
      return operand;
    }
    return this.op("neg", [operand]);
  }

  power() {
    const base = this.atom();
    if (!this.accept("^", "**")) return base;
    const before = this.entries.length;
    const exponent = this.nested(() => this.signed());
    const { number } = this.entries[exponent];
    if (exponent === before && Number.isInteger(number) && Math.abs(number) <= 1e6) {
      this.entries.pop();
      this.names.pop();
      return this.push({ op: "powi", inputs: [base], n: number });
    }
    return this.op("pow", [base, exponent]);
  }

  atom() {
    const { kind, number, name, symbol, place } = this.peek();
    if (kind === "name") return this.name(name, place);
    if (kind !== "number" && symbol !== "(") throw this.noOperand();
    this.next += 1;
    if (kind === "number") return this.push({ number });
    const inside = this.nested(() => this.sum());
    this.expect(")", "to close the bracket");
    return inside;
  }

  name(name, place) {
    this.next += 1;
    if (this.accept("(")) return this.call(name, place);
    if (this.isFunction(name)) {
      throw new ExpressionError(this.text, place, `\`${name}\` is a function; expected \`(\` and its arguments after it`);
    }
    const known = this.names.indexOf(name);
    if (known >= 0) return known;
    if (name === "pi") return this.push({ number: Math.PI });
    const entry = this.push({ input: this.entries.filter(entry => "input" in entry).length });
    this.names[entry] = name;
    return entry;
  }

  call(name, place) {
    if (this.names.includes(name)) {
      throw new ExpressionError(this.text, place,
        `\`${name}\` is not a function, so \`(\` cannot follow it; write \`${name} * (\` for a product`);
    }
    const own = this.ownName(name);
    if (own === "where") return this.where();
    const isKnown = own === "minimum" || Object.hasOwn(this.functions.arguments, own);
    if (!isKnown) throw this.unknown(name, place);
    const expected = own === "minimum" ? 2 : this.functions.arguments[own];
    const found = this.argumentList();
    if (found.length !== expected) {
      throw new ExpressionError(this.text, place,
        `${name}() has ${found.length} argument${found.length === 1 ? "" : "s"}; expected ${expected}`);
    }
    return own === "minimum" ? this.minimum(found[0], found[1]) : this.op(own, found);
  }

  unknown(name, place) {
    const advice = Object.hasOwn(this.functions.instead, name) ? this.functions.instead[name] : `choose one of ${this.functions.names.join(", ")}`;
    return new ExpressionError(this.text, place, `there is no function \`${name}\`; ${advice}`);
  }

  argumentList() {
    const found = [];
    if (this.accept(")")) return found;
    for (;;) {
      found.push(this.nested(() => this.sum()));
      if (!this.accept(",")) {
        this.expect(")", "or a comma, to end the arguments");
        return found;
      }
    }
  }

  where() {
    const left = this.nested(() => this.sum());
    const condition = this.peek().symbol;
    if (condition === undefined || !(condition in COMPARISONS)) {
      throw this.error(`where() has ${this.found()} here; expected a comparison (< <= > >= == !=), as in where(x > 0, x, 0)`);
    }
    this.next += 1;
    const right = this.nested(() => this.sum());
    this.expect(",", "and the value where the condition holds");
    const a = this.nested(() => this.sum());
    this.expect(",", "and the value elsewhere");
    const b = this.nested(() => this.sum());
    this.expect(")", "to end the arguments");
    return this.push({ op: "where_", inputs: [a, b], condition, compared: [left, right] });
  }

  /** min(a, b) = −max(−a, −b), as the tape records it. */
  minimum(a, b) {
    const negative = [this.op("neg", [a]), this.op("neg", [b])];
    return this.op("neg", [this.op("maximum", negative)]);
  }

  op(op, inputs) {
    return this.push({ op, inputs });
  }

  push(entry) {
    if (this.entries.length === MOST_ENTRIES) {
      throw this.error(`the expression has more than ${MOST_ENTRIES} nodes, too many to read; shorten it`);
    }
    this.entries.push(entry);
    this.names.push(null);
    return this.entries.length - 1;
  }

  ownName(name) {
    return Object.hasOwn(this.functions.also, name) ? this.functions.also[name] : name;
  }

  isFunction(name) {
    return this.functions.names.includes(this.ownName(name));
  }

  nested(parse) {
    if (this.depth === DEEPEST) {
      throw this.error(`the expression is nested more than ${DEEPEST} deep; name a part of it, as in h = x + y; sin(h)`);
    }
    this.depth += 1;
    const parsed = parse();
    this.depth -= 1;
    return parsed;
  }

  peek() {
    return this.tokens[this.next];
  }

  accept(...symbols) {
    const { symbol } = this.peek();
    if (!symbols.includes(symbol)) return null;
    this.next += 1;
    return symbol;
  }

  expect(symbol, why) {
    if (!this.accept(symbol)) throw this.error(`${this.found()} stands here; expected \`${symbol}\` ${why}`);
  }

  /** The next token in words. */
  found() {
    const { kind, number, name, symbol } = this.peek();
    if (kind === "end") return "the end";
    if (kind === "number") return `the number ${number}`;
    if (kind === "name") return `the name \`${name}\``;
    return symbol === ";" ? "the end of a statement" : `\`${symbol}\``;
  }

  /** What follows a whole expression and cannot. */
  unexpected() {
    const { kind, symbol } = this.peek();
    const advice = symbol === ")" ? "no bracket is open: remove it, or open one before it"
      : symbol === "=" ? "a definition is written name = …, at the start of a statement"
      : symbol in COMPARISONS ? "comparisons are written in where(a > b, …, …)"
      : kind === "symbol" ? "remove it" : "expected an operator, such as * for a product";
    return this.error(`${this.found()} cannot follow what is before it; ${advice}`);
  }

  noOperand() {
    const before = this.tokens[this.next - 1]?.symbol;
    const after = before !== undefined && before !== ";" ? ` after \`${before}\`` : "";
    return this.error(`${this.found()} stands${after} where an operand should; ${OPERAND}`);
  }

  error(message) {
    return new ExpressionError(this.text, this.peek().place, message);
  }
}

/** Moves the inputs to the beginning of the list; the order of the others stays. */
function inputsFirst(entries, names, result) {
  const isInput = entry => "input" in entry;
  const places = [...entries.keys()];
  const order = [...places.filter(old => isInput(entries[old])), ...places.filter(old => !isInput(entries[old]))];
  const moved = new Map(order.map((old, place) => [old, place]));
  const move = entry => {
    const copy = { ...entry };
    if (copy.inputs) copy.inputs = copy.inputs.map(input => moved.get(input));
    if (copy.compared) copy.compared = copy.compared.map(input => moved.get(input));
    return copy;
  };
  return { entries: order.map(old => move(entries[old])), names: order.map(old => names[old]), result: moved.get(result) };
}
