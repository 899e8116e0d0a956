// A step of the walk, shown: in the graph, on the card, in the list, and in words.

// ---- A step, shown -----------------------------------------------------------------------------

function show() {
  const step = steps[now];
  adjoints = adjointsAt(now);
  document.body.classList.toggle("backward", step.kind !== "compute");
  showGraph(step);
  showCard(step);
  showList(step);
  const phase = step.kind === "compute" ? "forward" : "backward";
  byId("position").replaceChildren(element("span", { class: `phase ${phase}` }, phase), ` · ${now + 1} of ${steps.length}`);
  byId("slider").value = now;
  byId("said").textContent = `Step ${now + 1} of ${steps.length}, ${phase}: ${SAID[step.kind](step)}.`;
  for (const id of ["first", "previous"]) byId(id).disabled = now === 0;
  for (const id of ["next", "last"]) byId(id).disabled = now === steps.length - 1;
  afterShow(step);
}

/** What a page that has more to show does after each step. */
let afterShow = () => {};

function showGraph(step) {
  for (const [index, { group, value, adjoint }] of shapes.nodes) {
    mark(group, [index], step);
    value.textContent = isComputed(index) ? short(tape[index].value) : "";
    const reading = adjoints[index];
    adjoint.textContent = reading === null ? "" : readings[reading].shape.length === 0 ? short(reading) : "adjoint";
  }
  for (const [, { group, adjoint, node }] of shapes.boxes) {
    const inside = node.inside.map(({ index }) => index);
    mark(group, inside, step);
    const complete = inside.filter(isComplete).length;
    adjoint.textContent = complete ? `${complete} adjoint${complete > 1 ? "s" : ""}` : "";
  }
  byId("graph").querySelector(".pulse")?.remove();
  for (const { path, reader, input, index } of shapes.edges) {
    const sent = step.kind === "contribute" && reader === step.node && input === step.input;
    path.classList.toggle("read", step.kind === "compute" && reader === step.node);
    path.classList.toggle("sent", sent);
    path.classList.toggle("done", isComputed(reader) && isComputed(index));
    if (sent) pulse(path);
  }
  keepInSight(step);
}

function mark(group, inside, step) {
  group.classList.toggle("todo", !inside.some(isComputed));
  group.classList.toggle("now", inside.includes(step.node));
  group.classList.toggle("target", step.kind === "contribute" && inside.includes(step.to));
  group.classList.toggle("reached", inside.some(index => adjoints[index] !== null));
  group.classList.toggle("complete", inside.some(isComplete));
}

/** A dot that runs up the edge with the contribution. */
function pulse(path) {
  const motion = drawn("animateMotion", {
    path: path.getAttribute("d"), keyPoints: "1;0", keyTimes: "0;1", calcMode: "linear", dur: "0.6s", fill: "freeze", begin: "indefinite",
  });
  shapes.svg.append(drawn("circle", { class: "pulse", r: 4.5 }, motion));
  motion.beginElement();
}

function keepInSight(step) {
  const index = step.node;
  const shape = shapes.nodes.get(index) ?? shapes.boxes.get(tape[index].scope);
  const graph = byId("graph");
  graph.scrollTo({
    left: (shape.node.x + PADDING) * shapes.scale - graph.clientWidth / 2,
    top: (shape.node.y + PADDING) * shapes.scale - graph.clientHeight / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth",
  });
}

function showList(step) {
  for (const [index, row] of [...byId("list").querySelectorAll("tbody tr")].entries()) {
    row.classList.toggle("now", index === step.node);
    row.classList.toggle("target", index === step.to);
    row.classList.toggle("todo", !isComputed(index));
    row.querySelector(".value").textContent = isComputed(index) ? brief(tape[index].value) : "";
    row.querySelector(".adjoint").textContent = adjoints[index] === null ? "" : brief(adjoints[index]);
  }
}

/** A tensor in a few words, as `Reading::range` in Rust: its numbers if they are few, otherwise shape and range. */
function brief(reading) {
  const { shape, shown } = readings[reading];
  const range = (min, max) => `[${shape.join(", ")}] ${min} … ${max}`;
  if (shown.strip) return range(shown.strip.min, shown.strip.max);
  if (shape.length === 0) return shown.numbers[0][0];
  const all = shown.numbers.flat();
  if (all.length <= 4) return `[${shown.numbers.map(row => row.join("  ")).join("; ")}]`;
  if (all.includes("NaN")) return range("NaN", "NaN");
  const value = text => Number(text.replace("inf", "Infinity"));
  const sorted = [...all].sort((a, b) => (value(a) < value(b) ? -1 : 1));
  return range(sorted[0], sorted.at(-1));
}

// ---- The card: one step in words and numbers ---------------------------------------------------

