"use strict";
/**
 * Time against rate, for encoders and for decoders: what nobody beats in both is on the Pareto front.
 *
 * page: what the script of the page tells of its state; costs: seconds for a megapixel that were measured to be published.
 */
const speedPlanes = (page) => {
  const { html, svg, clamp, signed, markers, niceTicks, logTicks, tickText } = drawing;
  const SIDES = { encode: "Encoders", decode: "Decoders" };
  const CEILING = 100; // A codec far behind the others must not squeeze them.
  const LETTER = 6.3, LINE = 13;

  /** Codecs with a BD-rate, the anchor among them, and what they take; null where it was not measured to be published. */
  function marks() {
    const { data } = page;
    const anchor = data.series.findIndex((series) => series.name === page.anchor());
    return [{ series: anchor, rate: 0 }, ...page.deltas()].filter((row) => row.rate !== null).map((row) => {
      const cost = data.costs.find((entry) => entry.dataset === page.dataset() && entry.series === row.series);
      return { ...row, look: data.series[row.series], encode: cost?.encode ?? null, decode: cost?.decode ?? null, usual: cost?.usual ?? true };
    });
  }

  /** The marks that no other beats in both, the quickest first; those timed on other images than most are none. */
  function front(timed, side) {
    const alike = timed.filter((mark) => mark.usual);
    return alike.filter((mark) => !alike.some((other) => other[side] <= mark[side] && other.rate <= mark.rate &&
      (other[side] < mark[side] || other.rate < mark.rate))).sort((one, other) => one[side] - other[side]);
  }

  /** Names beside their marks, where they cover neither each other nor a mark. */
  function names(placed, frame) {
    const taken = placed.map(({ x, y }) => [x - 5, y - 5, x + 5, y + 5]);
    const free = (box) => box[0] >= frame.left && box[2] <= frame.right && box[1] >= frame.top && box[3] <= frame.bottom &&
      !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
    return placed.map(({ x, y, mark }) => {
      const width = LETTER * mark.look.title.length;
      const ways = [0, 1, 2, 3].flatMap((step) => [
        [x + 8, y - LINE * step], [x - 8 - width, y - LINE * step], [x + 8, y + LINE * step], [x - 8 - width, y + LINE * step],
        [x - width / 2, y - LINE * (step + 1)], [x - width / 2, y + LINE * (step + 1)],
      ]);
      const box = ([left, middle]) => [left, middle - LINE / 2, left + width, middle + LINE / 2];
      const way = ways.find((candidate) => free(box(candidate)));
      if (!way) return undefined; // The table has it.
      taken.push(box(way));
      const far = Math.hypot(clamp(x, way[0], way[0] + width) - x, way[1] - y) > LINE;
      return svg("g", {}, far ? svg("line", { class: "leader", x1: x, y1: y, x2: clamp(x, way[0], way[0] + width), y2: way[1] }) : undefined,
        svg("text", { class: "name", x: way[0], y: way[1] + 4 }, mark.look.title));
    });
  }

  function plane(side, timed, width) {
    const height = Math.round(clamp(width * 0.78, 300, 420));
    const edge = { left: 50, right: 14, top: 34, bottom: 44 };
    const best = front(timed, side);
    const shown = timed.filter((mark) => mark.rate <= CEILING);
    const low = Math.min(...shown.map((mark) => mark.rate)), high = Math.max(...shown.map((mark) => mark.rate));
    const margin = 0.08 * (high - low || 1);
    const [least, most] = [Math.min(...shown.map((mark) => mark[side])) / 1.6, Math.max(...shown.map((mark) => mark[side])) * 1.6];
    const right = width - edge.right, bottom = height - edge.bottom;
    const across = (seconds) => edge.left + (Math.log(seconds / least) / Math.log(most / least)) * (right - edge.left);
    const down = (rate) => bottom - ((rate - low + margin) / (high - low + 2 * margin)) * (bottom - edge.top);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `BD-rate over ${side} time. On the Pareto front: ${best.map((mark) => mark.look.title).join(", ")}. The table below has all numbers.` });
    for (const tick of niceTicks(low - margin, high + margin, height / 70)) {
      const y = down(tick);
      picture.append(svg("line", { class: Number(tick.toFixed(6)) ? "grid" : "zero", x1: edge.left, x2: right, y1: y, y2: y }),
        svg("text", { x: edge.left - 8, y: y + 4, "text-anchor": "end" }, signed(tick, 0)));
    }
    let written = -Infinity;
    for (const tick of logTicks(least, most)) {
      const x = across(tick);
      picture.append(svg("line", { class: "grid", x1: x, x2: x, y1: edge.top, y2: bottom }));
      if (x - written < 44) continue;
      picture.append(svg("text", { class: "tick-x", x, y: bottom + 18, "text-anchor": "middle" }, tickText(tick)));
      written = x;
    }
    picture.append(svg("path", { class: "frame", fill: "none", d: `M${edge.left} ${edge.top}V${bottom}H${right}` }),
      svg("text", { class: "title", x: 0, y: 14 }, `${SIDES[side]}: BD-rate against ${page.title(page.anchor())} (%)`),
      svg("text", { class: "title", x: right, y: height - 6, "text-anchor": "end" }, `${side} time (s per megapixel)`));
    const steps = best.filter((mark) => mark.rate <= CEILING).map((mark) => [across(mark[side]), down(mark.rate)].map((value) => value.toFixed(1)));
    if (steps.length) picture.append(svg("path", { class: "front", d: `M${steps[0].join(" ")}${steps.slice(1).map(([x, y]) => `H${x}V${y}`).join("")}` }));
    const placed = shown.map((mark) => ({ mark, x: across(mark[side]), y: down(mark.rate) }));
    for (const { mark, x, y } of placed) {
      picture.append(svg("path", { class: "point", style: `--colour: ${mark.look.colour}`, d: markers[mark.look.marker](4.5), transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
        svg("title", {}, `${mark.look.title}: ${signed(mark.rate)} %, ${mark[side].toPrecision(3)} s per megapixel`)));
    }
    picture.append(...names(placed, { left: edge.left, right, top: edge.top, bottom }).filter(Boolean));
    const outside = timed.filter((mark) => mark.rate > CEILING).map((mark) => `${mark.look.title} (${signed(mark.rate)} %)`);
    return html("figure", { class: "chart plane", "data-side": side }, picture,
      outside.length ? html("figcaption", { class: "caption" }, `Above the plot: ${outside.join(", ")}.`) : undefined);
  }

  function table(rows) {
    const sides = Object.keys(SIDES), best = Object.fromEntries(sides.map((side) => [side, front(rows.filter((mark) => mark[side]), side)]));
    const heading = (text, kind) => html("th", { scope: "col", class: kind }, html("button", { type: "button" }, text));
    const seconds = (value) => html("td", { class: "number" }, value === null ? "\u2013" : value.toPrecision(3));
    return html("details", { class: "folded" }, html("summary", {}, "Times as a table"),
      html("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Table of times" }, html("table", { class: "sortable named", id: "times" },
        html("thead", {}, html("tr", {}, heading("Codec", ""), heading("BD-rate (%)", "number"), heading("Encode (s/MP)", "number"),
          heading("Decode (s/MP)", "number"), heading("On a front", ""))),
        html("tbody", {}, ...rows.map((mark) => html("tr", {}, html("th", { scope: "row" }, mark.look.title),
          html("td", { class: "number" }, signed(mark.rate)), seconds(mark.encode), seconds(mark.decode),
          html("td", {}, sides.filter((side) => best[side].includes(mark)).join(", ") || "\u2013")))))));
  }

  /** Draws both planes into an element, or says why there is nothing to draw. */
  return (element) => {
    const all = marks(), room = element.clientWidth;
    const width = Math.max(room >= 760 ? (room - 32) / 2 : room, 280);
    const sides = Object.keys(SIDES).filter((side) => all.filter((mark) => mark[side]).length > 1);
    const untimed = all.filter((mark) => mark.encode === null && mark.decode === null).map((mark) => mark.look.title);
    if (!sides.length) {
      element.replaceChildren(html("p", { class: "note" },
        `Fewer than two of these codecs have times that were measured to be published (${page.data.timed}). Others are not shown.`));
      return;
    }
    const told = untimed.length ? ` Without times that were measured to be published: ${untimed.join(", ")}.` : "";
    element.replaceChildren(
      html("div", { class: "planes" }, ...sides.map((side) => plane(side, all.filter((mark) => mark[side]), Math.round(width)))),
      html("p", { class: "caption" }, `Left and low is better; the line joins codecs that no other beats in both.${told}`), table(all));
  };
};
