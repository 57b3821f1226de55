"use strict";
/**
 * What codecs do on single images: BD-rates as dots, and pairs of operating points of about the same quality.
 *
 * page: what the script of the page tells of its state.
 */
const singleImages = (page) => {
  const { html, svg, clamp, signed, niceTicks } = drawing;
  const LEAST = 0.1, MOST = 0.9; // quantiles of the ratios

  /** The quantile of sorted values, between two of them by their distance. */
  function quantile(sorted, share) {
    const place = share * (sorted.length - 1), below = Math.floor(place), above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /** Ratios of the rates of two curves of one image: each point is in one pair at most, the closest pairs first. */
  function ratios(base, own, tolerance) {
    const found = [], used = [new Set(), new Set()];
    const pairs = base.values.flatMap((usual, first) => own.values.map((value, second) => [Math.abs(value - usual), first, second])
      .filter(([apart, , second]) => usual !== null && own.values[second] !== null && apart <= tolerance));
    for (const [, first, second] of pairs.sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2])) {
      const ratio = own.rates[second] / base.rates[first];
      if (used[0].has(first) || used[1].has(second) || !(ratio > 0 && Number.isFinite(ratio))) continue;
      used[0].add(first);
      used[1].add(second);
      found.push(ratio);
    }
    return found;
  }

  /** The geometric mean of the ratios of each codec to the anchor with their quantiles, the lowest first. */
  function matched(tolerance) {
    const { data } = page, curves = page.imageCurves();
    const base = curves.get(data.series.findIndex((series) => series.name === page.anchor()));
    const rows = [];
    for (const [series, own] of base ? curves : []) {
      if (own === base || !page.ofFamily(data.series[series])) continue;
      const all = [...own].filter(([cover, curve]) => base.has(cover) && (!page.image() || curve.name === page.image()))
        .map(([cover, curve]) => ratios(base.get(cover), curve, tolerance));
      const sorted = all.flat().sort((one, other) => one - other);
      rows.push({ series, images: all.filter((found) => found.length).length, of: all.length, count: sorted.length,
        mean: sorted.length ? Math.exp(sorted.reduce((sum, ratio) => sum + Math.log(ratio), 0) / sorted.length) : null,
        low: sorted.length ? quantile(sorted, LEAST) : null, high: sorted.length ? quantile(sorted, MOST) : null });
    }
    return rows.sort((one, other) => (one.mean === null) - (other.mean === null) || one.mean - other.mean);
  }

  function drawPairs(element, tolerance) {
    const rows = matched(tolerance);
    if (!rows.some((row) => row.count)) {
      element.replaceChildren(html("p", { class: "note" }, "No two operating points of an image are so near in quality."));
      return;
    }
    const heading = (text, kind = "number") => html("th", { scope: "col", class: kind }, html("button", { type: "button" }, text));
    const ratio = (value) => html("td", { class: "number" }, value === null ? "\u2013" : value.toFixed(3));
    element.replaceChildren(html("table", { class: "sortable named", id: "matched-pairs" },
      html("thead", {}, html("tr", {}, heading("Codec", ""), heading("Ratio of rates"), heading("10\u00a0%"), heading("90\u00a0%"),
        heading("Pairs"), heading("Images"))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, html("th", { scope: "row" }, page.data.series[row.series].title),
        ratio(row.mean), ratio(row.low), ratio(row.high), html("td", { class: "number" }, `${row.count}`),
        html("td", { class: "number" }, `${row.images} of ${row.of}`))))));
  }

  /** A line of dots for each codec, one an image, in the order of the ranks; the bar is at their mean. Says what is beyond. */
  function drawDots(element, rows, choose) {
    const width = Math.max(element.clientWidth, 280), line = 24, top = 28;
    const longest = Math.max(...rows.map((row) => page.data.series[row.series].title.length));
    const left = Math.min(7.6 * longest + 12, width * 0.4), right = width - 24;
    const all = rows.flatMap((row) => Object.values(row.images)).filter((rate) => rate !== null);
    const low = clamp(Math.min(0, ...all), -100, 0), high = clamp(Math.max(0, ...all), 0, 100);
    const across = (rate) => left + 10 + ((clamp(rate, low, high) - low) / (high - low || 1)) * (right - left - 10);
    const height = top + line * rows.length + 6;
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "BD-rate of each image, a dot each; the table below has the numbers." });
    for (const tick of niceTicks(low, high, width / 120)) {
      picture.append(svg("line", { class: tick ? "grid" : "zero", x1: across(tick), x2: across(tick), y1: top - 6, y2: height - 6 }),
        svg("text", { x: across(tick), y: 14, "text-anchor": "middle" }, signed(tick, 0)));
    }
    const further = []; // codecs whose mean is beyond the right edge
    rows.forEach((row, place) => {
      const look = page.data.series[row.series], y = top + line * (place + 0.5);
      picture.append(svg("text", { class: "title", x: 0, y: y + 4 }, look.title));
      for (const [name, rate] of Object.entries(row.images)) {
        if (rate === null) continue;
        const dot = svg("circle", { class: `dot${name === page.image() ? " chosen" : ""}`, style: `--colour: ${look.colour}`, cx: across(rate).toFixed(1), cy: y, r: 4.5, "data-image": name },
          svg("title", {}, `${look.title} on ${name}: ${signed(rate)} %`));
        dot.addEventListener("click", () => choose(name));
        picture.append(dot);
      }
      const known = Object.values(row.images).filter((rate) => rate !== null);
      if (known.length) {
        const rate = known.reduce((sum, value) => sum + value, 0) / known.length, mean = across(rate);
        picture.append(rate > high
          ? svg("path", { class: "mean beyond", d: `M${mean} ${y - 9}L${mean + 9} ${y}L${mean} ${y + 9}Z` }, svg("title", {}, `${look.title}: mean ${signed(rate)} %`))
          : svg("line", { class: "mean", x1: mean, x2: mean, y1: y - 9, y2: y + 9 }));
        if (rate > high) further.push(`${look.title} (${signed(rate)}\u00a0%)`);
      }
    });
    element.replaceChildren(picture);
    const beyond = all.filter((rate) => rate > high).length;
    return (beyond ? ` ${beyond} dot${beyond === 1 ? "" : "s"} at the right edge ${beyond === 1 ? "lies" : "lie"} beyond it.` : "") +
      (further.length ? ` An arrow is a mean beyond it: ${further.join(", ")}.` : "");
  }

  return { drawPairs, drawDots };
};