const indexOf = index => element("span", { class: "index" }, `%${index}`);
const full = index => (tape[index].role === "op" ? label(index) : tape[index].name ?? tape[index].op);

const WORDS = {
  compute: () => "computed",
  begin: () => "the result: from here backward",
  visit: ({ node: index }) => (tape[index].role === "op" ? "its adjoint is complete" : "its adjoint is complete: this is its gradient"),
  contribute: ({ to }) => `hands its adjoint on to %${to}`,
};

/** A step in one sentence, for those who hear the page. */
const SAID = {
  compute: ({ node }) => `%${node} ${full(node)} has the value ${brief(tape[node].value)}`,
  begin: ({ node, adjoint }) => `%${node} ${full(node)} is the result; its adjoint is ${brief(adjoint)}`,
  visit: ({ node }) => `%${node} ${full(node)} is reached; its adjoint is complete, ${brief(adjoints[node])}`,
  contribute: ({ node, to, contribution, adjoint }) =>
    `%${node} ${full(node)} adds ${brief(contribution)} to the adjoint of %${to} ${full(to)}, now ${brief(adjoint)}`,
};

function showCard(step) {
  const title = element("h3", {}, indexOf(step.node), ` ${full(step.node)}`);
  byId("card").replaceChildren(
    element("p", { class: "what" }, WORDS[step.kind](step)), title, ...CARDS[step.kind](step), facts(step.node));
}

const CARDS = {
  compute: ({ node: index }) => {
    const { role, forward, forwardSymbols, value, inputs } = tape[index];
    const list = pairs(...inputs.map((input, i) => [`input ${i}`, `%${input}`, tape[input].value]), ["value", "", value]);
    return role === "op" ? [formula(forward), list, explained(index, [forwardSymbols])] : [list];
  },
  begin: ({ node: index, adjoint }) => [
    element("p", {}, "The derivative of the result with respect to itself: the adjoint with which the walk back begins."),
    pairs(["value", "", tape[index].value], ["adjoint", "", adjoint]),
  ],
  visit: ({ node: index }) => {
    const { role, vjps, vjpSymbols, inputs } = tape[index];
    const parts = [pairs(["value", "", tape[index].value], ["adjoint", "", adjoints[index]])];
    if (role !== "op") return parts;
    const next = inputs.map((input, i) => element("p", { class: "formula vjp" }, vjps[i] ?? silent(), ` → %${input}`));
    return [...next, ...parts, explained(index, vjpSymbols)];
  },
  contribute: ({ node: index, input, to, contribution, before, adjoint }) => {
    const sum = before === null
      ? pairs([`adjoint of %${to}`, "", adjoint])
      : pairs(["so far", "", before], ["+ this", "", contribution], [`= adjoint of %${to}`, "", adjoint]);
    sum.classList.add("sum", "adjoint");
    const given = pairs(["value", "", tape[index].value], ["adjoint", "", adjoints[index]]);
    const operands = tape[index].inputs.map((other, i) => [`input ${i}`, `%${other}`, tape[other].value]);
    return [formula(tape[index].vjps[input], "vjp"), sum, pairs(...operands), given, explained(index, [tape[index].vjpSymbols[input]])];
  },
};

const silent = () => element("span", { class: "silent" }, "this op has no formula");

function formula(text, kind = "") {
  return element("p", { class: `formula ${kind}` }, text ?? silent());
}

/** The symbols of some formulas of a node, each with its meaning. */
function explained(index, lists) {
  const symbols = new Map();
  for (const list of lists.filter(list => list !== null)) {
    for (const { symbol, meaning, input } of glossary[list]) {
      const node = input === null ? "" : ` %${tape[index].inputs[input]}`;
      const isBarred = /\p{M}/u.test(symbol.normalize("NFD"));
      const about = input !== null && isBarred ? `${meaning},${node}` : meaning + node;
      symbols.set(symbol, about);
    }
  }
  if (!symbols.size) return "";
  const list = element("dl", { class: "symbols", "aria-label": "The symbols" });
  for (const [symbol, meaning] of symbols) list.append(element("dt", {}, symbol), element("dd", {}, meaning));
  return list;
}

/** Terms with the tensors that they name; a word may stand before a tensor. */
function pairs(...rows) {
  const list = element("dl");
  for (const [term, word, reading] of rows) {
    const about = element("dd", term.includes("adjoint") ? { class: "adjoint" } : {});
    if (word) about.append(element("span", { class: "what" }, `${word} `));
    about.append(tensor(readings[reading]));
    list.append(element("dt", {}, term), about);
  }
  return list;
}

function tensor({ shape, shown }) {
  if (shape.length === 0) return element("span", { class: "plain" }, shown.numbers[0][0]);
  if (shown.strip) return strip(shown.strip);
  const rows = shown.numbers.map(row => element("tr", {}, ...row.map(number => element("td", {}, number))));
  return element("div", { class: "scroll" }, element("table", { class: "numbers" }, ...rows));
}

