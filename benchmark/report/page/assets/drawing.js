"use strict";
/** What the charts of the page share: elements, numbers as texts, ticks, markers, and the curve through operating points. */
const drawing = (() => {
  function filled(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== undefined));
    return node;
  }
  const html = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
  const svg = (name, attributes = {}, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /* Numbers as the report prints them. */
  const minus = (text) => text.replace("-", "\u2212");
  const fixed = (value, digits) => (value === null ? "\u2013" : minus(value.toFixed(digits)));
  const signed = (value, digits = 1) => {
    const text = fixed(value, digits);
    return Number(value.toFixed(digits)) === 0 ? text.replace("\u2212", "") : (value > 0 ? "+" : "") + text;
  };
  const measured = (value, axis) => fixed(value, axis.digits) + (axis.unit && ` ${axis.unit}`);
  const said = (settings) => Object.entries(settings).map(([name, value]) => `${name}\u00a0=\u00a0${value}`).join(", ");

  const spike = (corners) => (r) => `M${corners.map(([x, y]) => `${(x * r).toFixed(2)} ${(y * r).toFixed(2)}`).join("L")}Z`;
  const cross = [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2],
    [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]];
  const turned = cross.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);
  /** Markers by matplotlib's names. */
  const markers = {
    o: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
    s: spike([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
    "^": spike([[0, -1.15], [1.1, 0.85], [-1.1, 0.85]]),
    v: spike([[0, 1.15], [1.1, -0.85], [-1.1, -0.85]]),
    D: spike([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]),
    P: spike(cross),
    X: spike(turned),
  };

  /** Places on the curve that BD-rates integrate: the logarithm of the rate along the value, in so many steps from point to point. */
  function along(points, steps) {
    const knots = points.filter((point) => point.slope !== null);
    return knots.flatMap((last, index) => {
      if (index === 0) return [[last.bpp, last.value]];
      const first = knots[index - 1];
      const [from, to, width] = [Math.log10(first.bpp), Math.log10(last.bpp), last.value - first.value];
      return Array.from({ length: steps }, (_, step) => {
        const t = (step + 1) / steps, u = 1 - t;
        const rate = from * (1 + 2 * t) * u * u + to * t * t * (3 - 2 * t) + width * t * u * (first.slope * u - last.slope * t);
        return [10 ** rate, first.value + t * width];
      });
    });
  }

  /** The rate of a curve at a value, by the same pieces; null outside the curve. */
  function rateAt(curve, value) {
    const knots = (curve?.points ?? []).filter((point) => point.slope !== null);
    const last = knots.findIndex((point, index) => index && (value - knots[index - 1].value) * (value - point.value) <= 0);
    if (last < 0) return null;
    const first = knots[last - 1], end = knots[last], width = end.value - first.value;
    const t = (value - first.value) / width, u = 1 - t;
    return 10 ** (Math.log10(first.bpp) * (1 + 2 * t) * u * u + Math.log10(end.bpp) * t * t * (3 - 2 * t) +
      width * t * u * (first.slope * u - end.slope * t));
  }

  function niceTicks(low, high, count) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough);
    const ticks = [];
    for (let index = Math.ceil(low / step); index * step <= high * (1 + 1e-9); index += 1) ticks.push(index * step);
    return ticks;
  }
  function logTicks(low, high) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
      for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
    }
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    return inside.length > 2 ? inside : niceTicks(low, high, 6);
  }
  /** Middles as near as may be to those that are wanted, a step apart at least and between two ends where there is room. */
  function spread(wanted, step, low, high) {
    const order = wanted.map((_, index) => index).sort((one, other) => wanted[one] - wanted[other]);
    const groups = []; // of neighbours that touch: each as far from its ladder as the mean of its members
    const mean = (group) => group.reduce((sum, value) => sum + value, 0) / group.length;
    order.forEach((index, rank) => {
      groups.push([wanted[index] - rank * step]);
      while (groups.length > 1 && mean(groups.at(-2)) >= mean(groups.at(-1))) groups.at(-2).push(...groups.pop());
    });
    const most = Math.max(high - (order.length - 1) * step, low);
    const found = new Array(wanted.length);
    groups.flatMap((group) => group.map(() => clamp(mean(group), low, most))).forEach((bottom, rank) => { found[order[rank]] = bottom + rank * step; });
    return found;
  }
  const tickText = (tick) => minus(String(Number(tick.toPrecision(6))));

  return { html, svg, clamp, fixed, signed, measured, said, markers, along, rateAt, niceTicks, logTicks, tickText, spread };
})();
