// From a figure to its sentences, from a sentence to its place in the article; filters; and the start.

function openSentences(title, list, inOrder = false) {
  const drawer = document.getElementById("sentences");
  const held = inOrder ? list : [...list].sort((a, b) => b.day - a.day || a.copies[0] - b.copies[0]);
  const holder = el("div");
  let shown = 0;
  const more = el("button", { click: () => fill() }, say("moreStories"));
  const fill = () => {
    holder.append(...held.slice(shown, shown + FEW.stories).map(storyCard));
    shown += FEW.stories;
    more.hidden = shown >= held.length;
  };
  drawer.replaceChildren(el("header", {}, el("button", { class: "close", click: closeSentences }, say("close")),
    el("h2", {}, bdi(title)), el("p", { class: "quiet" }, `${say("storiesCount", { n: number(held.length) })} · ${say("articlesCount", { n: number(copiesOf(held)) })}`)),
  holder, more);
  fill();
  drawer.hidden = false;
  drawer.scrollTop = 0;
}

function closeSentences() { document.getElementById("sentences").hidden = true; }

function storyCard(story) {
  const row = story.copies[0], at = rows.document[row];
  const outlet = documents.source[at] === NOTHING ? "" : meta.sources[documents.source[at]];
  const title = el("h3", { dir: "auto" }), body = el("div", { class: "said" });
  const channels = ["public", "private", "action"].filter((name) => meta.sides.includes(rows[name][row]))
    .map((name) => el("span", { class: "told" }, `${say(name)}: `, badge(rows[name][row])));
  const made = el("article", { class: "story" }, title,
    el("p", { class: "quiet" }, story.day === NOTHING ? say("undated") : isolated(dayName(story.day)), " · ", bdi(outlet), " · ",
      bdi(actorName(story.actor)), " · ", bdi(targetName(story.target))),
    el("p", {}, badge(story.stance), ...channels), body);
  if (story.copies.length > 1) {
    const names = new Set(story.copies.map((one) => meta.sources[rows.source[one]]).filter((name) => name !== undefined));
    made.append(el("p", { class: "quiet" }, say("copies", { n: story.copies.length, outlets: [...names].join(language ? "، " : ", ") })));
  }
  fillStory(row, at, title, body);
  return made;
}

async function fillStory(row, at, title, body) {
  const facts = (await part(`d${Math.floor(at / meta.part)}`))[at % meta.part];
  const [, evidence] = (await part(`s${Math.floor(row / meta.part)}`))[row % meta.part];
  title.append(facts[1] || facts[0]);
  body.append(...evidence.map((item) => el("blockquote", {
    dir: "auto", class: item[3] === NOTHING ? "" : colour(item[3]), title: say("inArticle"), click: () => openArticle(row, item),
  }, item[2])));
  if (!evidence.length) body.append(el("p", { class: "quiet" }, say("noSentence")));
  body.append(el("button", { click: () => openArticle(row, null) }, say("openArticle")));
}

async function openArticle(row, item) {
  const at = rows.document[row], dialog = document.getElementById("article");
  const facts = (await part(`d${Math.floor(at / meta.part)}`))[at % meta.part];
  const [mentions, evidence] = (await part(`s${Math.floor(row / meta.part)}`))[row % meta.part];
  const text = documents.part[at] === NOTHING ? null : (await part(`t${documents.part[at]}`))[documents.slot[at]];
  const outlet = documents.source[at] === NOTHING ? "" : meta.sources[documents.source[at]];
  const body = text === null
    ? el("div", {}, el("p", { class: "quiet" }, say("noText")), ...evidence.map((one) => el("blockquote", { dir: "auto" }, one[2])))
    : el("div", { class: "text", dir: "auto" }, ...marked(text, mentions, evidence, item));
  dialog.replaceChildren(el("header", {}, el("button", { class: "close", click: () => dialog.close() }, say("close")),
    el("h2", { dir: "auto" }, facts[1] || facts[0]),
    el("p", { class: "quiet" }, bdi(facts[2] || say("undated")), " · ", bdi(outlet), " · ", bdi(facts[0]),
      ...(facts[3] ? [` · ${say("page")} `, bdi(facts[3])] : [])),
    el("p", {}, el("strong", {}, bdi(actorName(rows.actor[row]))), " ", badge(rows.stance[row]))), body);
  if (!dialog.open) dialog.showModal();
  const place = dialog.querySelector(".here") || dialog.querySelector("mark, u");
  if (place) place.scrollIntoView({ block: "center" });
}

