"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const { html, svg, clamp, fixed, signed, measured, said, markers, along, rateAt, niceTicks, logTicks, tickText, spread } = drawing;

  /* ---- Colours of the page ---- */

  const theme = byId("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", isDark());
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);
  showTheme();

  /* ---- Sorting: a button in each heading; rows without a number stay last ---- */

  document.addEventListener("click", (event) => {
    const heading = event.target.closest("table.sortable thead button")?.parentElement;
    if (!heading) return;
    const ascending = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = heading.closest("table").tBodies[0];
    const key = (row) => {
      const cell = row.cells[heading.cellIndex];
      if (!heading.classList.contains("number")) return cell.textContent;
      // An interval may stand below the number.
      const value = Number.parseFloat(cell.firstChild.data.replaceAll(",", "").replace("\u2212", "-").replace("\u221e", "Infinity"));
      return Number.isNaN(value) ? null : value;
    };
    const compare = (one, other) => {
      if (one === null || other === null) return (one === null) - (other === null);
      const order = typeof one === "number" ? one - other : one.localeCompare(other, "en", { numeric: true });
      return ascending ? order : -order;
    };
    const rows = [...body.rows].map((row) => [key(row), row]).sort((one, other) => compare(one[0], other[0]));
    body.append(...rows.map(([, row]) => row));
  });

  /* ---- What the charts show ---- */

  const chart = byId("chart");
  const spaces = [...document.getElementsByName("space")];
  const rates = bdRates(data.rules);
  const hidden = new Set();
  // Rates in bits per pixel; low and high are of the quality. What is null follows the curves.
  const view = { log: false, relative: false, thin: false, from: null, to: null, low: null, high: null, tolerance: null };
  let at = { series: null, place: 0 }; // the point that Tab reaches

  const metric = () => data.metrics[byId("metric").value];
  const dataset = () => Number(byId("dataset").value);
  const place = () => {
    const own = metric().spaces;
    return own[spaces.find((radio) => radio.checked).value] ?? Object.values(own)[0];
  };
  const axis = () => data.axes[place()];
  const anchor = () => byId("anchor").value;
  const image = () => byId("image").value;
  const family = () => byId("family").value;
  const title = (name) => data.series.find((series) => series.name === name)?.title ?? name;
  /** Whether a series is of the family that is shown. */
  const ofFamily = (series) => !family() || series.family === family();
  const sign = () => (axis().rises ? 1 : -1);
  /** What images the charts are of, for a sentence. */
  const dataName = () => data.datasets[dataset()].name + (image() && `, ${image()} alone`) + (family() && `, ${family()} codecs alone`);

  /** The curve of an image, or of each image by what covers it, of every series of the data set, by its place. */
  function imageCurves() {
    return new Map(data.images.filter((entry) => entry.dataset === dataset()).map((entry) => {
      const rates = figures(entry, 0), values = figures(entry, 1 + place());
      return [entry.series, new Map(entry.covers.map((cover, row) =>
        [cover, { name: entry.names[row], points: entry.points, rates: rates[row], values: values[row] }]))];
    }));
  }

  /** One table of an entry of data.images: images by points, null where nothing is known. */
  function figures(entry, table) {
    const [places, text] = entry.figures[table];
    entry.numbers ??= [];
    const numbers = entry.numbers[table] ??= new Float64Array(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
    return entry.covers.map((_, row) => {
      const line = Array(entry.points.length).fill(null);
      places.forEach((place, column) => {
        const value = numbers[row * places.length + column];
        if (!Number.isNaN(value)) line[place] = value;
      });
      return line;
    });
  }

  /** The curves of the data set and metric, others' first: each with its points by rising rate. */
  function curves() {
    const found = [], single = imageCurves();
    for (const [kind, list] of [["reference", data.references], ["series", data.series]]) {
      list.forEach((series, index) => {
        if (kind === "series" && series.name !== anchor() && !ofFamily(series)) return;
        const own = data.points.filter((point) => point.kind === kind && point.series === index && point.dataset === dataset());
        const points = (image() ? ofImage(own, kind === "series" ? single.get(index) : undefined) : ofMean(own))
          .filter((point) => point.value !== null && point.bpp !== null)
          .sort((one, other) => one.bpp - other.bpp);
        if (points.length) found.push({ ...series, kind, points, id: `${kind} ${index}` });
      });
    }
    return found;
  }

  function ofMean(points) {
    return points.map((point) => {
      const [bpp, value, slope] = [point.rates, point.values, point.slopes].map((list) => list[place()] ?? null);
      return { ...point, bpp, value, slope };
    });
  }

  /** Points of a series on the image that was chosen. */
  function ofImage(points, curves) {
    const curve = curves && [...curves.values()].find(({ name }) => name === image());
    return curve ? sloped(curve, points) : [];
  }

  /** Points of the curve of one image, with the slopes of the curve through those that rise. */
  function sloped(curve, points) {
    const qualities = curve.values.map((value) => (value === null ? null : sign() * value));
    const front = rates.front({ rates: curve.rates, qualities });
    const slopes = front.length > 1
      ? rates.slopes(front.map((point) => point.quality), front.map((point) => Math.log10(point.rate))) : [null];
    return curve.rates.map((bpp, place) => {
      const kept = front.findIndex((point) => point.rate === bpp && point.quality === qualities[place]);
      const settings = points.find((point) => point.number === curve.points[place])?.settings ?? {};
      return { bpp, value: curve.values[place], slope: kept < 0 ? null : sign() * slopes[kept], settings };
    });
  }

  /* ---- Rate–distortion curves ---- */

  /** The rates that people compare, as far as the curves go there; all rates where these are few. */
  function usualRates(points) {
    const usual = points.filter((point) => point.bpp >= data.usual[0] && point.bpp <= data.usual[1]);
    return (2 * usual.length >= points.length ? usual : points).map((point) => point.bpp);
  }

  /** Puts each point where the chart has it, null where the anchor's curve has no such quality; and the limits. */
  function placed(visible) {
    const base = curves().find((curve) => curve.name === anchor());
    const place = (curve, bpp, value) => {
      if (!view.relative) return [bpp, value];
      const usual = curve.name === anchor() ? bpp : rateAt(base, value);
      return usual === null ? null : [value, 100 * (bpp / usual - 1)];
    };
    for (const curve of visible) for (const point of curve.points) point.at = place(curve, point.bpp, point.value);
    const known = visible.flatMap((curve) => curve.points).filter((point) => point.at);
    const within = (value, low, high) => value >= (low ?? -Infinity) && value <= (high ?? Infinity);
    const ends = (values) => [Math.min(...values), Math.max(...values)];
    const limits = {};
    if (view.relative) {
      const [low, high] = ends(known.map((point) => point.at[0]));
      const margin = 0.02 * (high - low || 1);
      limits.across = [view.low ?? low - margin, view.high ?? high + margin];
      // A codec far behind the others must not squeeze them.
      limits.down = ends([0, ...heights(known, visible, place, limits.across).map((share) => clamp(share, -100, 100))]);
    } else {
      const [least, most] = ends(usualRates(known));
      limits.across = [view.from ?? (view.log ? least * 0.9 : 0), view.to ?? (view.log ? most * 1.1 : most * 1.02)];
      const [low, high] = ends(heights(known, visible, place, limits.across));
      limits.down = [view.low ?? low, view.high ?? high];
    }
    const inside = (point) => Boolean(point.at) && within(point.at[0], ...limits.across) && within(point.at[1], ...limits.down);
    return { place, limits, inside, any: known.some(inside), outside: known.filter((point) => !inside(point)).length };
  }

  /** How high points and paths stand between two limits, and where paths cross these. */
  function heights(known, visible, place, [from, to]) {
    const inside = ([x]) => x >= from && x <= to;
    const found = known.map((point) => point.at).filter(inside);
    for (const curve of visible) {
      for (const path of pieces(curve.points, ([bpp, value]) => place(curve, bpp, value))) {
        path.forEach((at, index) => {
          if (inside(at)) found.push(at);
          const before = path[index - 1];
          for (const limit of before ? [from, to] : []) {
            const share = (limit - before[0]) / (at[0] - before[0]);
            if (share > 0 && share < 1) found.push([limit, before[1] + share * (at[1] - before[1])]);
          }
        });
      }
    }
    return found.map(([, y]) => y);
  }

  /** Pieces of the path of a curve: it ends where the anchor's does. */
  function pieces(points, place) {
    const found = [[]];
    for (const at of along(points, view.relative ? 40 : 12).map(place)) {
      if (at) found.at(-1).push(at);
      else if (found.at(-1).length) found.push([]);
    }
    return found.filter((piece) => piece.length > 1);
  }

  function drawCurves() {
    remember();
    const shown = curves();
    const visible = shown.filter((curve) => !hidden.has(curve.id));
    const width = Math.max(chart.clientWidth, 280);
    const height = Math.round(clamp(width * 0.64, width < 480 ? 380 : 320, 580));
    const names = endNames(visible, width, height);
    const edge = { left: 46, right: names.room, top: 34, bottom: 44 };
    const { place, limits, inside, any, outside } = placed(visible);
    const logged = view.log && !view.relative;

    for (const node of chart.querySelectorAll("svg")) node.remove();
    hideTip();
    byId("outside").textContent = any && outside
      ? ` ${outside} operating point${outside === 1 ? " lies" : "s lie"} outside of what is shown.` : "";
    if (!any) {
      const empty = visible.length ? "No operating point lies in this range." : "No curve is shown.";
      chart.prepend(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": empty },
        svg("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, empty)));
      drawLegend(shown);
      return;
    }
    const [from, to] = limits.across;
    const margin = (limits.down[1] - limits.down[0] || 1) * 0.05;
    const low = limits.down[0] - margin, high = limits.down[1] + margin;
    const scale = logged ? Math.log10 : (value) => value;
    const across = (value) =>
      edge.left + ((scale(value) - scale(from)) / (scale(to) - scale(from))) * (width - edge.left - edge.right);
    const down = (value) => height - edge.bottom - ((value - low) / (high - low)) * (height - edge.top - edge.bottom);
    const drawn = (points, at) =>
      pieces(points, at).map((piece) => `M${piece.map(([x, y]) => `${across(x).toFixed(1)} ${down(y).toFixed(1)}`).join("L")}`).join("");

    const label = view.relative ? `rate against ${title(anchor())} (%)` : axis().label;
    const picture = svg("svg", {
      viewBox: `0 0 ${width} ${height}`, role: "group",
      "aria-label": `${label} over ${view.relative ? axis().label : "rate"}. Arrow keys move along a curve and from one to the next.`,
    });
    const bottom = height - edge.bottom, right = width - edge.right;
    for (const tick of niceTicks(low, high, height / 70)) {
      const y = down(tick);
      const text = view.relative ? signed(tick, tick % 1 ? 1 : 0) : tickText(tick);
      picture.append(svg("line", { class: view.relative && !Number(tick.toFixed(6)) ? "zero" : "grid", x1: edge.left, x2: right, y1: y, y2: y }),
        svg("text", { x: edge.left - 8, y: y + 4, "text-anchor": "end" }, text));
    }
    let written = -Infinity;
    for (const tick of logged ? logTicks(from, to) : niceTicks(from, to, width / 80)) {
      const x = across(tick);
      picture.append(svg("line", { class: "grid", x1: x, x2: x, y1: edge.top, y2: bottom }));
      if (x - written < 36) continue;
      picture.append(svg("text", { class: "tick-x", x, y: bottom + 18, "text-anchor": "middle" }, tickText(tick)));
      written = x;
    }
    picture.append(
      svg("path", { class: "frame", fill: "none", d: `M${edge.left} ${edge.top}V${bottom}H${right}` }),
      svg("text", { class: "title", x: 0, y: 14 }, label),
      svg("text", { class: "title", x: right, y: height - 6, "text-anchor": "end" }, view.relative ? axis().label : "rate (bits per pixel)"),
      svg("clipPath", { id: "inside" },
        svg("rect", { x: edge.left, y: edge.top, width: right - edge.left, height: bottom - edge.top })),
    );
    if (!visible.some((curve) => curve.id === at.series)) at = { series: visible[0].id, place: 0 };
    for (const curve of visible) {
      const group = svg("g", { class: `series ${curve.kind}${curve.estimate ? " estimate" : ""}`, "data-series": curve.name, style: `--colour: ${curve.colour}` });
      if (view.thin && !image()) {
        for (const line of thinLines(curve, drawn)) group.append(svg("path", { class: "thin", "clip-path": "url(#inside)", d: line }));
      }
      group.append(svg("path", {
        class: "curve", "clip-path": "url(#inside)", d: drawn(curve.points, ([bpp, value]) => place(curve, bpp, value)),
        "stroke-dasharray": curve.dash || undefined,
      }));
      curve.nodes = curve.points.map((point, index) => {
        [point.x, point.y] = inside(point) ? [across(point.at[0]), down(point.at[1])] : [0, 0];
        const node = svg("path", {
          class: "point", role: "img", d: markers[curve.marker](curve.kind === "series" ? 4 : 2.5),
          transform: `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)})`,
          tabindex: at.series === curve.id && at.place === index ? 0 : -1,
          "aria-label": [curve.title, ...facts(point)].join(", "),
          visibility: inside(point) ? undefined : "hidden",
        });
        node.addEventListener("focus", () => activate(curve, index));
        node.addEventListener("blur", hideTip);
        node.addEventListener("keydown", (event) => travel(event, visible, curve, index, inside));
        return node;
      });
      group.append(...curve.nodes);
      curve.group = group;
      picture.append(group);
    }
    names.draw(visible, { across, down, right, top: edge.top, bottom, limits, path: (curve) => pieces(curve.points, ([bpp, value]) => place(curve, bpp, value)).flat() });
    picture.append(svg("path", { class: "halo", d: markers.o(8), visibility: "hidden" }));
    if (!picture.querySelector(".point[tabindex='0']:not([visibility])")) {
      picture.querySelector(".point:not([visibility])").setAttribute("tabindex", 0);
    }
    followPointer(picture, visible, inside, { from, to, logged, left: edge.left, right, top: edge.top, bottom, width });
    chart.prepend(picture);
    drawLegend(shown);
  }

  /** Names beside the plot, each as high as the end of its curve where that is free; none where there is no room for all. */
  function endNames(visible, width, height) {
    const size = width < 480 ? 10 : 12, line = size + 3;
    if (visible.length * line > height - 78) return { room: 10, draw() {} };
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${size}px ${getComputedStyle(chart).fontFamily}`;
    const most = 0.28 * width;
    const cut = (name) => {
      let text = name;
      while (text.length > 4 && pen.measureText(text).width > most) text = `${text.slice(0, -2).trimEnd()}\u2026`;
      return text;
    };
    const texts = new Map(visible.map((curve) => [curve, cut(curve.title)]));
    const lead = width < 480 ? 14 : 24;
    const room = Math.ceil(Math.max(0, ...[...texts.values()].map((text) => pen.measureText(text).width)) + lead + 4);
    const draw = (curves, { across, down, right, top, bottom, limits, path }) => {
      const within = ([x, y]) => x >= limits.across[0] && x <= limits.across[1] && y >= limits.down[0] && y <= limits.down[1];
      const shown = ([x, y]) => x >= limits.across[0] && x <= limits.across[1] && down(y) >= top && down(y) <= bottom;
      /** Where a curve leaves the plot, or ends; of one that is no curve, its last point. */
      const endOf = (curve) => {
        const along = path(curve), last = along.findLastIndex(shown), next = along[last + 1];
        if (last < 0) return curve.points.map((point) => point.at).findLast((at) => at && within(at));
        if (!next || next[0] <= limits.across[1]) return along[last];
        const share = (across(limits.across[1]) - across(along[last][0])) / (across(next[0]) - across(along[last][0]));
        return [limits.across[1], along[last][1] + share * (next[1] - along[last][1])];
      };
      const ends = curves.map((curve) => ({ curve, at: endOf(curve) }))
        .filter(({ at }) => at).map(({ curve, at }) => ({ curve, x: across(at[0]), y: down(at[1]) }));
      const places = spread(ends.map(({ y }) => y), line, top, bottom);
      ends.forEach(({ curve, x, y }, index) => {
        curve.group.append(
          svg("path", { class: "lead", d: `M${x.toFixed(1)} ${y.toFixed(1)}L${right + lead - 6} ${places[index].toFixed(1)}H${right + lead - 3}` }),
          svg("text", { class: "end", x: right + lead, y: places[index] + size * 0.35, style: `font-size: ${size}px`, "aria-hidden": "true" },
            svg("title", {}, curve.title), texts.get(curve)));
      });
    };
    return { room, draw };
  }

  /** The curve of each image of a series; against that of the anchor on the same image. */
  function thinLines(curve, drawn) {
    const single = imageCurves();
    const own = single.get(data.series.findIndex((series) => series.name === curve.name));
    const base = single.get(data.series.findIndex((series) => series.name === anchor()));
    if (curve.kind !== "series" || !own || (view.relative && curve.name === anchor())) return [];
    return [...own].map(([cover, image]) => {
      const usual = view.relative ? base?.get(cover) : undefined;
      const points = usual ? sloped(usual, []).filter((point) => point.slope !== null).sort((one, other) => one.bpp - other.bpp) : [];
      return drawn(sloped(image, []).filter((point) => point.slope !== null).sort((one, other) => one.bpp - other.bpp), ([bpp, value]) => {
        if (!view.relative) return [bpp, value];
        const rate = rateAt({ points }, value);
        return rate === null ? null : [value, 100 * (bpp / rate - 1)];
      });
    });
  }

  /** What is told of a point, one part a line. */
  function facts(point) {
    const parts = [`${fixed(point.bpp, 3)} bpp`, measured(point.value, axis())];
    if (point.settings && Object.keys(point.settings).length) parts.push(said(point.settings));
    return parts;
  }

  const tip = html("div", { class: "tip", role: "tooltip", id: "tip", hidden: "" });
  chart.append(tip);

  function activate(curve, index) {
    const point = curve.points[index];
    const picture = curve.group.ownerSVGElement;
    for (const group of picture.querySelectorAll(".series")) group.classList.toggle("active", group === curve.group);
    chart.classList.add("chosen");
    const halo = picture.querySelector(".halo");
    halo.setAttribute("transform", `translate(${point.x} ${point.y})`);
    halo.removeAttribute("visibility");
    const [rate, value, ...rest] = facts(point);
    const usual = curve.name === anchor() ? null : rateAt(curves().find((other) => other.name === anchor()), point.value);
    if (usual !== null) rest.unshift(`${signed(100 * (point.bpp / usual - 1))}\u00a0% of rate against ${title(anchor())} at this quality`);
    tip.replaceChildren(html("strong", {}, curve.title), html("p", {}, `${rate} \u00b7 ${value}`),
      ...rest.map((part) => html("p", {}, part)));
    tip.hidden = false;
    // The picture may be drawn smaller than it was laid out, as on paper.
    const ratio = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
    const x = point.x * ratio, y = point.y * ratio;
    const left = x + 16 + tip.offsetWidth > chart.clientWidth ? x - 16 - tip.offsetWidth : x + 16;
    tip.style.left = `${clamp(left, 0, Math.max(chart.clientWidth - tip.offsetWidth, 0))}px`;
    tip.style.top = `${y + 16 + tip.offsetHeight > chart.clientHeight ? y - 16 - tip.offsetHeight : y + 16}px`;
  }

  function hideTip() {
    tip.hidden = true;
    chart.classList.remove("chosen");
    chart.querySelector(".halo")?.setAttribute("visibility", "hidden");
  }

  /** Arrow keys: along a curve, or to the point of the nearest rate on the next. */
  function travel(event, visible, curve, index, inside) {
    const next = { curve, index };
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const jump = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const allowed = (other) => other.points.map((point, place) => (inside(point) ? place : -1)).filter((place) => place >= 0);
    if (event.key === "Escape") hideTip();
    else if (step) next.index = allowed(curve).includes(index + step) ? index + step : index;
    else if (event.key === "Home") next.index = allowed(curve)[0];
    else if (event.key === "End") next.index = allowed(curve).at(-1);
    else if (jump) {
      const others = visible.filter((other) => allowed(other).length);
      next.curve = others[(others.indexOf(curve) + jump + others.length) % others.length];
      const distance = (place) => Math.abs(next.curve.points[place].bpp - curve.points[index].bpp);
      next.index = allowed(next.curve).reduce((best, place) => (distance(place) < distance(best) ? place : best));
    } else return;
    event.preventDefault();
    if (event.key === "Escape") return;
    curve.nodes[index].setAttribute("tabindex", -1);
    const node = next.curve.nodes[next.index];
    node.setAttribute("tabindex", 0);
    at = { series: next.curve.id, place: next.index };
    node.focus();
  }

  /** Names of the limits of what the chart has across. */
  const acrossNames = () => (view.relative ? ["low", "high"] : ["from", "to"]);

  /** The nearest point under a pointer, and a range by dragging. */
  function followPointer(picture, visible, inside, frame) {
    const located = (event) => {
      const box = picture.getBoundingClientRect();
      const ratio = frame.width / box.width;
      return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
    };
    const valueAt = (x) => {
      const share = clamp((x - frame.left) / (frame.right - frame.left), 0, 1);
      return frame.logged ? frame.from * (frame.to / frame.from) ** share : frame.from + share * (frame.to - frame.from);
    };
    let start = null, brush = null;
    const point = (event) => {
      const [x, y] = located(event);
      let nearest = null, least = 24;
      for (const curve of visible) {
        curve.points.forEach((candidate, index) => {
          const distance = Math.hypot(candidate.x - x, candidate.y - y);
          if (inside(candidate) && distance < least) [nearest, least] = [[curve, index], distance];
        });
      }
      if (nearest) activate(...nearest);
      else hideTip();
    };
    picture.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0) start = located(event)[0];
      else point(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (start === null) {
        point(event);
        return;
      }
      const x = located(event)[0];
      if (!brush && Math.abs(x - start) > 8) {
        hideTip();
        picture.setPointerCapture(event.pointerId);
        brush = svg("rect", { class: "brush", y: frame.top, height: frame.bottom - frame.top });
        picture.append(brush);
      }
      if (!brush) return;
      const [left, right] = [start, x].map((end) => clamp(end, frame.left, frame.right)).sort((one, other) => one - other);
      brush.setAttribute("x", left);
      brush.setAttribute("width", right - left);
    });
    picture.addEventListener("pointerup", (event) => {
      if (brush) {
        const ends = [start, located(event)[0]].map(valueAt).sort((one, other) => one - other);
        Object.assign(view, Object.fromEntries(acrossNames().map((name, place) => [name, Number(ends[place].toPrecision(3))])));
        update();
      }
      start = brush = null;
    });
    picture.addEventListener("pointercancel", () => {
      brush?.remove();
      start = brush = null;
    });
    picture.addEventListener("pointerleave", () => {
      const focused = document.activeElement?.classList.contains("point");
      if (start === null && !focused) hideTip();
    });
  }

  function drawLegend(shown) {
    const legend = byId("legend");
    const focused = [...legend.children].indexOf(document.activeElement);
    const own = (kind) => shown.filter((curve) => curve.kind === kind);
    legend.replaceChildren(...[...own("series"), ...own("reference")].map((curve) => {
      const swatch = svg("svg", { width: 34, height: 14, "aria-hidden": "true", style: `--colour: ${curve.colour}`, class: `${curve.kind}${curve.estimate ? " estimate" : ""}` },
        svg("line", { class: "curve", x1: 1, x2: 33, y1: 7, y2: 7, "stroke-dasharray": curve.dash || undefined }),
        svg("path", { class: "point", d: markers[curve.marker](curve.kind === "series" ? 4 : 2.5), transform: "translate(17 7)" }));
      const key = html("button", { type: "button", class: "key", "aria-pressed": !hidden.has(curve.id) }, swatch, curve.title,
        curve.estimate ? html("small", {}, "estimate") : undefined);
      key.addEventListener("click", () => {
        if (!hidden.delete(curve.id)) hidden.add(curve.id);
        drawCurves();
      });
      key.addEventListener("dblclick", () => {
        hidden.clear();
        for (const other of shown) if (other.id !== curve.id) hidden.add(other.id);
        drawCurves();
      });
      key.addEventListener("pointerenter", () => {
        if (!curve.group) return;
        for (const group of chart.querySelectorAll(".series")) group.classList.toggle("active", group === curve.group);
        chart.classList.add("chosen");
      });
      key.addEventListener("pointerleave", hideTip);
      return key;
    }));
    if (focused >= 0) legend.children[focused]?.focus();
  }

  /* ---- The answer, in sentences ---- */

  const written = [...byId("findings").children];

  function drawAnswer() {
    const usual = anchor() === data.anchor && !image() && !family() && place() === 0 && dataset() === 0;
    const sentences = usual ? written : told(deltas()).map((text) => html("li", {}, text));
    byId("findings").replaceChildren(...sentences);
    drawLeaders();
  }

  const FIRST = 4; // codecs of the leaderboard above the fold
  let unfolded = false;

  /** A sentence on each codec, with its bar, in the order of the ranks; the anchor has its place. */
  function drawLeaders() {
    const ranked = deltas().filter((row) => row.rank !== null), scale = barScale(ranked);
    const base = { series: data.series.findIndex((series) => series.name === anchor()), rate: null, low: null, high: null, overlap: null };
    base.rank = 1 + ranked.filter((row) => signed(row.rate).startsWith("\u2212")).length;
    const rows = ranked.length ? [...ranked, base].sort((one, other) => one.rank - other.rank || (other === base) - (one === base)) : [];
    const sentences = rows.map((row) => (row === base ? "the anchor" : sentence(row)));
    byId("leaders").replaceChildren(...rows.map((row, index) => html("li", { class: index < FIRST || unfolded ? undefined : "further" },
      html("span", { class: "place" }, `${row.rank}`), html("strong", {}, data.series[row.series].title),
      html("span", { class: "track" }, barOf(row, scale)), html("span", { class: "sentence" }, sentences[index]))));
    byId("leaders").hidden = !rows.length;
    const button = byId("further");
    button.hidden = rows.length <= FIRST;
    button.setAttribute("aria-expanded", unfolded);
    button.textContent = unfolded ? `Show the first ${FIRST}` : `Show all ${rows.length} codecs`;
    const timed = sentences.some((text) => text.includes("codes"));
    byId("leaders-caption").textContent = !rows.length ? "" : (rows.some((row) => row.low !== null) ? `Whiskers: ${data.interval}. ` : "") +
      (image() ? "" : timed ? `Times: for a megapixel, measured to be published (${data.timed}).` : `No times: ${anchor() === data.anchor || data.costs.length === 0 ? "none" : "none of these"} were measured to be published.`);
  }
  byId("further").addEventListener("click", () => {
    unfolded = !unfolded;
    drawLeaders();
  });

  /** What a codec needs against the anchor: size, and the times of both where they were measured to be published on the same images. */
  function sentence(row) {
    const cost = (series) => data.costs.find((entry) => entry.dataset === dataset() && entry.series === series);
    const own = cost(row.series), base = cost(data.series.findIndex((series) => series.name === anchor()));
    const said = [["encode", "encodes"], ["decode", "decodes"]].flatMap(([side, verb]) => {
      if (image() || !own?.[side] || !base?.[side] || !own.usual || !base.usual) return [];
      const ratio = own[side] / base[side], factor = Math.max(ratio, 1 / ratio);
      const text = factor >= 9.95 ? `${Number(factor.toPrecision(2))}` : factor.toFixed(1);
      return [`${verb} ${text === "1.0" ? "as fast" : `${text}\u00d7 ${ratio > 1 ? "slower" : "faster"}`}`];
    });
    const interval = row.low === null ? "" : ` (${signed(row.low)} to ${signed(row.high)})`;
    return `${signed(row.rate)}\u00a0% size${interval} against ${title(anchor())} at equal ${axis().title}${said.length ? `; ${said.join(", ")}` : ""}`;
  }

  /** What rows in the order of their ranks say; the same sentences as the report's own. */
  function told(rows) {
    const name = (row) => data.series[row.series].title, base = title(anchor());
    const ranked = rows.filter((row) => row.rank !== null), refused = rows.filter((row) => row.rank === null);
    const below = (rate) => signed(rate).startsWith("\u2212");
    const found = [];
    if (ranked.length) {
      const [first] = ranked, best = ranked.filter((row) => row.rank === first.rank), better = ranked.filter((row) => below(row.rate));
      const interval = best.length === 1 && first.low !== null ? ` (95\u00a0% interval ${signed(first.low)} to ${signed(first.high)})` : "";
      found.push(better.length
        ? `On ${dataName()}, ${best.map(name).join(" and ")} need${best.length === 1 ? "s" : ""} least rate at equal ${axis().title}: ` +
          `${signed(first.rate)}\u00a0%${interval} against ${base}.`
        : `On ${dataName()}, no codec needs less rate than ${base} at equal ${axis().title}: the next is ${name(first)}, ${signed(first.rate)}\u00a0%.`);
      if (better.length) {
        const sure = ranked.filter((row) => row.high !== null && row.high < 0).length;
        const share = sure === better.length ? "all of them" : sure === 0 ? "none of them" : `${sure}`;
        const whole = ranked.some((row) => row.high !== null) ? `; for ${share} the whole interval is below zero` : "";
        found.push(`${better.length} of ${ranked.length} codec${ranked.length === 1 ? "" : "s"} need${better.length === 1 ? "s" : ""} less rate than ${base}${whole}.`);
      }
    }
    if (refused.length) {
      const reason = (row) => row.flags.split("; ").find((flag) => flag.includes("refused: "))?.split("refused: ").at(-1);
      found.push(`Not ranked: ${refused.map((row) => name(row) + (reason(row) ? ` (${reason(row)})` : "")).join("; ")}.`);
    }
    return found.length ? found : ["There is no other codec to compare."];
  }

  /* ---- BD-rate: bars and the heat map ---- */

  const computed = new Map();

  /** Rows in the order of their ranks: those of the report, or those against another anchor, or of one image. */
  function deltas() {
    const key = [dataset(), place(), anchor(), image()].join("\n");
    if (!computed.has(key)) computed.set(key, image() ? ofOneImage(againstAnchor()) : againstAnchor());
    return computed.get(key).filter((row) => ofFamily(data.series[row.series]));
  }
  function againstAnchor() {
    if (anchor() === data.anchor) return data.bd.filter((row) => row.dataset === dataset() && row.axis === place());
    const turned = (rates, values) => ({ rates, qualities: values.map((value) => (value === null ? null : sign() * value)) });
    const whole = new Map(), names = new Map();
    data.series.forEach((_, series) => {
      const points = data.points.filter((point) => point.kind === "series" && point.series === series && point.dataset === dataset());
      const told = data.notes.find((entry) => entry.dataset === dataset() && entry.axis === place() && entry.series === series);
      const { notes, left } = told ?? { notes: [], left: [] };
      if (points.length) whole.set(series, { ...turned(points.map((point) => point.rates[place()]), points.map((point) => point.values[place()])), notes, left });
    });
    const single = new Map([...imageCurves()].map(([series, curves]) => [series, new Map([...curves].map(([cover, curve]) => {
      names.set(cover, curve.name);
      return [cover, turned(curve.rates, curve.values)];
    }))]));
    return rates.against(data.series.findIndex((series) => series.name === anchor()), whole, single, names, data.series.map(({ name }) => name), metric().title);
  }
  function ofOneImage(rows) {
    return rates.ranked(rows.filter((row) => image() in row.images).map((row) => ({
      ...row, rate: row.images[image()], low: null, high: null, curve: null, p: null, overlap: null, flags: row.remarks[image()] ?? "",
    })));
  }

  /** The first remark, and the others behind it. */
  function remarks(flags) {
    const [first, ...others] = flags.split("; ");
    return others.length ? html("details", {}, html("summary", {}, first), others.join("; ")) : first;
  }

  /** Where a rate stands across a row of bars, and the ticks. One codec far behind the others must not squeeze them. */
  function barScale(rows) {
    const ends = rows.flatMap((row) => [row.rate, row.low, row.high]).filter((end) => end !== null);
    const low = clamp(Math.min(0, ...ends), -100, 0), high = clamp(Math.max(0, ...ends), 0, 100);
    const margin = (high - low || 1) * 0.03;
    const across = (rate) => `${((clamp(rate, low - margin, high + margin) - low + margin) / (high - low + 2 * margin)) * 100}%`;
    return { across, ticks: niceTicks(low, high, 4) };
  }

  /** The bar of a BD-rate with its interval; of none, the ticks alone. */
  function barOf(row, { across, ticks }) {
    const middle = svg("svg", { y: "50%" });
    const drawing = svg("svg", { "aria-hidden": "true" }, ...ticks.map((tick) =>
      svg("line", { class: tick === 0 ? "zero" : "grid", x1: across(tick), x2: across(tick), y1: 0, y2: "100%" })), middle);
    if (row.rate === null) return drawing;
    const [left, right] = [Math.min(row.rate, 0), Math.max(row.rate, 0)].map(across).map(parseFloat);
    const kind = `bar ${row.rate < 0 ? "better" : "worse"} ${row.overlap !== null && row.overlap < data.small_overlap ? "weak" : ""}`;
    middle.append(svg("rect", { class: kind, x: `${left}%`, width: `${right - left}%`, y: -7, height: 14 }));
    if (row.low !== null) {
      const [start, end] = [across(row.low), across(row.high)];
      middle.append(svg("line", { class: "whisker", x1: start, x2: end, y1: 0, y2: 0 }),
        ...[start, end].map((x) => svg("line", { class: "whisker", x1: x, x2: x, y1: -4, y2: 4 })));
    }
    return drawing;
  }

  function drawBars() {
    const rows = deltas(); // in the order of their ranks
    const has = (name) => rows.some((row) => row[name] !== null);
    const intervals = has("low"), tests = has("p"), overlaps = has("overlap");
    byId("bd-caption").textContent =
      `${dataName()}, ${axis().title}: average difference in rate at equal quality against ${title(anchor())}, in percent${image() ? "" : `, ${data.average}`}; negative is better. ` +
      (intervals ? `Whiskers: ${data.interval}. ` : "") + "Hollow bars: the curves have less than half of their range in common. " +
      "Hatched: refused and not ranked; the remarks say why." +
      (anchor() === data.anchor || image() ? "" : " Against this anchor nothing is said of other interpolators, and mean curves have no interval: bdrate has both.");
    const curves = has("curve");
    const { across, ticks } = barScale(rows);
    const scale = svg("svg", { "aria-hidden": "true" }, svg("svg", { y: "100%" },
      ...ticks.map((tick) => svg("text", { x: across(tick), y: -8, "text-anchor": "middle" }, signed(tick, 0)))));
    const table = html("table", { class: "bars named" }, html("thead", {}, html("tr", {},
      html("th", { scope: "col" }, "Codec"), html("th", { scope: "col", class: "number" }, "Rank"), html("td", { class: "track" }, scale),
      html("th", { scope: "col", class: "number" }, "BD-rate (%)"),
      intervals ? html("th", { scope: "col", class: "number" }, "95 % interval") : undefined,
      tests ? html("th", { scope: "col", class: "number" }, html("i", {}, "p")) : undefined,
      curves ? html("th", { scope: "col", class: "number" }, "Mean curve (%)") : undefined,
      overlaps ? html("th", { scope: "col", class: "number" }, "Overlap") : undefined, html("th", { scope: "col" }, "Remarks"))));
    const body = html("tbody");
    for (const row of rows) {
      body.append(html("tr", {},
        html("th", { scope: "row" }, data.series[row.series].title),
        html("td", { class: "number" }, row.rank === null ? "\u2013" : `${row.rank}`),
        html("td", { class: `track ${row.rate === null ? "refused" : ""}` }, barOf(row, { across, ticks })),
        html("td", { class: "number" }, row.rate === null ? "\u2013" : signed(row.rate)),
        intervals
          ? html("td", { class: "number" }, row.low === null ? "\u2013" : `${signed(row.low)} to ${signed(row.high)}`) : undefined,
        tests
          ? html("td", { class: "number" }, row.p !== null && row.p < 0.001 ? "< 0.001" : fixed(row.p, 3)) : undefined,
        curves ? html("td", { class: "number" }, row.curve === null ? "\u2013" : signed(row.curve)) : undefined,
        overlaps ? html("td", { class: "number" }, row.overlap === null ? "\u2013" : `${fixed(100 * row.overlap, 0)} %`) : undefined,
        html("td", { class: "remark" }, remarks(row.flags))));
    }
    table.append(body);
    byId("bars").replaceChildren(rows.length ? table : html("p", { class: "note" }, "There is no other codec to compare."));
  }

  function drawHeat() {
    const known = (row) => Object.values(row.images).filter((rate) => rate !== null);
    const columns = againstAnchor().filter((row) => Object.keys(row.images).length && ofFamily(data.series[row.series])); // in the order of their ranks
    const images = [...new Set(columns.flatMap((row) => Object.keys(row.images)))];
    const mean = (row) => known(row).reduce((sum, rate) => sum + rate, 0) / (known(row).length || 1);
    const means = new Map(columns.map((row) => [row, mean(row)]));
    // What a few images differ by must not take the colour from the others: nineteen of twenty are within the scale.
    const apart = columns.flatMap((row) => known(row).map((rate) => Math.abs(rate - means.get(row)))).sort((one, other) => one - other);
    const limit = Math.max(5, 5 * Math.ceil((apart[Math.floor(0.95 * (apart.length - 1))] ?? 0) / 5));
    byId("heat-caption").textContent = columns.length
      ? `${data.datasets[dataset()].name}, ${axis().title}: BD-rate against ${title(anchor())} of every single image, in percent. Blue needs less rate than the codec's ` +
        `own mean over the images, orange more; full colour from ${limit}\u00a0points on. Hatched: refused.`
      : "";
    if (!columns.length) {
      byId("heat-map").replaceChildren(html("p", { class: "note" }, "There are no BD-rates of single images for this metric."));
      return;
    }
    const cell = (value, usual, flags) => html("td", {
      class: `number ${value === null ? "refused" : value < usual ? "better" : "worse"}`, title: flags || undefined,
      style: `--share: ${value === null ? 0 : clamp(Math.abs(value - usual) / limit, 0, 1).toFixed(3)}`,
    }, value === null ? "\u2013" : signed(value));
    const heading = (text, kind) => html("th", { scope: "col", class: kind }, html("button", { type: "button" }, text));
    const table = html("table", { class: "heat sortable named" },
      html("thead", {}, html("tr", {}, heading("Image", ""), ...columns.map((row) => heading(data.series[row.series].title, "number")))),
      html("tbody", {}, ...images.map((image) => html("tr", {}, html("th", { scope: "row" }, imageName(image)),
        ...columns.map((row) => cell(row.images[image] ?? null, means.get(row), row.remarks[image]))))),
      html("tfoot", {}, html("tr", {}, html("th", { scope: "row" }, "Mean of images"), ...columns.map((row) => cell(row.rate, row.rate)))));
    byId("heat-map").replaceChildren(table);
  }

  /** An image's name, a button where its curves or its pictures can be shown. */
  function imageName(name) {
    const option = [...byId("image").options].some((option) => option.value === name);
    if (!option && viewer.placeOf(data.datasets[dataset()].name, name) < 0) return name;
    const link = html("button", { type: "button", "aria-label": `${name}: show it alone` }, name);
    link.addEventListener("click", () => chooseImage(name));
    return link;
  }

  /* ---- What other scripts draw of this state ---- */

  const page = { data, dataset, place, axis, anchor, image, title, ofFamily, view, hidden, curves, imageCurves, deltas };
  const drawSpeed = speedPlanes(page), images = singleImages(page), tellLinks = getBlock(page);
  const viewer = pictureViewer(page, () => remember());

  /** Shows one image alone, in the charts and among the pictures. */
  function chooseImage(name) {
    const index = viewer.placeOf(data.datasets[dataset()].name, name);
    if (index >= 0) viewer.choose(index);
    const option = [...byId("image").options].some((option) => option.value === name);
    if (option) {
      byId("image").value = name;
      update();
    }
    byId(option ? "curves" : "pictures").scrollIntoView();
    byId(option ? "image" : "picture").focus({ preventScroll: true });
  }

  function drawDots() {
    const rows = againstAnchor().filter((row) => Object.values(row.images).some((rate) => rate !== null) && ofFamily(data.series[row.series]));
    byId("spread").hidden = !rows.length;
    if (rows.length) byId("beyond").textContent = images.drawDots(byId("dots"), rows, chooseImage);
  }

  /** The difference of quality that is about the same, in the unit of the axis. */
  function tolerance() {
    if (view.tolerance !== null) return view.tolerance;
    if (axis().unit === "dB") return 0.25;
    const values = curves().flatMap((curve) => curve.points.map((point) => point.value));
    return Number(((Math.max(...values) - Math.min(...values)) / 100).toPrecision(1));
  }
  function drawPairs() {
    byId("tolerance").value = tolerance();
    byId("pairs-caption").textContent = `${dataName()}, ${axis().title}: operating points of a codec and of ${title(anchor())} on the same image whose quality differs by ` +
      `${tolerance()}${axis().unit && `\u00a0${axis().unit}`} at most, each in one pair at most. The ratio of their rates: geometric mean over all pairs, and the ` +
      "quantiles at 10 and 90\u00a0%. Below 1 needs less rate. Nothing is interpolated.";
    images.drawPairs(byId("pairs-table"), tolerance());
  }

  /* ---- Controls of the charts ---- */

  function update() {
    for (const radio of spaces) radio.disabled = metric().spaces[radio.value] === undefined;
    for (const radio of document.getElementsByName("kind")) radio.checked = (radio.value === "relative") === view.relative;
    for (const name of ["log", "thin"]) byId(name).checked = view[name];
    for (const name of LIMITS) byId(name).value = view[name] ?? "";
    for (const name of ["log", "from", "to", "whole"]) byId(name).disabled = view.relative;
    byId("thin").disabled = Boolean(image()) || !data.images.length;
    byId("chart-caption").textContent = image() ? `${dataName()}.` : data.datasets[dataset()].captions[place()];
    drawCurves();
    drawAnswer();
    drawBars();
    drawSpeed(byId("planes"));
    drawDots();
    drawHeat();
    drawPairs();
  }
  const LIMITS = ["from", "to", "low", "high"];
  const isWide = () => Math.max(...curves().flatMap((curve) => curve.points.map((point) => point.bpp))) > data.wide;
  function reset() {
    hidden.clear();
    Object.assign(view, { log: isWide(), from: null, to: null, low: null, high: null, tolerance: null });
    update();
  }

  /* ---- The state of the page, in its address: a link shows the same ---- */

  /** What is chosen, where it is not what a report shows first. */
  function state() {
    const found = {
      data: dataset() ? data.datasets[dataset()].name : "",
      metric: place() ? axis().title : "",
      anchor: anchor() === data.anchor ? "" : anchor(),
      family: family(),
      image: image(),
      curves: view.relative ? "relative" : "",
      thin: view.thin ? "yes" : "",
      log: view.log === isWide() ? "" : view.log ? "yes" : "no",
      ...Object.fromEntries([...LIMITS, "tolerance"].map((name) => [name, view[name] ?? ""])),
      ...viewer.state(),
      without: curves().filter((curve) => hidden.has(curve.id)).map((curve) => curve.name).join("\n"),
    };
    return new URLSearchParams(Object.entries(found).filter(([, value]) => value !== "")).toString();
  }
  function remember() {
    const now = state();
    if (location.hash.slice(1) !== now) history.replaceState(null, "", now ? `#${now}` : location.pathname + location.search);
    tellLinks();
  }

  /** Shows what an address says; what it does not know of, it leaves. */
  function recall() {
    const told = new URLSearchParams(location.hash.slice(1));
    const choose = (id, text) => {
      const option = [...byId(id).options].find((option) => option.textContent === text);
      if (option) byId(id).value = option.value;
    };
    choose("dataset", told.get("data"));
    const chosen = data.axes.findIndex(({ title }) => title === told.get("metric"));
    data.metrics.forEach(({ spaces: own }, index) => Object.entries(own).forEach(([space, axis]) => {
      if (axis !== chosen) return;
      byId("metric").value = index;
      for (const radio of spaces) radio.checked = radio.value === space;
    }));
    if (data.anchors.includes(told.get("anchor"))) byId("anchor").value = told.get("anchor");
    choose("image", told.get("image"));
    byId("family").value = data.series.some((series) => series.family === told.get("family")) ? told.get("family") : "";
    const ends = (first, last, least) => {
      const [one, other] = [first, last].map((name) => (Number(told.get(name) || NaN) > least ? Number(told.get(name)) : null));
      return one === null || other === null || one < other ? { [first]: one, [last]: other } : { [first]: null, [last]: null };
    };
    Object.assign(view, {
      log: told.has("log") ? told.get("log") === "yes" : isWide(), relative: told.get("curves") === "relative",
      thin: told.get("thin") === "yes", tolerance: Number(told.get("tolerance")) > 0 ? Number(told.get("tolerance")) : null, ...ends("from", "to", 0), ...ends("low", "high", -Infinity),
    });
    viewer.recall(told);
    const without = (told.get("without") ?? "").split("\n");
    for (const curve of curves()) if (without.includes(curve.name)) hidden.add(curve.id);
    update();
  }
  for (const id of ["metric", "dataset"]) byId(id).addEventListener("change", reset);
  for (const id of ["anchor", "family", "image"]) byId(id).addEventListener("change", update);
  // A link to a section must not cost the state.
  for (const link of document.querySelectorAll("nav a, .caption a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const section = document.querySelector(link.hash);
      section.scrollIntoView();
      section.setAttribute("tabindex", -1);
      section.focus({ preventScroll: true });
    });
  }
  for (const radio of spaces) radio.addEventListener("change", update);
  for (const name of ["log", "thin"]) {
    byId(name).addEventListener("change", (event) => {
      view[name] = event.target.checked;
      drawCurves();
    });
  }
  for (const radio of document.getElementsByName("kind")) {
    radio.addEventListener("change", () => {
      view.relative = radio.value === "relative";
      update();
    });
  }
  for (const [first, last, least] of [["from", "to", 0], ["low", "high", -Infinity]]) {
    for (const id of [first, last]) {
      byId(id).addEventListener("change", () => {
        const [one, other] = [first, last].map((end) => byId(end).valueAsNumber).map((end) => (end > least ? end : null));
        const apart = one === null || other === null || one < other;
        byId(last).setCustomValidity(apart ? "" : "The second must be above the first.");
        if (!byId(last).reportValidity()) return;
        Object.assign(view, { [first]: one, [last]: other });
        drawCurves();
      });
    }
  }
  byId("tolerance").addEventListener("change", (event) => {
    view.tolerance = event.target.valueAsNumber > 0 ? event.target.valueAsNumber : null;
    remember();
    drawPairs();
  });
  byId("whole").addEventListener("click", () => {
    const all = curves().filter((curve) => !hidden.has(curve.id)).flatMap((curve) => curve.points.map((point) => point.bpp));
    if (!all.length) return;
    const rounded = (value) => Number(value.toPrecision(3));
    Object.assign(view, { from: rounded(Math.min(...all) * 0.9), to: rounded(Math.max(...all) * 1.1) });
    update();
  });
  byId("reset").addEventListener("click", reset);
  byId("all").addEventListener("click", () => {
    hidden.clear();
    drawCurves();
  });
  byId("none").addEventListener("click", () => {
    for (const curve of curves()) hidden.add(curve.id);
    drawCurves();
  });
  for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());

  const asked = byId(location.hash.slice(1)); // a link to a section, from elsewhere
  recall();
  asked?.scrollIntoView();
  let width = chart.clientWidth;
  new ResizeObserver(() => {
    if (chart.clientWidth === width) return;
    width = chart.clientWidth;
    drawCurves();
    drawSpeed(byId("planes"));
    drawDots();
  }).observe(chart);
})();