function strip({ min, mean, max, cells }) {
  const columns = cells[0].length;
  const grid = element("div", { class: "strip", role: "img", "aria-label": `shades of ${cells.length} by ${columns} block means` });
  grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  for (const letter of cells.join("")) {
    const level = letter === "0" ? 0 : letter.toLowerCase().charCodeAt(0) - 96;
    const shade = element("b", letter === "?" ? { class: "nan", title: "NaN" } : letter < "a" ? { class: "below" } : {});
    shade.style.opacity = letter === "?" ? 1 : level / 26;
    grid.append(element("i", {}, shade));
  }
  return element("div", {}, grid, element("p", { class: "summary" }, `min ${min}  mean ${mean}  max ${max}`));
}

function facts(index) {
  const { value, scope, at, source, forwardTime, backwardTime } = tape[index];
  // A node that no program recorded has none.
  if (!at) return "";
  const { shape, bytes } = readings[value];
  const list = element("dl", { class: "facts" });
  const fact = (term, ...about) => list.append(element("dt", {}, term), element("dd", {}, ...about));
  fact("shape", `[${shape.join(", ")}], ${bytes.toLocaleString("en")} bytes`);
  if (scope !== null) fact("layer", scopes[scope]);
  if (forwardTime) fact("time", backwardTime ? `forward ${forwardTime}, backward ${backwardTime}` : `forward ${forwardTime}`);
  fact("recorded at", element("code", {}, at));
  if (source) fact("", element("code", {}, source));
  return list;
}

// ---- Playing: the walk goes by itself -----------------------------------------------------------

const PACE = 1200;
let timer = null;

function play() {
  if (now === steps.length - 1) jump(0);
  timer = setInterval(() => {
    jump(now + 1);
    if (now === steps.length - 1) pause();
  }, PACE);
  showPlaying();
}

function pause() {
  clearInterval(timer);
  timer = null;
  showPlaying();
}

const togglePlay = () => (timer === null ? play() : pause());

function showPlaying() {
  const isPlaying = timer !== null;
  byId("play").textContent = isPlaying ? "❚❚" : "▶";
  byId("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play: the walk goes by itself");
  byId("play").title = isPlaying ? "Pause (space)" : "Play (space)";
}

// ---- Keys, buttons, slider ---------------------------------------------------------------------

/** Goes to a step. */
function jump(step) {
  now = Math.max(0, Math.min(steps.length - 1, step));
  show();
}

/** Goes to the step that a reader asks for, who then is the one who walks. */
function go(step) {
  if (timer !== null) pause();
  jump(step);
}

const MOVES = {
  ArrowRight: () => now + 1, ArrowDown: () => now + 1, ArrowLeft: () => now - 1, ArrowUp: () => now - 1,
  Home: () => 0, End: () => steps.length - 1,
};

/** Keys that a field, and the space key that a button takes, are not for the walk. */
function isTaken({ key, target }) {
  if (target === byId("slider") || !target.matches) return false;
  return target.matches("input, textarea, select") || (key === " " && target.matches("button, summary, a, [role=button]"));
}

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
  if (event.key !== " " && !(event.key in MOVES)) return;
  event.preventDefault();
  if (event.key === " ") togglePlay();
  else go(MOVES[event.key]());
});
byId("first").onclick = () => go(0);
byId("previous").onclick = () => go(now - 1);
byId("play").onclick = togglePlay;
byId("next").onclick = () => go(now + 1);
byId("last").onclick = () => go(steps.length - 1);
byId("slider").oninput = event => go(Number(event.target.value));
addEventListener("resize", () => {
  drawGraph();
  show();
});

/** Shows a walk, at one of its steps. */
function start(walk, at = 0) {
  take(walk);
  byId("slider").max = steps.length - 1;
  byId("controls").style.setProperty("--turn", `${(100 * (tape.length - 0.5)) / Math.max(1, steps.length - 1)}%`);
  byId("list").classList.add("live");
  for (const [index, row] of [...byId("list").querySelectorAll("tbody tr")].entries()) row.onclick = () => go(stepFor(index));
  showLegend();
  byId("stage").hidden = false;
  drawGraph();
  showPlaying();
  jump(at);
}

function showLegend() {
  const parts = [element("span", {}, "Arrow keys step, the space key plays. A click goes to a node or opens a layer.")];
  if (scopes.length) {
    const open = element("button", { id: "open-all" }, "open all");
    const close = element("button", { id: "close-all" }, "close all");
    open.onclick = () => toggleAll(true);
    close.onclick = () => toggleAll(false);
    parts.push(open, close);
  }
  byId("legend").replaceChildren(...parts);
}
