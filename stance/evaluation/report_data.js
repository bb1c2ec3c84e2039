"use strict";
// What the page knows, unpacked; and stories, counted as stance/evaluation/report_stories.py counts them.
const NOTHING = -1, FAR = 2 ** 31 - 1;
let meta, rows, documents, order;
const opened = new Map();

async function inflate(id) {
  const text = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

async function inflateJson(id) { return JSON.parse(new TextDecoder().decode(await inflate(id))); }

function part(id) {
  if (!opened.has(id)) opened.set(id, inflateJson(id));
  return opened.get(id);
}

async function load() {
  meta = await inflateJson("meta");
  const buffer = await inflate("columns"), n = meta.rows, m = meta.documents;
  let place = 0;
  const take = (kind, count) => {
    const column = new kind(buffer, place, count);
    place += count * kind.BYTES_PER_ELEMENT;
    return column;
  };
  rows = {}; documents = {};
  for (const name of ["actor", "target", "document", "cluster"]) rows[name] = take(Int32Array, n);
  for (const name of ["day", "source", "part", "slot"]) documents[name] = take(Int32Array, m);
  for (const name of ["stance", "public", "private", "action", "abstained"]) rows[name] = take(Int8Array, n);
  rows.day = rows.document.map((at) => documents.day[at]);
  rows.source = rows.document.map((at) => documents.source[at]);
  const late = rows.day.map((day) => (day === NOTHING ? FAR : day));
  order = Uint32Array.from({ length: n }, (_, row) => row).sort((a, b) => late[a] - late[b] || a - b);
}

function chosen(filter) {
  const dated = filter.from !== null || filter.to !== null;
  return order.filter((row) =>
    (filter.actor === null || rows.actor[row] === filter.actor) &&
    (filter.target === null || rows.target[row] === filter.target) &&
    (filter.outlet === null || rows.source[row] === filter.outlet) &&
    (!dated || rows.day[row] !== NOTHING) &&
    (filter.from === null || rows.day[row] >= filter.from) &&
    (filter.to === null || rows.day[row] <= filter.to));
}

function stories(kept, channel, byOutlet = false) {
  const stance = rows[channel || "stance"], found = new Map(), list = [];
  for (const row of kept) {
    if (rows.abstained[row] || stance[row] === NOTHING) continue;
    if (channel && !meta.sides.includes(stance[row])) continue;
    let key = (rows.cluster[row] * meta.actors.length + rows.actor[row]) * meta.targets.length + rows.target[row];
    if (byOutlet) key = key * (meta.sources.length + 1) + rows.source[row] + 1;
    let story = found.get(key);
    if (story === undefined) {
      story = { actor: rows.actor[row], target: rows.target[row], day: rows.day[row], source: rows.source[row], copies: [] };
      found.set(key, story);
      list.push(story);
    }
    story.copies.push(row);
  }
  for (const story of list) story.stance = majority(story.copies, stance);
  return list;
}

function majority(copies, stance) {
  if (copies.length === 1) return stance[copies[0]];
  const counts = meta.classes.map(() => 0);
  for (const row of copies) counts[stance[row]] += 1;
  const most = Math.max(...counts);
  return stance[copies.find((row) => counts[stance[row]] === most)];
}

function grouped(list, keyOf) {
  const found = new Map();
  for (const one of list) {
    const key = keyOf(one);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(one);
  }
  return found;
}

function counted(list) {
  const counts = meta.classes.map(() => 0);
  for (const story of list) counts[story.stance] += 1;
  return counts;
}

const copiesOf = (list) => list.reduce((sum, story) => sum + story.copies.length, 0);
const onPole = (story) => meta.poles.includes(story.stance);

function wilson(count, total) {
  if (total === 0) return [NaN, NaN, NaN];
  const z2 = meta.z ** 2, share = count / total;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = meta.z / (1 + z2 / total) * Math.sqrt(share * (1 - share) / total + z2 / (4 * total * total));
  return [share, Math.max(0, centre - half), Math.min(1, centre + half)];
}

// Share, low and high of each side; corrected where that can be (report_correction.py).
function shares(counts, correct) {
  const total = meta.sides.reduce((sum, side) => sum + counts[side], 0);
  return correct ? corrected(counts) : meta.sides.map((side) => wilson(counts[side], total));
}

// What is known are mistakes over all channels, and of few stories nothing can be corrected.
function correctable(counts, channel) {
  return !channel && meta.correction !== null && counts.reduce((sum, count) => sum + count, 0) >= meta.enough;
}

const times = (matrix, vector) => matrix.map((line) => line.reduce((sum, value, at) => sum + value * vector[at], 0));

function corrected(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0), { inverse, draws } = meta.correction;
  if (total === 0) return meta.sides.map(() => [NaN, NaN, NaN]);
  const answered = counts.map((count) => count / total);
  const drawn = draws.map((matrix) => times(matrix, answered));
  const mean = counts.map((_, at) => drawn.reduce((sum, one) => sum + one[at], 0) / drawn.length);
  const spread = counts.map((_, i) => counts.map((_, j) => {
    let sum = drawn.reduce((all, one) => all + (one[i] - mean[i]) * (one[j] - mean[j]), 0) / drawn.length;
    answered.forEach((a, k) => answered.forEach((b, l) => {
      sum += inverse[i][k] * inverse[j][l] * ((k === l ? a : 0) - a * b) / total;
    }));
    return sum;
  }));
  const present = nearest(times(inverse, answered)), sides = meta.sides;
  const whole = sides.reduce((sum, side) => sum + present[side], 0);
  if (whole <= 0) return sides.map(() => [NaN, NaN, NaN]);
  return sides.map((side) => {
    const share = present[side] / whole, slope = sides.map((other) => ((other === side ? 1 : 0) - share) / whole);
    let variance = 0;
    sides.forEach((a, i) => sides.forEach((b, j) => { variance += slope[i] * spread[a][b] * slope[j]; }));
    const half = meta.z * Math.sqrt(Math.max(variance, 0));
    return [share, Math.max(0, share - half), Math.min(1, share + half)];
  });
}

function nearest(vector) {
  const falling = [...vector].sort((a, b) => b - a);
  let sum = 0, over = 0;
  falling.forEach((value, at) => { sum += value; if (value > (sum - 1) / (at + 1)) over = (sum - 1) / (at + 1); });
  return vector.map((value) => Math.max(value - over, 0));
}

const monthsOfDays = new Map([[NOTHING, NOTHING]]);
function monthOf(day) {
  let month = monthsOfDays.get(day);
  if (month === undefined) {
    const date = new Date(day * 86400000);
    month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
    monthsOfDays.set(day, month);
  }
  return month;
}
const quarterOf = (day) => (day === NOTHING ? NOTHING : Math.floor(monthOf(day) / 3));
const monthName = (month) => `${1970 + Math.floor(month / 12)}-${String(month % 12 + 1).padStart(2, "0")}`;
const quarterName = (quarter) => `${1970 + Math.floor(quarter / 4)}-Q${quarter % 4 + 1}`;
const dayName = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
