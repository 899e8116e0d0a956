// A recorded tape, and its graph laid out and drawn. The data, made by html.rs:
//   nodes     what the tape holds; `value` is a position in `readings`
//   glossary  lists of symbols, each with its meaning; `forwardSymbols` and `vjpSymbols` are positions in it
//   scopes    the names of the layers; a node's `scope` is a position among them
//   steps     what happens, in order: compute …, begin, then visit and contribute …
//   readings  tensors as they are shown
"use strict";

const byId = id => document.getElementById(id);

/** An HTML element with attributes and children. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** An SVG element with attributes and children. */
function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// ---- What is known at a step ------------------------------------------------------------------

let tape = [], glossary = [], scopes = [], steps = [], readings = [];
/** The step at which each node's adjoint is complete, -1 if there is none. */
let visits = [];
/** Which layers are open. */
let isOpen = [];

let now = 0;
/** The adjoint of each node at this step as far as it has come, a position in `readings`; null before any. */
let adjoints = [];

// Up to this many nodes a graph opens with all its layers open.
const FEW_NODES = 40;

/** Takes a walk to show. */
function take(walk) {
  ({ nodes: tape, glossary, scopes, steps, readings } = walk);
  visits = tape.map(() => -1);
  for (const [at, step] of steps.entries()) if (step.kind === "visit") visits[step.node] = at;
  isOpen = scopes.map(() => tape.length <= FEW_NODES);
}

function adjointsAt(last) {
  const found = tape.map(() => null);
  for (const step of steps.slice(0, last + 1)) {
    if (step.kind === "begin") found[step.node] = step.adjoint;
    if (step.kind === "contribute") found[step.to] = step.adjoint;
  }
  return found;
}

const isComputed = index => index <= now;
const isComplete = index => visits[index] >= 0 && visits[index] <= now;

// ---- The graph: which boxes there are, and where ----------------------------------------------

const GAP = { x: 22, y: 34 };
const PADDING = 14;
const LABEL = 22;
const HEIGHT = 58;

const label = index => {
  const { name, op, role, scope } = tape[index];
  if (name === null) return op;
  if (role === "op") return `${name} = ${op}`;
  return scope === null ? name : name.slice(name.lastIndexOf(".") + 1);
};
/** The number of a scalar; the shape of anything else. */
const short = reading => {
  const { shape, shown } = readings[reading];
  return shape.length === 0 ? shown.numbers[0][0] : `[${shape.join(", ")}]`;
};

const widthOf = (...texts) => Math.max(72, ...texts.map(text => 26 + 7.4 * [...text].length));

/** Nodes of a graph in layers: sets x and y of each center, and gives the size and the edges' bends. */
function layered(nodes, edges) {
  const rank = ranks(nodes, edges);
  const layers = [];
  const put = (node, layer) => (layers[layer] ??= []).push(node);
  for (const node of nodes) put(node, rank.get(node));
  // A long edge gets a bend in each layer that it crosses, so that it keeps clear of the nodes there.
  const bends = new Map();
  const links = [];
  for (const edge of edges) {
    let from = edge[0];
    const middle = [];
    for (let layer = rank.get(edge[0]) + 1; layer < rank.get(edge[1]); layer++) {
      const bend = { width: 4, height: 0 };
      put(bend, layer);
      links.push([from, bend]);
      middle.push(from = bend);
    }
    links.push([from, edge[1]]);
    bends.set(edge, middle);
  }
  const above = neighbors(links, 1), below = neighbors(links, 0);
  order(layers, above, below);
  place(layers, above, below);
  let y = 0;
  for (const layer of layers) {
    const height = Math.max(...layer.map(node => node.height));
    for (const node of layer) Object.assign(node, { y: y + height / 2, span: height });
    y += height + GAP.y;
  }
  const all = layers.flat();
  const left = Math.min(...all.map(node => node.x - node.width / 2));
  for (const node of all) node.x -= left;
  return { width: Math.max(...all.map(node => node.x + node.width / 2)), height: y - GAP.y, bends };
}

/** The layer of each node: below all it reads; what reads nothing stands right above its reader. */
function ranks(nodes, edges) {
  const rank = new Map(nodes.map(node => [node, 0]));
  const into = neighbors(edges, 1), out = neighbors(edges, 0);
  for (const node of nodes) {
    for (const input of into.get(node) ?? []) rank.set(node, Math.max(rank.get(node), rank.get(input) + 1));
  }
  for (const node of nodes) {
    const readers = out.get(node);
    if (!into.has(node) && !node.isPort && readers) rank.set(node, Math.min(...readers.map(reader => rank.get(reader))) - 1);
  }
  return rank;
}

/** For each node the other ends of the links at whose end `end` it is. */
function neighbors(links, end) {
  const found = new Map();
  for (const link of links) {
    if (!found.has(link[end])) found.set(link[end], []);
    found.get(link[end]).push(link[1 - end]);
  }
  return found;
}

