// The page: what is typed becomes a walk, which the tape page's own script shows. Everything else here is the
// formula's field, the inputs, and the differences beside the adjoints.

const recorded = JSON.parse(byId("recorded").textContent);
const engine = new Engine(recorded.rules, recorded.functions);

/** The list that is shown, and the value of each of its inputs; names keep their values while one types. */
let list = null;
const remembered = new Map();
/** What a difference gives for each node; null where there is no adjoint. */
let differences = [];

const inputNames = list => list.names.filter((_, index) => "input" in list.entries[index]);

// ---- A walk, in the form that graph.js describes -------------------------------------------------

/** A number as Rust prints it: six significant digits, without idle zeros. */
function printed(x) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(x);
  if (magnitude < 1e-4 || magnitude >= 1e6) return x.toExponential(4).replace("e+", "e");
  const text = x.toFixed(Math.max(0, 5 - Math.floor(Math.log10(magnitude))));
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** The walk of a list up to its result. */
function walkOf(list, inputs) {
  const readings = [], glossary = [];
  const read = x => readings.push({ shape: [], bytes: 8, shown: { numbers: [[printed(x)]] } }) - 1;
  const explain = symbols => glossary.push(symbols) - 1;
  const values = engine.values(list, inputs);
  const { contributions, adjoints } = engine.back(list, values);
  const nodes = list.entries.slice(0, list.result + 1).map((entry, index) => nodeOf(entry, list.names[index], read(values[index]), explain));
  const steps = nodes.map((_, node) => ({ kind: "compute", node }));
  if (adjoints[list.result] !== null) steps.push({ kind: "begin", node: list.result, adjoint: read(1) });
  const known = nodes.map(() => null);
  for (let node = list.result; node >= 0; node--) {
    if (adjoints[node] === null) continue;
    steps.push({ kind: "visit", node });
    for (const { input, to, amount, adjoint } of contributions.filter(added => added.node === node)) {
      const [before, contribution] = [known[to], read(amount)];
      known[to] = before === null ? contribution : read(adjoint);
      steps.push({ kind: "contribute", node, input, to, contribution, before, adjoint: known[to] });
    }
  }
  differences = nodes.map((_, node) => differenceOf(list, inputs, node, values, adjoints[node]));
  return { nodes, glossary, scopes: [], steps, readings };
}

function nodeOf(entry, name, value, explain) {
  const common = { name, value, scope: null, at: "", source: null, forwardTime: null, backwardTime: null };
  const silent = { inputs: [], forward: null, vjps: [], forwardSymbols: null, vjpSymbols: [] };
  if ("input" in entry) return { role: "variable", op: "variable", ...common, ...silent };
  if ("number" in entry) return { role: "constant", op: "constant", ...common, ...silent };
  const { forward, vjps, forwardSymbols, vjpSymbols } = recorded.formulas[entry.op];
  return {
    role: "op", op: entry.op, ...common, inputs: entry.inputs,
    // Rust recorded the op with the exponent 2.
    forward: entry.op === "powi" ? forward.replace("n = 2", `n = ${entry.n}`) : forward,
    vjps, forwardSymbols: explain(forwardSymbols), vjpSymbols: vjpSymbols.map(explain),
  };
}

function differenceOf(list, inputs, node, values, adjoint) {
  if (adjoint === null) return null;
  const x = engine.difference(list, inputs, node, values[node]);
  const scale = Math.max(1, Math.abs(adjoint), Math.abs(values[list.result]));
  return { x, agrees: Math.abs(x - adjoint) <= 1e-6 * scale };
}

// ---- The differences, beside the adjoints that are complete --------------------------------------

const markOf = ({ agrees }) => element("span", { class: agrees ? "right" : "wrong" }, agrees ? " ✓" : " ≠");
const wordsOf = ({ x, agrees }) => `${printed(x)}, which ${agrees ? "agrees" : "differs"}`;

afterShow = step => {
  const isKnown = index => differences[index] && isComplete(index);
  for (const [index, row] of [...byId("list").querySelectorAll("tbody tr")].entries()) {
    const cell = row.querySelector(".difference");
    cell.replaceChildren(...(isKnown(index) ? [printed(differences[index].x), markOf(differences[index])] : []));
    cell.setAttribute("aria-label", isKnown(index) ? wordsOf(differences[index]) : "");
  }
  for (const [index, { adjoint }] of shapes.nodes) {
    if (isKnown(index)) adjoint.append(differences[index].agrees ? " ✓" : " ≠");
  }
  if (step.kind !== "visit" || !isKnown(step.node)) return;
  const list = element("dl", { class: "difference" },
    element("dt", {}, "by a difference"),
    element("dd", {}, element("span", { class: "plain" }, printed(differences[step.node].x)), markOf(differences[step.node])));
  byId("card").querySelector("dl").after(list);
  byId("said").textContent += ` A finite difference gives ${wordsOf(differences[step.node])}.`;
};

function drawList() {
  const rows = tape.map((node, index) => {
    const cell = (className, ...content) => element("td", { class: className }, ...content);
    const call = `${node.op}(${node.inputs.map(input => `%${input}`).join(", ")})`;
    const name = node.name === null ? "" : node.role === "op" ? `${node.name} = ` : ` ${node.name}`;
    const operation = node.role === "op" ? name + call : node.op + name;
    return element("tr", {}, cell("", `%${index}`), cell("", operation), cell("optional", node.forward ?? ""),
      cell("digits value"), cell("digits adjoint"), cell("difference"));
  });
  byId("list").querySelector("tbody").replaceChildren(...rows);
}

