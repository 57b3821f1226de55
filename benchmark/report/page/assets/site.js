"use strict";
// Filters and ranks of a leaderboard. Without this script everything is shown, ranked by the first metric.
(() => {
  const form = document.getElementById("filters");
  const fields = ["dataset", "family", "metric"].map((name) => document.getElementById(name));
  const boards = [...document.querySelectorAll(".board")];

  const moreOf = (row) => document.getElementById(row.querySelector("button").getAttribute("aria-controls"));

  const open = (row, shown) => {
    row.querySelector("button").setAttribute("aria-expanded", String(shown));
    moreOf(row).hidden = !shown;
  };

  /** Shows what the fields say, in the order of the ranks by the metric. */
  const show = () => {
    const [dataset, family, metric] = fields.map((field) => field.value);
    let any = false;
    for (const board of boards) {
      const body = board.querySelector("tbody");
      const rows = [...body.querySelectorAll(".entry")];
      const place = (row) => Number(row.dataset.places.split(" ")[metric]);
      rows.sort((one, other) => place(one) - place(other));
      let shown = 0;
      for (const row of rows) {
        const more = moreOf(row);
        body.append(row, more);
        row.hidden = Boolean(family) && row.dataset.family !== family;
        more.hidden = row.hidden || row.querySelector("button").getAttribute("aria-expanded") !== "true";
        row.querySelector(".rank").textContent = row.querySelector(`[data-metric="${metric}"]`)?.dataset.rank ?? "";
        shown += Number(!row.hidden);
      }
      for (const cell of board.querySelectorAll("[data-metric]")) {
        cell.toggleAttribute("data-chosen", cell.dataset.metric === metric);
      }
      board.hidden = (Boolean(dataset) && board.dataset.dataset !== dataset) || !shown;
      any ||= !board.hidden;
    }
    document.getElementById("nothing").hidden = any;
  };

  /** The fields of the address, so that a link shows the same; names that are unknown are passed over. */
  const read = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = told.get(field.id) ?? field.options[0].value;
      field.value = [...field.options].some((option) => option.value === value) ? value : field.options[0].value;
    }
    show();
  };

  form.addEventListener("change", () => {
    const told = fields.filter((field) => field.selectedIndex > 0).map((field) => [field.id, field.value]);
    history.replaceState(null, "", `#${new URLSearchParams(told)}`);
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", read);
  for (const row of document.querySelectorAll(".entry")) {
    row.querySelector("button").addEventListener("click", (event) => {
      open(row, event.currentTarget.getAttribute("aria-expanded") !== "true");
    });
    open(row, false);
  }
  form.hidden = false;
  read();
})();