/** Orders each layer by the mean position of the neighbors, down and up in turn: fewer crossings. */
function order(layers, above, below) {
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const [position, node] of layer.entries()) {
        const others = (down ? above : below).get(node);
        node.wish = others ? others.reduce((sum, other) => sum + other.position, 0) / others.length : position;
      }
      layer.sort((a, b) => a.wish - b.wish);
      // Positions are relative, so that wide and narrow layers compare.
      for (const [position, node] of layer.entries()) node.position = (position + 0.5) / layer.length;
    }
  }
}

/** Puts each node near the mean of its neighbors, without overlap and without changing the order. */
function place(layers, above, below) {
  for (const layer of layers) {
    let x = 0;
    for (const node of layer) {
      node.x = x + node.width / 2;
      x += node.width + GAP.x;
    }
    for (const node of layer) node.x -= x / 2;
  }
  for (let sweep = 0; sweep < 12; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const node of layer) {
        const others = [...(above.get(node) ?? []), ...(below.get(node) ?? [])];
        node.wish = others.length ? others.reduce((sum, other) => sum + other.x, 0) / others.length : node.x;
      }
      settle(layer);
    }
  }
}

/** The positions in this order that are nearest to the wished ones: blocks that collide are pooled. */
function settle(layer) {
  const blocks = [];
  let offset = 0;
  for (const [index, node] of layer.entries()) {
    if (index > 0) offset += (layer[index - 1].width + node.width) / 2 + GAP.x;
    node.offset = offset;
    let block = { sum: node.wish - offset, count: 1, nodes: [node] };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).count > block.sum / block.count) {
      const before = blocks.pop();
      block = { sum: before.sum + block.sum, count: before.count + block.count, nodes: [...before.nodes, ...block.nodes] };
    }
    blocks.push(block);
  }
  for (const { sum, count, nodes } of blocks) for (const node of nodes) node.x = sum / count + node.offset;
}

/** The whole graph: layers that are open are laid out on their own first, then stand as one box. */
function layout() {
  const members = scopes.map(() => []);
  const complete = adjointsAt(steps.length - 1);
  const leaf = tape.map((entry, index) => {
    const adjoint = complete[index] === null ? "" : short(complete[index]);
    const width = widthOf(`%${index} ${label(index)}`, short(entry.value), adjoint);
    return { index, scope: entry.scope, width, height: HEIGHT, key: index };
  });
  for (const node of leaf) if (node.scope !== null) members[node.scope].push(node);
  const groups = members.map((inside, scope) => box(scope, inside));
  const unitOf = leaf.map(node => (node.scope === null ? node : groups[node.scope]));
  const units = [...new Set(unitOf)].sort((a, b) => a.key - b.key);
  const outer = new Map();
  for (const [reader, { inputs }] of tape.entries()) {
    for (const input of inputs) {
      const [from, to] = [unitOf[input], unitOf[reader]];
      if (from !== to) outer.set(`${from.key} ${to.key}`, [from, to]);
    }
  }
  const size = layered(units, [...outer.values()]);
  for (const group of groups.filter(({ open }) => open)) {
    for (const node of [...group.inside, ...[...group.routes.values()].flat()]) {
      node.x += group.x - group.width / 2 + PADDING;
      node.y += group.y - group.height / 2 + LABEL + PADDING / 2;
    }
  }
  return { leaf, groups, unitOf, outer, size };
}

/** A layer as one box. What it reads from outside comes in at the top, and has its own way through. */
function box(scope, inside) {
  const group = { scope, inside, open: isOpen[scope], key: Math.max(...inside.map(node => node.index)), routes: new Map() };
  if (!group.open) return Object.assign(group, { width: widthOf(scopes[scope]), height: HEIGHT });
  const ports = [], edges = [];
  for (const to of inside) {
    for (const input of new Set(tape[to.index].inputs)) {
      let from = inside.find(node => node.index === input);
      if (!from) ports.push(from = { width: 4, height: 0, isPort: true });
      edges.push([from, to, input]);
    }
  }
  const { width, height, bends } = layered([...ports, ...inside], edges);
  for (const edge of edges) {
    const [from, to, input] = edge;
    group.routes.set(routeKey(input, to.index), [...(from.isPort ? [from] : []), ...bends.get(edge)]);
  }
  return Object.assign(group, { width: width + 2 * PADDING, height: height + LABEL + 1.5 * PADDING });
}

const routeKey = (input, reader) => `${input} ${reader}`;

// ---- The graph: drawn --------------------------------------------------------------------------

let shapes;

