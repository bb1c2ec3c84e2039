// The figures as plain data, of the stories that the filters leave: what report_tables.py counts of all of them.

function actorsFigure(view) {
  const abstained = meta.actors.map(() => 0);
  for (const row of view.kept) if (rows.abstained[row]) abstained[rows.actor[row]] += 1;
  const found = grouped(view.stories, (story) => story.actor);
  for (const row of view.kept) if (!found.has(rows.actor[row])) found.set(rows.actor[row], []);
  return [...found].map(([actor, list]) => ({
    actor, list, ...shared(list, view.channel), articles: copiesOf(list), abstained: abstained[actor],
  })).sort((a, b) => b.list.length - a.list.length || byId(a.actor, b.actor));
}

function shared(list, channel) {
  const counts = counted(list), correct = correctable(counts, channel);
  return { counts, corrected: correct, shares: shares(counts, correct) };
}

const byId = (a, b) => (meta.actors[a].id < meta.actors[b].id ? -1 : 1);

function timelineFigure(view) {
  const dated = view.stories.filter((story) => story.day !== NOTHING);
  const known = dated.map((story) => monthOf(story.day)), first = known.reduce((a, b) => Math.min(a, b), FAR);
  const last = known.reduce((a, b) => Math.max(a, b), NOTHING), long = last - first >= meta.months;
  const binOf = long ? quarterOf : monthOf, name = long ? quarterName : monthName;
  const range = dated.length ? [long ? Math.floor(first / 3) : first, long ? Math.floor(last / 3) : last] : null;
  const actors = [...grouped(dated, (story) => story.actor)].map(([actor, list]) => ({
    actor, size: list.filter(onPole).length,
    points: [...grouped(list, (story) => binOf(story.day))].map(([bin, held]) => ({
      bin, list: held, counts: counted(held), shares: shares(counted(held), false),
    })).filter((point) => !Number.isNaN(point.shares[0][0])).sort((a, b) => a.bin - b.bin),
  })).filter((one) => one.size).sort((a, b) => b.size - a.size || byId(a.actor, b.actor));
  return { range, name, long, actors };
}

