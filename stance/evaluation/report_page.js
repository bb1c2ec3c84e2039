// Draws the figures. What comes from a file is only ever set as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";
const FEW = { actors: 20, timeline: 9, channels: 12, contested: 12, outlets: 20, stories: 25 };
const full = new Set();
let view;

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return dress(made, attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, name), attributes, children);
}

function dress(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "click") {
      made.addEventListener("click", value);
      made.classList.add("leads");
      made.setAttribute("tabindex", "0");
      made.addEventListener("keydown", (event) => { if (event.key === "Enter") value(event); });
    } else if (key === "style") made.style.cssText = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const bdi = (text) => el("bdi", {}, text);
const colour = (stance) => `c${meta.colours[stance]}`;
const badge = (stance) => el("span", { class: `badge ${colour(stance)}` }, stanceName(stance));
const barOrder = () => [meta.poles[0], ...meta.sides.filter((side) => !meta.poles.includes(side)), meta.poles[1]];

function bar(counts, found, list, title) {
  const made = el("div", { class: "bar" });
  const share = (side) => found[meta.sides.indexOf(side)];
  if (Number.isNaN(share(meta.poles[0])[0])) return el("div", { class: "bar empty" });
  for (const side of barOrder()) {
    const [width] = share(side);
    if (width <= 0) continue;
    const tip = `${stanceName(side)} ${percent(width)} [${percent(share(side)[1])} – ${percent(share(side)[2])}], ${counts[side]}`;
    made.append(el("span", {
      class: colour(side), style: `width:${width * 100}%`, title: tip,
      click: () => openSentences(`${title} · ${stanceName(side)}`, list.filter((story) => story.stance === side)),
    }, width > 0.12 ? percent(width) : ""));
  }
  const ends = [share(meta.poles[0]), share(meta.poles[1])];
  ends.forEach(([, low, high], end) => made.append(el("i", {
    class: `whisker ${end ? "above" : "below"} ${colour(meta.poles[end])}`,
    style: `inset-inline-${end ? "end" : "start"}:${low * 100}%;width:${(high - low) * 100}%`,
  })));
  return made;
}

function counts(one) {
  const absent = meta.absent === null ? 0 : one.counts[meta.absent];
  const leads = (text, list, name) => el("a", { click: () => openSentences(name, list) }, text);
  return el("span", { class: "counts" },
    leads(say("storiesCount", { n: number(one.list.length) }), one.list, one.title),
    one.articles > one.list.length ? ` · ${say("articlesCount", { n: number(one.articles) })}` : "",
    ...(absent ? [" · ", leads(say("silent", { n: number(absent) }), one.list.filter((story) => story.stance === meta.absent), one.title)] : []),
    one.abstained ? ` · ${say("abstained", { n: number(one.abstained) })}` : "",
    meta.correction && !one.corrected && one.list.length ? ` · ${say("uncorrected")}` : "");
}

function section(id, values, lines, draw, holder = el("div", { class: "lines" })) {
  const made = document.getElementById(id);
  const shown = full.has(id) || !(id in FEW) ? lines : lines.slice(0, FEW[id]);
  holder.append(...shown.map(draw));
  const more = shown.length < lines.length
    ? el("button", { click: () => { full.add(id); draws[id](); } }, say("more", { n: lines.length })) : null;
  made.replaceChildren(el("h2", {}, say(`${id}Title`)), el("p", { class: "quiet" }, say(`${id}Text`, values)),
    lines.length ? holder : el("p", {}, say("nothing")), ...(more ? [more] : []));
}

const status = () => el("small", { class: "status" }, say(meta.correction && !view.channel ? "corrected" : "uncorrected"));