function drawGraph() {
  const { leaf, groups, unitOf, outer, size } = layout();
  const [width, height] = [size.width + 2 * PADDING, size.height + 2 * PADDING];
  const scale = scaleOf(width, height);
  const svg = drawn("svg", {
    width: width * scale, height: height * scale, viewBox: `${-PADDING} ${-PADDING} ${width} ${height}`,
  });
  shapes = { svg, scale, edges: [], nodes: new Map(), boxes: new Map() };
  for (const group of groups) if (group.open) svg.append(drawOutline(group));
  for (const [reader, { inputs }] of tape.entries()) {
    for (const [input, index] of inputs.entries()) {
      const [from, to] = [unitOf[index], unitOf[reader]];
      if (from === to && from.open === false) continue;
      const outside = from === to ? [] : size.bends.get(outer.get(`${from.key} ${to.key}`));
      const bends = [...outside, ...(to.routes?.get(routeKey(index, reader)) ?? [])];
      const start = from.open === false ? from : leaf[index];
      const end = to.open === false ? to : leaf[reader];
      // Two inputs that are one node would cover each other.
      const nudge = inputs.indexOf(index) === inputs.lastIndexOf(index) ? 0 : (input - (inputs.length - 1) / 2) * 14;
      const path = drawn("path", { class: "edge", d: curve(start, bends, end, nudge) });
      shapes.edges.push({ path, reader, input, index });
      svg.append(path);
    }
  }
  for (const node of leaf) if (unitOf[node.index].open !== false) svg.append(drawNode(node));
  for (const group of groups) svg.append(group.open ? drawHandle(group) : drawScope(group));
  byId("graph").replaceChildren(svg);
}

/** Small graphs are drawn larger, and wide ones smaller as long as they can be read. */
function scaleOf(width, height) {
  const fit = byId("graph").clientWidth / width;
  return fit < 1 ? Math.max(fit, 0.75) : Math.max(1, Math.min(fit, 480 / height, 1.4));
}

/** A smooth line down from the lower side of one node, through the bends, to the upper side of another. */
function curve(start, bends, end, nudge) {
  // It passes straight between the nodes of the layer in which it has a bend.
  const passes = bends.flatMap(({ x, y, span }) => [[x, y - span / 2], [x, y + span / 2]]);
  const points = [[start.x + nudge, start.y + start.height / 2], ...passes, [end.x + nudge, end.y - end.height / 2]];
  let d = `M${points[0].map(Math.round)}`;
  for (let index = 1; index < points.length; index++) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    const middle = (y0 + y1) / 2;
    d += `C${[x0, middle, x1, middle, x1, y1].map(Math.round)}`;
  }
  return d;
}

const rectangle = (node, attributes) => drawn("rect", {
  x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height, ...attributes,
});

function drawNode(node) {
  const isLeaf = tape[node.index].role !== "op";
  const text = (className, dy, ...content) => drawn("text", { class: className, x: node.x, y: node.y + dy }, ...content);
  const adjoint = text("adjoint", 21), value = text("value", 5);
  const number = drawn("tspan", { class: "number" }, `%${node.index}`);
  const group = drawn("g", { class: "node", "data-node": node.index },
    rectangle(node, { rx: isLeaf ? 20 : 5 }),
    text("name", -11, number, ` ${label(node.index)}`), value, adjoint);
  group.addEventListener("click", () => go(stepFor(node.index)));
  shapes.nodes.set(node.index, { group, value, adjoint, node });
  return group;
}

function drawScope(box) {
  const text = (className, dy, content) => drawn("text", { class: className, x: box.x, y: box.y + dy }, content);
  const adjoint = text("adjoint", 21, "");
  const group = drawn("g", {
    class: "node scope", "data-scope": box.scope, tabindex: 0, role: "button",
    "aria-label": `open the layer ${scopes[box.scope]}`,
  }, rectangle({ ...box, x: box.x + 4, y: box.y + 4 }, { class: "shadow", rx: 5 }), rectangle(box, { rx: 5 }),
  text("name", -11, scopes[box.scope]), text("value", 5, `${box.inside.length} nodes`), adjoint);
  onActivate(group, () => toggle(box.scope));
  shapes.boxes.set(box.scope, { group, adjoint, node: box });
  return group;
}

const drawOutline = box => drawn("g", { class: "box", "data-scope": box.scope }, rectangle(box, { rx: 10 }));

/** The name of an open layer, which closes it. */
function drawHandle(box) {
  const [right, top] = [box.x + box.width / 2, box.y - box.height / 2];
  const handle = drawn("g", {
    class: "handle", "data-scope": box.scope, tabindex: 0, role: "button", "aria-label": `close the layer ${scopes[box.scope]}`,
  }, drawn("text", { x: right - 10, y: top + 16 }, `− ${scopes[box.scope]}`));
  onActivate(handle, () => toggle(box.scope));
  return handle;
}

function onActivate(target, act) {
  target.addEventListener("click", act);
  target.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  });
}

function toggle(scope) {
  isOpen[scope] = !isOpen[scope];
  drawGraph();
  show();
}

function toggleAll(open) {
  isOpen.fill(open);
  drawGraph();
  show();
}

/** The step to go to for a node: on the way back where its adjoint is complete, else where it is computed. */
const stepFor = index => (now >= tape.length && visits[index] >= 0 ? visits[index] : index);