function channelsFigure(view) {
  const channels = ["public", "private", "action"];
  const held = channels.map((channel) => grouped(stories(view.kept, channel), (story) => story.actor));
  const both = new Map();
  for (const row of view.kept) {
    const open = rows.public[row], hidden = rows.private[row];
    if (rows.abstained[row] || open === hidden || !meta.poles.includes(open) || !meta.poles.includes(hidden)) continue;
    if (!both.has(rows.actor[row])) both.set(rows.actor[row], new Map());
    const found = both.get(rows.actor[row]), key = rows.cluster[row] * meta.targets.length + rows.target[row];
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  const actors = new Set(held.flatMap((found) => [...found.keys()]));
  const lean = (list) => {
    const counts = counted(list);
    return Math.sign(counts[meta.poles[0]] - counts[meta.poles[1]]);
  };
  return [...actors].map((actor) => {
    const lists = held.map((found) => found.get(actor) || []);
    const told = [...(both.get(actor) || new Map()).values()];
    return {
      actor, opposed: lean(lists[0]) * lean(lists[1]) < 0,
      both: told.map((copies) => ({
        actor, target: rows.target[copies[0]], day: rows.day[copies[0]], source: rows.source[copies[0]], copies,
        stance: rows.stance[copies[0]],
      })),
      channels: lists.map((list, at) => ({ channel: channels[at], list, counts: counted(list), shares: shares(counted(list), false) })),
    };
  }).sort((a, b) => b.opposed - a.opposed || b.both.length - a.both.length || byId(a.actor, b.actor));
}

// The rule of report_changes.py; meta.looks counts what could be looked at in the whole file.
function changesFigure(view) {
  const held = view.stories.filter((story) => onPole(story) && story.day !== NOTHING);
  const found = [];
  for (const list of grouped(held, (story) => story.actor * meta.targets.length + story.target).values()) {
    const series = [...grouped(list, (story) => monthOf(story.day))].sort((a, b) => a[0] - b[0])
      .map(([month, all]) => ({ month, list: all, counts: poleCounts(all) }));
    const edges = [0, ...parted(series, 0), series.length];
    for (let at = 1; at < edges.length - 1; at += 1) {
      const before = series.slice(edges[at - 1], edges[at]), after = series.slice(edges[at], edges[at + 1]);
      const p = adjusted(summed(before), summed(after));
      const sides = [sideOf(summed(before)), sideOf(summed(after))];
      if (sides[0] === sides[1] || sides.includes(null) || p >= meta.level) continue;
      const pole = (one, side) => one.flatMap((month) => month.list).filter((story) => story.stance === meta.poles[side]);
      found.push({
        actor: list[0].actor, target: list[0].target, month: series[edges[at]].month, p, sides,
        before: summed(before), after: summed(after),
        shown: [...pole(before, sides[0]).slice(-meta.shown), ...pole(after, sides[1]).slice(0, meta.shown)],
        list: [...before, ...after].flatMap((month) => month.list),
      });
    }
  }
  return found.sort((a, b) => a.p - b.p);
}

const poleCounts = (list) => meta.poles.map((pole) => list.filter((story) => story.stance === pole).length);
const summed = (series) => series.reduce(([a, b], { counts }) => [a + counts[0], b + counts[1]], [0, 0]);
const sideOf = ([first, second]) => (first === second ? null : Number(second > first));
const fit = ([a, b]) => (a ? a * Math.log(a / (a + b)) : 0) + (b ? b * Math.log(b / (a + b)) : 0);

function parted(series, offset) {
  const all = summed(series);
  let best = null;
  let before = [0, 0];
  for (let at = 1; at < series.length; at += 1) {
    before = [before[0] + series[at - 1].counts[0], before[1] + series[at - 1].counts[1]];
    const after = [all[0] - before[0], all[1] - before[1]];
    if (before[0] + before[1] < meta.fewest || after[0] + after[1] < meta.fewest) continue;
    const worth = fit(before) + fit(after);
    if (best === null || worth > best.worth) best = { worth, at, before, after };
  }
  if (best === null || adjusted(best.before, best.after) >= meta.level) return [];
  return [...parted(series.slice(0, best.at), offset), offset + best.at, ...parted(series.slice(best.at), offset + best.at)];
}

const factorials = [0];
function logFactorial(n) {
  while (factorials.length <= n) factorials.push(factorials[factorials.length - 1] + Math.log(factorials.length));
  return factorials[n];
}

// Fisher's exact test, two-sided, times the looks.
function adjusted([a, b], [c, d]) {
  const choose = (n, k) => logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  const chance = (x) => choose(a + b, x) + choose(c + d, a + c - x) - choose(a + b + c + d, a + c);
  const seen = chance(a);
  let p = 0;
  for (let x = Math.max(0, a - d); x <= Math.min(a + b, a + c); x += 1) {
    if (chance(x) <= seen + 1e-7) p += Math.exp(chance(x));
  }
  return Math.min(1, p * meta.looks);
}

function contestedFigure(view) {
  const totals = new Map();
  const held = view.stories.filter(onPole);
  const cells = grouped(held, (story) => `${story.actor} ${story.target} ${quarterOf(story.day)}`);
  for (const list of cells.values()) {
    const counts = poleCounts(list), least = Math.min(...counts), actor = list[0].actor;
    const total = totals.get(actor) || { actor, contested: 0, stories: 0, list: [] };
    total.contested += least;
    total.stories += list.length;
    if (least) total.list.push(...list);
    totals.set(actor, total);
  }
  return [...totals.values()].filter((one) => one.contested)
    .map((one) => ({ ...one, share: wilson(one.contested, one.stories) }))
    .sort((a, b) => b.share[1] - a.share[1] || byId(a.actor, b.actor));
}

function outletsFigure(view) {
  const all = stories(view.kept, view.channel, true).filter((story) => story.source !== NOTHING);
  const key = (story) => story.actor * meta.targets.length + story.target;
  const held = all.filter(onPole), sums = new Map(), own = new Map();
  const count = (map, at, story) => {
    if (!map.has(at)) map.set(at, [0, 0]);
    const cell = map.get(at);
    cell[0] += Number(story.stance === meta.poles[0]);
    cell[1] += 1;
  };
  const ownKey = (story) => key(story) * meta.sources.length + story.source;
  for (const story of held) { count(sums, key(story), story); count(own, ownKey(story), story); }
  return [...grouped(all, (story) => story.source)].map(([source, list]) => {
    const differences = [];
    for (const story of list.filter(onPole)) {
      const whole = sums.get(key(story)), mine = own.get(ownKey(story));
      if (whole[1] > mine[1]) differences.push((story.stance === meta.poles[0]) - (whole[0] - mine[0]) / (whole[1] - mine[1]));
    }
    return {
      source, list, ...shared(list, view.channel), articles: copiesOf(list), lean: leanOf(differences),
    };
  }).sort((a, b) => b.list.length - a.list.length || (meta.sources[a.source] < meta.sources[b.source] ? -1 : 1));
}

function leanOf(differences) {
  if (!differences.length) return null;
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const half = meta.z * Math.sqrt(differences.reduce((sum, value) => sum + value * value, 0)) / differences.length;
  return [mean, Math.max(-1, mean - half), Math.min(1, mean + half)];
}

function networkFigure(view) {
  const held = new Map(), lists = grouped(view.stories.filter(onPole), (story) => story.actor);
  for (const [actor, list] of lists) {
    if (!(actor in meta.layout)) continue;
    const stands = new Map();
    for (const [target, own] of grouped(list, (story) => story.target)) {
      const [first, second] = poleCounts(own);
      if (first + second >= meta.least && first !== second) stands.set(target, Math.sign(first - second));
    }
    const [first, second] = poleCounts(list);
    if (!stands.size) continue;
    held.set(actor, { actor, list, stands, side: (first - second) / (first + second), at: meta.layout[actor] });
  }
  const nodes = [...held.values()], edges = [];
  nodes.forEach((one, at) => nodes.slice(at + 1).forEach((other) => {
    let agreed = 0, apart = 0;
    for (const [target, side] of one.stands) {
      const others = other.stands.get(target);
      if (others === undefined) continue;
      if (others === side) agreed += 1; else apart += 1;
    }
    if (agreed || apart) edges.push({ one, other, agreed, apart });
  }));
  return { nodes, edges };
}