const draws = {
  actors() {
    section("actors", {}, actorsFigure(view), (one) => el("div", { class: "line" },
      el("a", { class: "name", click: () => narrow({ actor: one.actor }) }, bdi(actorName(one.actor))),
      bar(one.counts, one.shares, one.list, actorName(one.actor)), counts({ ...one, title: actorName(one.actor) })));
    document.querySelector("#actors h2").append(" ", status(), el("span", { class: "legend" }, ...barOrder().map(badge)));
  },
  timeline() {
    const found = timelineFigure(view);
    section("timeline", { span: say(found.long ? "quarter" : "month") }, found.actors,
      (one) => el("figure", {}, el("figcaption", {}, bdi(actorName(one.actor))), timeline(one, found)), el("div", { class: "multiples" }));
  },
  channels() {
    section("channels", {}, channelsFigure(view), (one) => el("div", { class: "line wide" },
      el("span", { class: "name" }, bdi(actorName(one.actor)),
        one.opposed ? el("strong", { class: "differs" }, say("differs")) : null,
        one.both.length ? el("a", { class: "quiet", click: () => openSentences(`${actorName(one.actor)} · ${say("differs")}`, one.both) },
          say("inOne", { n: one.both.length })) : null),
      ...one.channels.map((held) => el("div", { class: "cell" }, el("small", {}, `${say(held.channel)} · ${held.list.length}`),
        bar(held.counts, held.shares, held.list, `${actorName(one.actor)} · ${say(held.channel)}`)))));
  },
  changes() {
    section("changes", { fewest: meta.fewest, looks: number(meta.looks) }, changesFigure(view), (one) => el("div", { class: "card" },
      el("h3", {}, bdi(actorName(one.actor)), " ", el("small", {}, bdi(targetName(one.target)))),
      el("p", {}, el("strong", {}, say("since", { month: isolated(monthName(one.month)) })), " ", badge(meta.poles[one.sides[0]]),
        language ? " ← " : " → ", badge(meta.poles[one.sides[1]]), " ",
        el("small", { class: "quiet" }, say("p", { p: one.p < 0.001 ? "< 0.001" : one.p.toFixed(3) }).replace("= <", "<"))),
      ...[["before", one.before], ["after", one.after]].map(([when, [a, b]]) => el("div", { class: "line thin" },
        el("span", { class: "name" }, say(when)),
        bar(poleOnly([a, b]), shares(poleOnly([a, b]), false), one.list.filter((story) => (monthOf(story.day) < one.month) === (when === "before")),
          `${actorName(one.actor)} · ${say(when)}`),
        el("span", { class: "counts" }, say("storiesCount", { n: a + b })))),
      el("button", { click: () => openSentences(`${actorName(one.actor)} · ${say("nearest")}`, one.shown, true) }, say("nearest"))), el("div", { class: "cards" }));
  },
  contested() {
    section("contested", {}, contestedFigure(view), (one) => {
      const all = counted(one.list);
      return el("div", { class: "line" }, el("a", { class: "name", click: () => narrow({ actor: one.actor }) }, bdi(actorName(one.actor))),
        bar(all, shares(all, false), one.list, actorName(one.actor)),
        el("span", { class: "counts" }, `${percent(one.share[0])} [${percent(one.share[1])} – ${percent(one.share[2])}] · ${one.contested} / ${one.stories}`));
    });
  },
  outlets() {
    section("outlets", { pole: stanceName(meta.poles[0]) }, outletsFigure(view), (one) => {
      const name = meta.sources[one.source];
      return el("div", { class: "line wider" }, el("a", { class: "name", click: () => narrow({ outlet: one.source }) }, bdi(name)),
        bar(one.counts, one.shares, one.list, name), lean(one.lean), counts({ ...one, title: name }));
    });
    document.querySelector("#outlets h2").append(" ", status());
  },
  network() { section("network", { least: meta.least }, [networkFigure(view)].filter((one) => one.nodes.length), network); },
};

const poleOnly = (pair) => meta.classes.map((_, at) => (meta.poles.includes(at) ? pair[meta.poles.indexOf(at)] : 0));
const flip = (x, width) => (language ? width - x : x);

