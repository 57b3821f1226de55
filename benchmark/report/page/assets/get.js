"use strict";
/**
 * What one takes along: this view as a link, as tables, as a picture, and the commands that make it.
 *
 * page: what the script of the page tells of its state.
 */
const getBlock = (page) => {
  const byId = (id) => document.getElementById(id);
  const { data } = page;

  const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const DIGITS = 10;
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (rows) => rows.map((row) => `${row.map(cell).join(",")}\n`).join("");

  /** The operating points of the curves that are shown. */
  function points() {
    const shown = page.curves().filter((curve) => !page.hidden.has(curve.id));
    return csv([["series", "published", "settings", "bpp", data.axes[page.place()].column],
      ...shown.flatMap((curve) => curve.points.map((point) => [curve.name, curve.kind === "reference", JSON.stringify(point.settings ?? {}), point.bpp, point.value]))]);
  }

  /** BD-rates in columns of the names that they have in what the commands write. */
  function deltas() {
    const metric = data.axes[page.place()].column, dataset = data.datasets[page.dataset()].name, image = page.image();
    const rows = page.deltas();
    // Without records of images, and of one image, there is the BD-rate of one curve alone.
    const ofImages = !image && rows.some((row) => row.curve !== null);
    const names = ["dataset", "series", "image", "anchor", "metric", "rank", ...(ofImages ? ["image_mean", "ci_low", "ci_high", "p_value", "bd_rate"]
      : image ? ["bd_rate"] : ["bd_rate", "curve_ci_low", "curve_ci_high"]), ...(image ? [] : ["overlap"]), "flags"];
    return csv([names, ...rows.map((row) => {
      const cells = { dataset, series: data.series[row.series].name, image, anchor: page.anchor(), metric, rank: row.rank, overlap: row.overlap, flags: row.flags,
        image_mean: row.rate, ci_low: row.low, ci_high: row.high, p_value: row.p, bd_rate: ofImages ? row.curve : row.rate,
        curve_ci_low: row.low, curve_ci_high: row.high };
      return names.map((name) => cells[name]);
    })]);
  }

  /** The chart as a file of its own, with the styles that it has here. */
  function picture() {
    const drawn = document.querySelector("#chart > svg"), copy = drawn.cloneNode(true);
    const originals = drawn.querySelectorAll("*");
    copy.querySelectorAll("*").forEach((node, place) => {
      const style = getComputedStyle(originals[place]);
      const kept = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "visibility", "font-size", "font-family"];
      node.setAttribute("style", kept.map((name) => `${name}: ${style.getPropertyValue(name)}`).join("; "));
      for (const name of ["tabindex", "role"]) node.removeAttribute(name);
    });
    copy.querySelector(".halo")?.remove();
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const [, , width, height] = copy.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return `${new XMLSerializer().serializeToString(copy)}\n`;
  }

  function save(name, kind, text) {
    const link = drawing.html("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /** The commands that make this view from the results, one a line. */
  function commands() {
    const { view } = page, shown = page.curves(), visible = shown.filter((curve) => !page.hidden.has(curve.id));
    const column = data.axes[page.place()].column, several = data.datasets.length > 1;
    const named = (kind) => visible.filter((curve) => curve.kind === kind).map((curve) => curve.name);
    const all = (kind) => named(kind).length === data[kind === "series" ? "series" : "references"].length;
    const option = (name, value) => (value === "" ? [] : [`--${name}`, quoted(value)]);
    const limits = (one, other) => (one === null || other === null ? "" : `${one},${other}`);
    const dataset = option("dataset", several ? data.datasets[page.dataset()].name : "");
    const found = [];
    if (!view.relative && !page.image() && named("series").length) {
      found.push(["figure", "rd", ...data.sources.map(quoted), ...dataset, "--metric", column,
        ...option("codecs", all("series") ? "" : named("series").join(",")),
        ...option("refs", all("reference") || !named("reference").length ? "" : named("reference").join(",")),
        ...option("xlim", limits(view.from, view.to)), ...option("ylim", limits(view.low, view.high)), ...(view.log ? ["--log"] : []), "--out", "rd.pdf"]);
    }
    found.push(["bdrate", ...data.sources.map(quoted), "--anchor", quoted(page.anchor()), "--metric", column, ...(page.image() ? ["--images"] : [])]);
    return found.map((words) => `python -m benchmark ${words.join(" ")}`).join("\n");
  }

  byId("save-points").addEventListener("click", () => save("curves.csv", "text/csv", points()));
  byId("save-deltas").addEventListener("click", () => save("bdrate.csv", "text/csv", deltas()));
  byId("save-chart").addEventListener("click", () => save("curves.svg", "image/svg+xml", picture()));
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", async () => {
      const node = byId(button.dataset.copies), usual = button.textContent;
      try {
        await navigator.clipboard.writeText(node.value ?? node.textContent);
        button.textContent = "Copied";
      } catch {
        // A page from disk may not write to the clipboard: what is selected can be copied by hand.
        if (node.select) node.select();
        else getSelection().selectAllChildren(node);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = usual; }, 2000);
    });
  }

  /** Shows the link and the commands of what is chosen. */
  return () => {
    byId("link").value = location.href;
    byId("view-commands").textContent = commands();
  };
};
