"use strict";
const form = document.getElementById("filters");
const count = document.getElementById("count");
const articles = [...document.querySelectorAll("article")];
const rows = [...document.querySelectorAll("tr[data-votes]")].map((row) => ({
  row, article: row.closest("article"), actor: row.dataset.actor, votes: JSON.parse(row.dataset.votes),
}));

function fits({ actor, votes }, wanted) {
  if (wanted.actor && actor !== wanted.actor) return false;
  let left = votes;
  if (wanted.pair) {
    const pair = JSON.parse(wanted.pair);
    left = votes.filter(([person]) => pair.includes(person));
    if (new Set(left.map(([, label]) => label)).size < 2) return false;
  }
  return !wanted.label || left.some(([, label]) => label === wanted.label);
}

function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  const pair = wanted.pair ? JSON.parse(wanted.pair) : null;
  const shown = new Set();
  let disputes = 0;
  for (const one of rows) {
    one.row.hidden = !fits(one, wanted);
    if (!one.row.hidden) { shown.add(one.article); disputes += 1; }
  }
  for (const article of articles) {
    article.hidden = !shown.has(article);
    for (const part of article.querySelectorAll("[data-annotator]")) {
      part.hidden = pair !== null && !pair.includes(part.dataset.annotator);
    }
  }
  const left = Number(count.dataset.left);
  count.textContent = `${disputes} disputes in ${shown.size} documents` +
    (left > 0 ? `; ${left} documents with fewer disputes are not on this page` : "");
}

form.addEventListener("change", apply);
form.addEventListener("submit", (event) => event.preventDefault());
apply();