function timeline(one, { range, name }) {
  const width = 340, height = 120, top = 8, low = 96, left = 8;
  const x = (bin) => flip(left + (range[0] === range[1] ? 0.5 : (bin - range[0]) / (range[1] - range[0])) * (width - 2 * left), width);
  const y = (share) => low - share * (low - top);
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  for (const share of [0, 0.5, 1]) drawn.append(svg("line", { class: "grid", x1: left, x2: width - left, y1: y(share), y2: y(share) }));
  meta.poles.forEach((pole) => {
    const points = one.points.map((point) => ({ ...point, share: point.shares[meta.sides.indexOf(pole)] }));
    const beside = (bin) => x(bin) + (pole === meta.poles[0] ? -1.5 : 1.5);
    const path = points.map((point, at) => `${at ? "L" : "M"}${beside(point.bin).toFixed(1)} ${y(point.share[0]).toFixed(1)}`);
    drawn.append(svg("path", { class: `course ${colour(pole)}`, d: path.join("") }));
    for (const point of points) {
      const list = point.list.filter((story) => story.stance === pole), [share, from, to] = point.share;
      if (!list.length) continue;
      drawn.append(svg("line", { class: `interval ${colour(pole)}`, x1: beside(point.bin), x2: beside(point.bin), y1: y(from), y2: y(to) }));
      drawn.append(svg("circle", {
        class: colour(pole), cx: beside(point.bin), cy: y(share), r: Math.min(1.5 + Math.sqrt(list.length) * 0.7, 5.5),
        click: () => openSentences(`${actorName(one.actor)} · ${isolated(name(point.bin))} · ${stanceName(pole)}`, list),
      }, svg("title", {}, `${name(point.bin)}: ${stanceName(pole)} ${percent(share)} [${percent(from)} – ${percent(to)}], ${list.length}`)));
    }
  });
  const label = (bin, anchor) => svg("text", { x: x(bin), y: height - 8, "text-anchor": anchor, direction: "ltr" }, name(bin));
  const ends = language ? ["end", "start"] : ["start", "end"];
  drawn.append(label(range[0], ends[0]), ...(range[0] === range[1] ? [] : [label(range[1], ends[1])]));
  return drawn;
}

function lean(found) {
  if (found === null) return el("span", { class: "lean" });
  const at = (value) => (value + 1) * 50, side = meta.poles[found[0] < 0 ? 1 : 0];
  const points = (value) => `${value > 0 ? "+" : ""}${Math.round(value * 100)}`;
  return el("span", { class: "lean", title: `${say("lean")} ${points(found[0])} [${points(found[1])}, ${points(found[2])}]` },
    el("i", { class: `whisker ${colour(side)}`, style: `inset-inline-end:${at(found[1])}%;width:${at(found[2]) - at(found[1])}%` }),
    el("i", { class: `dot ${colour(side)}`, style: `inset-inline-end:${at(found[0])}%` }));
}

function fits(labels, x, y, name) {
  const half = name.length * 3.6 + 6, free = labels.every((one) => Math.abs(one.y - y) > 14 || Math.abs(one.x - x) > one.half + half);
  if (free) labels.push({ x, y, half });
  return free;
}

function network({ nodes, edges }) {
  const width = 1000, height = 620;
  const x = (node) => flip(width / 2 + node.at[0] * 400, width), y = (node) => height / 2 + node.at[1] * 270;
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "network", role: "img" });
  const line = (edge, kind) => svg("line", { class: kind, x1: x(edge.one), y1: y(edge.one), x2: x(edge.other), y2: y(edge.other) });
  drawn.append(...edges.filter((edge) => edge.agreed > edge.apart).map((edge) => line(edge, "with")));
  const against = svg("g");
  drawn.append(against);
  const labels = [], names = svg("g", { class: "names" });
  // The largest first: a name that would cover another is left to the pointer.
  for (const node of nodes.sort((a, b) => b.list.length - a.list.length)) {
    const size = Math.min(4 + Math.sqrt(node.list.length), 16);
    const mark = svg("g", { click: () => openSentences(actorName(node.actor), node.list) },
      svg("circle", { cx: x(node), cy: y(node), r: size, class: colour(meta.poles[node.side < 0 ? 1 : 0]), "fill-opacity": 0.35 + 0.65 * Math.abs(node.side) },
        svg("title", {}, `${actorName(node.actor)} · ${node.list.length}`)));
    if (fits(labels, x(node), y(node) - size - 4, actorName(node.actor))) {
      names.append(svg("text", { x: x(node), y: y(node) - size - 4, "text-anchor": "middle" }, actorName(node.actor)));
    }
    mark.addEventListener("mouseenter", () => against.replaceChildren(
      ...edges.filter((edge) => edge.apart > edge.agreed && [edge.one, edge.other].includes(node)).map((edge) => line(edge, "versus"))));
    mark.addEventListener("mouseleave", () => against.replaceChildren());
    drawn.append(mark);
  }
  drawn.append(names);
  return drawn;
}