// Offsets count code points, as the predictions file does; the browser counts otherwise.
function marked(text, mentions, evidence, item) {
  const letters = Array.from(text), within = (at) => Math.max(0, Math.min(letters.length, at));
  const spans = [...evidence.map(([start, end]) => [start, end]), ...mentions];
  const edges = [...new Set([0, letters.length, ...spans.flat().map(within)])].sort((a, b) => a - b);
  return edges.slice(0, -1).map((start, at) => {
    const end = edges[at + 1], said = evidence.find((one) => one[0] <= start && end <= one[1]);
    let made = document.createTextNode(letters.slice(start, end).join(""));
    if (mentions.some(([from, to]) => from <= start && end <= to)) made = el("u", {}, made);
    if (!said) return made;
    const here = item !== null && said[0] === item[0] && said[1] === item[1];
    return el("mark", { class: `${said[3] === NOTHING ? "" : colour(said[3])}${here ? " here" : ""}` }, made);
  });
}

const EMPTY = { actor: null, target: null, outlet: null, channel: null, from: null, to: null };
let filter = { ...EMPTY };

function narrow(change) {
  filter = { ...filter, ...change };
  drawFilters();
  apply();
  document.getElementById("filters").scrollIntoView({ block: "start" });
}

// The figures are drawn one by one, so that the first is there at once; a later change of the filters ends the row.
async function apply() {
  const kept = chosen(filter);
  const own = { kept, channel: filter.channel, stories: stories(kept, filter.channel) };
  view = own;
  delete document.documentElement.dataset.ready;
  closeSentences();
  facts();
  for (const draw of Object.values(draws)) {
    draw();
    await new Promise((painted) => setTimeout(painted));
    if (view !== own) return;
  }
  document.documentElement.dataset.ready = "yes";
}

function facts() {
  const days = view.stories.map((story) => story.day).filter((day) => day !== NOTHING);
  const ends = days.reduce(([a, b], day) => [Math.min(a, day), Math.max(b, day)], [FAR, NOTHING]);
  const unique = (column) => {
    const found = new Set();
    for (const row of view.kept) found.add(rows[column][row]);
    return found.size;
  };
  const lines = [say("facts", { stories: number(view.stories.length), articles: number(unique("document")), outlets: number(unique("source")), actors: number(unique("actor")) })];
  if (days.length) lines.push(say("dates", { from: isolated(dayName(ends[0])), to: isolated(dayName(ends[1])) }));
  if (meta.models.length) lines.push(say("model", { model: meta.models.join(", ") }));
  const abstained = view.kept.reduce((sum, row) => sum + rows.abstained[row], 0);
  const note = meta.correction ? say("correctedNote", { n: number(meta.correction.examples), enough: meta.enough }) : say(meta.weak ? "weakNote" : "uncorrectedNote");
  document.getElementById("facts").replaceChildren(el("p", {}, bdi(lines.join(" · "))),
    ...(abstained ? [el("p", {}, say("abstainedFacts", { n: number(abstained) }))] : []), el("p", { class: "quiet" }, note));
}

function drawFilters() {
  const form = document.getElementById("filters");
  const select = (key, options) => {
    const made = el("select", { name: key }, el("option", { value: "" }, say("all")),
      ...options.map(([value, shown]) => el("option", { value }, shown)));
    made.value = filter[key] === null ? "" : String(filter[key]);
    return el("label", {}, `${say(key)} `, made);
  };
  const named = (count, name) => Array.from({ length: count }, (_, at) => [String(at), name(at)])
    .sort((a, b) => a[1].localeCompare(b[1], language ? "ar" : "en"));
  const day = (key) => {
    const made = el("input", { type: "date", name: key });
    made.value = filter[key] === null ? "" : dayName(filter[key]);
    return el("label", {}, `${say(key)} `, made);
  };
  form.replaceChildren(select("actor", named(meta.actors.length, actorName)), select("target", named(meta.targets.length, targetName)),
    select("outlet", named(meta.sources.length, (at) => meta.sources[at])),
    select("channel", ["public", "private", "action"].map((name) => [name, say(name)])), day("from"), day("to"),
    el("button", { type: "button", click: () => narrow(EMPTY) }, say("reset")));
}

function readFilters() {
  const given = Object.fromEntries(new FormData(document.getElementById("filters")));
  const whole = (value) => (value === "" ? null : Number(value));
  const day = (value) => (value === "" ? null : Math.round(Date.parse(value) / 86400000));
  filter = {
    actor: whole(given.actor), target: whole(given.target), outlet: whole(given.outlet), channel: given.channel || null,
    from: day(given.from), to: day(given.to),
  };
  apply();
}

function speak() {
  document.documentElement.lang = language ? "ar" : "en";
  document.documentElement.dir = language ? "rtl" : "ltr";
  document.title = say("title");
  document.getElementById("title").textContent = say("title");
  document.getElementById("subtitle").textContent = say("subtitle");
  document.getElementById("language").textContent = say("language");
}

async function start() {
  speak();
  document.getElementById("facts").textContent = say("opening");
  // What is there is painted before the data are unpacked.
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  await load();
  drawFilters();
  const drawn = apply();
  const form = document.getElementById("filters");
  form.addEventListener("change", readFilters);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("language").addEventListener("click", () => {
    language = 1 - language;
    speak();
    drawFilters();
    apply();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeSentences(); });
  await drawn;
}

start();