// ---- The formula and its inputs ------------------------------------------------------------------

/** Takes the formula from its field; one that cannot be read leaves the walk as it was, and says why. */
function takeFormula() {
  const text = byId("expression").value;
  try {
    list = engine.parse(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    showError(error);
    return false;
  }
  showError(null);
  drawInputs();
  return true;
}

function showError(error) {
  byId("expression").setAttribute("aria-invalid", error !== null);
  for (const id of ["stage", "list"]) byId(id).classList.toggle("stale", error !== null);
  byId("error").hidden = error === null;
  if (error === null) return;
  const { line, column, message, shown } = error;
  const [words, caret] = byId("error").children;
  words.textContent = `Line ${line}, column ${column}: ${message}.`;
  caret.textContent = `${shown}\n${" ".repeat(column - 1)}^`;
}

/** The values of the inputs, in the order of the list. */
const inputValues = () => inputNames(list).map(name => remembered.get(name) ?? 1);

function showWalk(at) {
  const walk = walkOf(list, inputValues());
  take(walk);
  drawList();
  start(walk, at);
  keepAddress();
}

/** A slider and a field for each input. */
function drawInputs() {
  const names = inputNames(list);
  const box = byId("inputs").querySelector("div");
  const shown = [...box.children].map(child => child.dataset.name);
  byId("inputs").hidden = names.length === 0;
  if (JSON.stringify(shown) === JSON.stringify(names)) return;
  box.replaceChildren(...names.map(inputFor));
}

function inputFor(name) {
  const value = remembered.get(name) ?? 1;
  const id = `input-${name}`;
  const reach = Math.max(5, Math.ceil(Math.abs(value)));
  const range = element("input", { type: "range", min: -reach, max: reach, step: 0.1, "aria-label": `${name}, slider` });
  const field = element("input", { type: "number", id, step: "any", "aria-label": name });
  range.value = field.value = value;
  const change = (own, other) => {
    const x = own.valueAsNumber;
    own.setAttribute("aria-invalid", Number.isNaN(x));
    if (Number.isNaN(x)) return;
    other.value = x;
    remembered.set(name, x);
    if (list !== null) showWalk(now);
  };
  range.oninput = () => change(range, field);
  field.oninput = () => change(field, range);
  const row = element("div", { class: "input" }, element("label", { for: id }, name), range, field);
  row.dataset.name = name;
  return row;
}

// ---- The address keeps formula and inputs --------------------------------------------------------

function keepAddress() {
  const kept = new URLSearchParams({ formula: byId("expression").value });
  inputNames(list).forEach((name, index) => kept.append("input", `${name}=${inputValues()[index]}`));
  history.replaceState(null, "", `#${kept}`);
}

/** Takes formula and inputs from the address, or the first preset. */
function takeAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  if (!kept.has("formula")) return takePreset(0);
  byId("expression").value = kept.get("formula");
  for (const input of kept.getAll("input")) {
    const at = input.lastIndexOf("=");
    const x = Number(input.slice(at + 1));
    if (at > 0 && Number.isFinite(x)) remembered.set(input.slice(0, at), x);
  }
  byId("inputs").querySelector("div").replaceChildren();
  showPreset();
  fitField();
  if (takeFormula()) showWalk(0);
}

function takePreset(index) {
  const { text, values } = recorded.presets[index];
  byId("expression").value = text;
  inputNames(engine.parse(text)).forEach((name, i) => remembered.set(name, values[i]));
  byId("inputs").querySelector("div").replaceChildren();
  showPreset();
  fitField();
  if (takeFormula()) showWalk(0);
}

/** Chooses the preset whose formula is in the field, or none. */
function showPreset() {
  const index = recorded.presets.findIndex(({ text }) => text === byId("expression").value);
  byId("preset").value = index < 0 ? "" : index;
}

/** As high as the formula is with its lines broken. */
function fitField() {
  const field = byId("expression");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

byId("preset").append(element("option", { value: "", disabled: "" }, "a formula of your own"),
  ...recorded.presets.map(({ title }, index) => element("option", { value: index }, title)));
byId("preset").onchange = event => takePreset(Number(event.target.value));
byId("expression").oninput = () => {
  fitField();
  showPreset();
  if (takeFormula()) showWalk(0);
};
byId("formula").onsubmit = event => event.preventDefault();
addEventListener("hashchange", takeAddress);
addEventListener("resize", fitField);
const OPERATORS = ["add", "div", "mul", "neg", "sub"];
byId("names").append(...recorded.functions.names.filter(name => !OPERATORS.includes(name)).flatMap((name, at) => [at ? " " : "", element("code", {}, name)]));
byId("rule").textContent = recorded.rules.find(({ op }) => op === "maximum").adjoints[0];

// ---- The page, compared with what Rust has recorded ----------------------------------------------

function showChecked({ walks, numbers, texts, largest, wrong }) {
  const count = n => n.toLocaleString("en");
  const what = `${count(walks)} recorded walks (${count(numbers)} numbers, the largest difference ${largest.toExponential(0)}) and ${count(texts)} parsed texts`;
  const line = byId("checked");
  line.className = wrong.length ? "wrong" : "right";
  line.textContent = wrong.length
    ? `≠ This page differs from Rust in ${count(wrong.length)} places, so do not trust it. The first: ${wrong[0]}.`
    : `✓ Checked against ${what} of Rust.`;
}

const checked = checkAgainst(recorded, engine);
showChecked(checked);
takeAddress();
