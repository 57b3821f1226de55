"use strict";
/**
 * BD-rates, as benchmark/analysis computes them: the page takes another anchor without asking anybody.
 *
 * rules: see benchmark/report/page/images.py. A curve is { rates, qualities }, lists of one length, null where a point
 * has no value; a higher quality is the better one.
 */
const bdRates = (rules) => {
  /** Points of a curve that rise in both, by rising rate: what is behind another point is left out. */
  function front({ rates, qualities }) {
    const points = rates.map((rate, index) => ({ rate, quality: qualities[index] }))
      .filter((point) => point.rate !== null && point.quality !== null && point.rate > 0)
      .sort((one, other) => one.rate - other.rate || other.quality - one.quality);
    points.forEach((point, index) => {
      const before = points[index - 1];
      const apart = before && point.rate - before.rate > rules.near * Math.abs(point.rate);
      point.group = before ? before.group + (apart ? 1 : 0) : 0;
    });
    points.sort((one, other) => one.group - other.group || other.quality - one.quality);
    let best = -Infinity;
    return points.filter(({ quality }) => {
      const rises = quality - best > rules.near * Math.max(1, Math.abs(quality));
      best = Math.max(best, quality);
      return rises;
    });
  }

  /** Slopes of y along x at each point: Fritsch and Butland's weighted harmonic mean; at the ends by three points. */
  function slopes(x, y) {
    const width = x.slice(1).map((value, index) => value - x[index]);
    const rise = width.map((step, index) => (y[index + 1] - y[index]) / step);
    if (rise.length < 2) return x.map(() => rise[0]);
    const end = (near, far, nearRise, farRise) =>
      Math.max(((2 * near + far) * nearRise - near * farRise) / (near + far), 0);
    const inner = rise.slice(1).map((after, index) => {
      const first = 2 * width[index + 1] + width[index], last = width[index + 1] + 2 * width[index];
      return (first + last) / (first / rise[index] + last / after);
    });
    return [end(width[0], width[1], rise[0], rise[1]), ...inner, end(width.at(-1), width.at(-2), rise.at(-1), rise.at(-2))];
  }

  /** The mean of the logarithm of the rate between two qualities. */
  function meanRate(points, low, high) {
    const x = points.map((point) => point.quality), y = points.map((point) => Math.log10(point.rate));
    const slope = slopes(x, y);
    const integrals = (t) => {
      const square = t * t, third = square * t, fourth = (square * square) / 2, last = third - fourth;
      return [t - last, last, square / 2 - third * (2 / 3) + fourth / 2, fourth / 2 - third / 3];
    };
    let total = 0;
    for (let index = 0; index + 1 < x.length; index += 1) {
      const width = x[index + 1] - x[index];
      const [from, to] = [low, high].map((end) => integrals(Math.min(Math.max((end - x[index]) / width, 0), 1)));
      const [first, last, leaving, arriving] = to.map((value, part) => value - from[part]);
      total += width * (y[index] * first + y[index + 1] * last + width * (slope[index] * leaving + slope[index + 1] * arriving));
    }
    return total / (high - low);
  }

  /** The BD-rate of a front against an anchor's in percent, its overlap, and why there is none. */
  function delta(anchor, own) {
    if (Math.min(anchor.length, own.length) < rules.points) {
      return { rate: null, overlap: null, refused: `a curve has fewer than ${rules.points} points` };
    }
    const low = Math.max(anchor[0].quality, own[0].quality), high = Math.min(anchor.at(-1).quality, own.at(-1).quality);
    const whole = Math.max(anchor.at(-1).quality, own.at(-1).quality) - Math.min(anchor[0].quality, own[0].quality);
    const overlap = Math.max(high - low, 0) / whole;
    if (overlap < rules.overlap) {
      const share = `${(100 * overlap).toFixed(0)}\u00a0%`;
      return { rate: null, overlap, refused: `only ${share} of their range of quality is common to both curves` };
    }
    return { rate: 100 * (10 ** (meanRate(own, low, high) - meanRate(anchor, low, high)) - 1), overlap, refused: "" };
  }

  /** The mean over images with its interval: Student's t, on the logarithm of the ratio of rates. */
  function average(rates) {
    const count = rates.length;
    if (!count) return { rate: null, low: null, high: null };
    const rate = rates.reduce((sum, value) => sum + value, 0) / count;
    if (count < rules.images) return { rate, low: null, high: null };
    const ratio = 1 + rate / 100;
    const deviation = Math.sqrt(rates.reduce((sum, value) => sum + (value - rate) ** 2, 0) / (count - 1));
    const width = (deviation / 100 / ratio / Math.sqrt(count)) * rules.widths[count];
    return { rate, low: 100 * (ratio * Math.exp(-width) - 1), high: 100 * (ratio * Math.exp(width) - 1) };
  }

  const printed = (rate) => Number(rate.toFixed(rules.digits));

  /** Rows in the order of their ranks; the anchor has its place among them, at 0. */
  function ranked(rows) {
    const known = [0, ...rows.filter((row) => row.rate !== null).map((row) => printed(row.rate))];
    for (const row of rows) {
      row.rank = row.rate === null ? null : 1 + known.filter((rate) => rate < printed(row.rate)).length;
    }
    return rows.sort((one, other) => (one.rate === null) - (other.rate === null) || one.rate - other.rate);
  }

  /**
   * Rows as those of data.bd, of every series but the anchor.
   *
   * whole: the mean curve of each series, by its place. single: the curves of its images, by what covers them, and
   * names of images by the same.
   */
  function against(anchor, whole, single, names) {
    const fronts = new Map([...whole].map(([series, curve]) => [series, front(curve)]));
    const images = new Map([...single].map(([series, curves]) =>
      [series, new Map([...curves].map(([cover, curve]) => [cover, front(curve)]))]));
    const base = images.get(anchor) ?? new Map();
    const byImages = [...base.values()].some((points) => points.length >= rules.points);
    const rows = [];
    for (const [series, points] of fronts) {
      if (series === anchor) continue;
      const curve = delta(fronts.get(anchor) ?? [], points);
      const own = [...(images.get(series) ?? [])].filter(([cover]) => base.has(cover));
      const found = own.map(([cover, image]) => [names.get(cover), delta(base.get(cover), image)]);
      const rates = found.map(([, result]) => result.rate).filter((rate) => rate !== null);
      const flags = [];
      if (curve.refused) flags.push(`refused: ${curve.refused}`);
      else if (byImages && rates.length <= rules.share * own.length) {
        flags.push(`refused: a BD-rate is there on only ${rates.length} of ${own.length} images`);
      } else if (rates.length < own.length) flags.push(`${own.length - rates.length} of ${own.length} images have no BD-rate, left out`);
      const refused = flags.some((flag) => flag.startsWith("refused"));
      const mean = refused ? average([]) : byImages ? average(rates) : { rate: curve.rate, low: null, high: null };
      rows.push({
        series, ...mean, curve: byImages ? curve.rate : null, p: null, overlap: curve.overlap, flags: flags.join("; "),
        images: Object.fromEntries(found.map(([name, result]) => [name, result.rate])),
        remarks: Object.fromEntries(found.filter(([, result]) => result.refused).map(([name, result]) => [name, `refused: ${result.refused}`])),
      });
    }
    return ranked(rows);
  }

  return { front, slopes, against, ranked };
};
