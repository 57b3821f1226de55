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

  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const nearby = (one, other) => Math.abs(one - other) <= rules.near * Math.max(1, Math.abs(other));

  /** A curve with its name, its front, and what is not on that. */
  function named(label, curve) {
    const points = front(curve);
    const pairs = [...new Map(curve.rates.map((rate, index) => [`${rate} ${curve.qualities[index]}`, { rate, quality: curve.qualities[index] }])).values()];
    const known = pairs.filter(({ rate, quality }) => rate !== null && quality !== null && rate > 0);
    const behind = known.filter((pair) => !points.some((point) => point.rate === pair.rate && point.quality === pair.quality));
    const near = behind.filter((pair) => points.some((point) => nearby(point.rate, pair.rate) && nearby(point.quality, pair.quality))).length;
    const left = curve.left ?? [
      near ? `${label}: ${near} of ${counted(known.length, "point")} left out, equal another but for rounding` : "",
      behind.length > near ? `${label}: not monotone, ${behind.length - near} of ${counted(known.length, "point")} left out` : "",
    ].filter(Boolean);
    return { label, points, notes: curve.notes ?? [], left };
  }

  /** Two shares in percent, with as many digits as it takes to tell them apart. */
  function apart(share, least) {
    const texts = (digits) => [share, least].map((value) => `${(100 * value).toFixed(digits)}%`);
    let digits = 0;
    while (digits < 13 && texts(digits)[0] === texts(digits)[1]) digits += 1;
    return texts(digits);
  }

  /** The range of the quality, or of the rate, that two curves have in common, none where it is refused, and what to know of it. */
  function common(anchor, own, axis) {
    const flags = [...anchor.notes, ...own.notes], ends = [];
    for (const curve of [anchor, own]) {
      flags.push(...curve.left);
      const count = curve.points.length;
      if (count < rules.points) {
        return { range: null, overlap: null, flags: [...flags, `refused: ${curve.label} has ${counted(count, "point")}, needs ${rules.points}`] };
      }
      ends.push([curve.points[0], curve.points.at(-1)].map((point) => (axis === "rate" ? Math.log10(point.rate) : point.quality)));
    }
    const low = Math.max(ends[0][0], ends[1][0]), high = Math.min(ends[0][1], ends[1][1]);
    if (high <= low) return { range: null, overlap: 0, flags: [...flags, `refused: the curves have no ${axis} in common`] };
    const overlap = (high - low) / (Math.max(ends[0][1], ends[1][1]) - Math.min(ends[0][0], ends[1][0]));
    if (overlap < rules.overlap) {
      const [share, least] = apart(overlap, rules.overlap);
      return { range: null, overlap, flags: [...flags, `refused: only ${share} of their range of ${axis} is common to both curves, needs ${least}`] };
    }
    if (overlap < rules.small) flags.push(`only ${(100 * overlap).toFixed(0)}% of their range of ${axis} is common to both curves`);
    return { range: [low, high], overlap, flags };
  }

  /** The BD-rate of a curve against an anchor's in percent, null where it is refused, its overlap, and what Python says of it. */
  function delta(anchor, own, title, of) {
    const rate = common(anchor, own, "quality"), told = new Map();
    for (const [name, flags] of [["BD-rate", rate.flags], [`BD-${title}`, common(anchor, own, "rate").flags]]) {
      for (const flag of flags) {
        const text = flag.startsWith(`${own.label}: `) ? flag.slice(own.label.length + 2) : flag;
        told.set(text, [...(told.get(text) ?? []), name]);
      }
    }
    const flags = [...told].map(([flag, names]) => (flag.startsWith("refused") ? `${names.join(" and ")}${of} ${flag}` : flag)).join("; ");
    if (!rate.range) return { rate: null, overlap: rate.overlap, flags };
    const [low, high] = rate.range;
    return { rate: 100 * (10 ** (meanRate(own.points, low, high) - meanRate(anchor.points, low, high)) - 1), overlap: rate.overlap, flags };
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

  /** The share of a normal distribution beyond so many standard deviations on either side. */
  function beyond(deviations) {
    const x = deviations / Math.SQRT2, scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
    if (x < 3) {
      let term = 2 * x, sum = term;
      for (let step = 1; term > sum * 1e-17; step += 1) sum += term *= (2 * x * x) / (2 * step + 1);
      return 1 - scale * sum;
    }
    let fraction = 1;
    for (let step = 100; step; step -= 1) fraction = 1 + step / (2 * x * x) / fraction;
    return scale / x / fraction;
  }

  /** The p-value of Wilcoxon's two-sided signed-rank test, as SciPy has it: exact of few values without ties, else normal. */
  function signedRanks(values) {
    if (values.length < rules.images) return null;
    const some = values.filter((value) => value !== 0).sort((one, other) => Math.abs(one) - Math.abs(other)), count = some.length;
    if (!count) return 1;
    const twice = []; // their ranks: those of ties are the mean of their places
    let tied = 0;
    for (let first = 0, next; first < count; first = next) {
      for (next = first; next < count && Math.abs(some[next]) === Math.abs(some[first]); next += 1);
      for (let place = first; place < next; place += 1) twice.push(first + next + 1);
      tied += (next - first) ** 3 - (next - first);
    }
    const sum = (ranks) => ranks.reduce((total, rank) => total + rank, 0);
    const rises = sum(twice.filter((_, place) => some[place] > 0)), all = sum(twice);
    if (values.length > 13 && (values.length > 50 || tied || count < values.length)) {
      const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1) - tied / 2) / 24);
      return beyond(Math.abs(rises / 2 - all / 4) / deviation);
    }
    const ways = new Array(all + 1).fill(0); // in which signs give a sum of ranks
    ways[0] = 1;
    for (const rank of twice) for (let total = all; total >= rank; total -= 1) ways[total] += ways[total - rank];
    return Math.min(1, (2 * Math.min(sum(ways.slice(0, rises + 1)), sum(ways.slice(rises)))) / 2 ** count);
  }

  const MOST_NAMES = 6;
  /** The first names, and how many more there are. */
  function listed(images) {
    const names = [...images].sort(), more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
    return names.slice(0, MOST_NAMES).join(", ") + more;
  }

  /** What to know of the mean over images, and whether there is none. */
  function ofImages(label, anchor, base, own, found, overlap, names) {
    const count = found.filter(([, { rate }]) => rate !== null).length, flags = [];
    for (const [series, has, lacks] of [[label, base, own], [anchor, own, base]]) {
      const lacking = [...has.keys()].filter((cover) => !lacks.has(cover)).map((cover) => names.get(cover));
      if (lacking.length && lacks.size) flags.push(`mean of images: ${series} lacks ${lacking.length}, left out: ${listed(lacking)}`);
    }
    if (count < found.length) {
      const lacking = listed(found.filter(([, { rate }]) => rate === null).map(([name]) => name));
      flags.push(`mean of images: ${found.length - count} of ${found.length} have no BD-rate, left out: ${lacking}`);
    }
    if (!found.length) flags.push(`${names.size ? "no image has a value of both curves" : "no records of images"}: no interval and no test`);
    else if (count < rules.images) flags.push(`${counted(count, "image")}: no interval and no test, which need ${rules.images}`);
    const images = own.size ? base.size : 0;
    const refusal = overlap !== null && overlap < rules.overlap ? "mean of images: refused, as that of the mean curve"
      : images && count <= rules.share * images ? `mean of images: refused, for a BD-rate is there on only ${count} of ${counted(images, "image")}` : "";
    return { flags: refusal ? [...flags, refusal] : flags, refused: Boolean(refusal) };
  }

  /**
   * Rows as those of data.bd, of every series but the anchor. Remarks are those of Python, but for interpolators and
   * intervals of mean curves.
   *
   * whole: the mean curve of each series, by its place, with what is missing of it and left out. single: the curves of its images, by what covers them, and
   * names of images by the same. labels: those of the series. title: of the metric.
   */
  function against(anchor, whole, single, names, labels, title) {
    const fronts = new Map([...whole].map(([series, curve]) => [series, named(labels[series], curve)]));
    const images = new Map([...single].map(([series, curves]) =>
      [series, new Map([...curves].map(([cover, curve]) => [cover, named(labels[series], curve)]))]));
    const base = images.get(anchor) ?? new Map();
    const byImages = [...base.values()].some(({ points }) => points.length >= rules.points);
    const rows = [];
    for (const [series, own] of fronts) {
      if (series === anchor) continue;
      const curve = delta(fronts.get(anchor) ?? { label: labels[anchor], points: [], notes: [], left: [] }, own, title, " of the mean curve");
      const mine = images.get(series) ?? new Map();
      const found = [...mine].filter(([cover]) => base.has(cover))
        .map(([cover, image]) => [names.get(cover), delta(base.get(cover), image, title, "")]);
      const rates = found.map(([, result]) => result.rate).filter((rate) => rate !== null);
      const { flags, refused } = ofImages(labels[series], labels[anchor], base, mine, found, curve.overlap, names);
      const mean = refused ? average([]) : byImages ? average(rates) : { rate: curve.rate, low: null, high: null };
      rows.push({
        series, ...mean, curve: byImages ? curve.rate : null, overlap: curve.overlap,
        p: byImages && !refused ? signedRanks(rates.map((rate) => Math.log1p(rate / 100))) : null,
        flags: [...new Set([curve.flags, ...flags].filter(Boolean))].join("; "),
        images: Object.fromEntries(found.map(([name, result]) => [name, result.rate])),
        remarks: Object.fromEntries(found.filter(([, result]) => result.flags).map(([name, result]) => [name, result.flags])),
      });
    }
    return ranked(rows);
  }

  return { front, slopes, against, ranked, signedRanks };
};
