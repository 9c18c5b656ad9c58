// Curves over training, and paths, with a mark at the current checkpoint. See explorer.js.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 220; // px of a chart over time
const CHARACTER = 7; // px, at most, of a digit of a label
const MARGIN = { left: 50, right: 12, top: 8, bottom: 34 };

function shape(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A colour of the figures, which is for white paper: lighter on dark pages. */
function ink(colour) {
  return `color-mix(in srgb, ${colour}, white var(--lift))`;
}

const BEFORE = 0.4; // decades that the time before the first checkpoint after 0 takes

/** The first checkpoint after 0. */
function firstAfterStart(epochs) {
  return Math.min(...epochs.filter((epoch) => epoch > 0));
}

/** Whether epochs lie on a logarithmic axis unless a visitor chooses otherwise: as in the figures. */
function isLogarithmic(epochs) {
  return firstAfterStart(epochs) < 1;
}

/**
 * Where epochs lie on an axis: evenly, or, as in the figures with checkpoints within epoch 1, on a
 * logarithmic axis that is linear up to the first checkpoint.
 */
function timeScale(epochs, logarithmic = isLogarithmic(epochs)) {
  const first = firstAfterStart(epochs);
  if (!logarithmic || first === Infinity) return EVEN;
  return {
    to: (epoch) => (epoch < first ? (BEFORE * epoch) / first : BEFORE + Math.log10(epoch / first)),
    from: (place) => (place < BEFORE ? (place * first) / BEFORE : first * 10 ** (place - BEFORE)),
    ticks: (low, high, most) => [
      ...(low <= 0 ? [0] : []), ...logTicks(Math.max(low, first), high, 1.5 * most - 1),
    ],
  };
}

/** 1, 3, 10, 30 ... between two numbers above 0; of many decades only some. At least one. */
function logTicks(low, high, most) {
  const decades = [];
  for (let k = Math.floor(Math.log10(low)); 10 ** k <= high; k++) decades.push(k);
  const within = (values) =>
    values.map((value) => Number(value.toPrecision(3))).filter((each) => each >= low && each <= high);
  let found = within(decades.flatMap((k) => [10 ** k, 3 * 10 ** k]));
  for (let step = 1; found.length > most && step <= decades.length; step++) {
    found = within(decades.filter((k) => k % step === 0).map((k) => 10 ** k));
  }
  return found.length ? found : [low];
}

function swatch(colour) {
  const made = element("span", { className: "swatch" });
  made.style.setProperty("--colour", ink(colour));
  return made;
}

/** Round numbers between two, at most so many. */
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

const EVEN = { to: (value) => value, from: (place) => place, ticks };

// Markers of the figures, 1 px in radius: one for each layer, so that many can be told apart.
const MARKERS = {
  "o": "M-1,0A1,1 0 1 0 1,0A1,1 0 1 0 -1,0Z",
  "s": "M-.9,-.9H.9V.9H-.9Z",
  "^": "M0,-1.1L1.1,.9H-1.1Z",
  "v": "M0,1.1L1.1,-.9H-1.1Z",
  "D": "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
  "P": "M-.4,-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z",
  "X": "M0,-.55L.7,-1.2L1.2,-.7L.55,0L1.2,.7L.7,1.2L0,.55L-.7,1.2L-1.2,.7L-.55,0L-1.2,-.7L-.7,-1.2Z",
};
const MARKED = 8; // points of a curve, at most, that have a marker

function mark(name, colour, x, y) {
  return shape("path", {
    class: "marker", d: MARKERS[name], fill: colour,
    transform: `translate(${x.toFixed(1)},${y.toFixed(1)}) scale(3.4)`,
  });
}

/** A number as it is printed, with a minus sign. */
function printed(number) {
  return String(number).replace("-", "−");
}

/** Lowest and highest of lists of numbers, with a little room; null counts as nothing. */
function range(lists, room = 0.04) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (value !== null && value < low) low = value;
      if (value !== null && value > high) high = value;
    }
  }
  if (low > high) [low, high] = [0, 1];
  const extra = high > low ? (high - low) * room : 0.5;
  return [low - extra, high + extra];
}

/** Value of a series at an epoch: exact, or between its neighbours; null where there is none. */
function at(series, values, epoch) {
  const { epoch: epochs } = series;
  const next = epochs.findIndex((each) => each >= epoch);
  if (next < 0) return null;
  if (epochs[next] === epoch) return values[next];
  if (next === 0 || values[next] === null || values[next - 1] === null) return null;
  const share = (epoch - epochs[next - 1]) / (epochs[next] - epochs[next - 1]);
  return values[next - 1] + share * (values[next] - values[next - 1]);
}

/** Frame with two axes; what is drawn in it is up to the kinds of charts below. */
class Chart {
  constructor(title, label, onEpoch) {
    this.onEpoch = onEpoch;
    this.svg = shape("svg", { role: "img", "aria-label": label });
    this.key = element("ul", { className: "key" });
    this.root = element("div", { className: "chart" }, this.key, this.svg);
    if (title.length) this.root.prepend(element("h3", {}, ...title));
    const drag = (event) => {
      if (!event.buttons || !this.width) return;
      const box = this.svg.getBoundingClientRect();
      this.pick(event.clientX - box.left, event.clientY - box.top);
    };
    this.svg.addEventListener("pointerdown", drag);
    this.svg.addEventListener("pointermove", drag);
  }

  /**
   * @param x, y    from where to where the axes go
   * @param labels  of both axes
   * @param most    ticks of the y axis, at most
   * @param scale   where values lie on the x axis
   */
  frame(x, y, height, labels, most = 5, scale = EVEN) {
    const width = this.root.clientWidth;
    Object.assign(this, { width, height });
    const { left, top } = MARGIN;
    const right = width - MARGIN.right, bottom = height - MARGIN.bottom;
    const [start, end] = x.map(scale.to);
    this.x = (value) => left + ((scale.to(value) - start) / (end - start)) * (right - left);
    this.y = (value) => bottom - ((value - y[0]) / (y[1] - y[0])) * (bottom - top);
    this.fromX = (pixel) =>
      scale.from(start + ((pixel - left) / (right - left)) * (end - start));
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    for (const value of ticks(...y, most)) {
      const [y1, y2] = [this.y(value), this.y(value)];
      this.svg.append(
        shape("line", { class: "grid", x1: left, x2: right, y1, y2 }),
        shape("text", { x: left - 6, y: y1 + 4, "text-anchor": "end" }, printed(value)),
      );
    }
    let taken = -Infinity; // up to where labels are, so that none is written over another
    for (const value of scale.ticks(...x, Math.min(6, width / 50))) {
      const [x1, x2] = [this.x(value), this.x(value)];
      this.svg.append(shape("line", { class: "axis", x1, x2, y1: bottom, y2: bottom + 4 }));
      const half = (CHARACTER * printed(value).length) / 2;
      if (x1 - half < taken + CHARACTER) continue;
      this.svg.append(
        shape("text", { x: x1, y: bottom + 16, "text-anchor": "middle" }, printed(value)),
      );
      taken = x1 + half;
    }
    const below = { x: (left + right) / 2, y: height - 3 };
    const beside = { transform: `translate(10,${(top + bottom) / 2}) rotate(-90)` };
    this.svg.append(
      shape("path", { class: "axis", d: `M${left},${top}V${bottom}H${right}` }),
      shape("text", { "text-anchor": "middle", ...below }, labels[0]),
      shape("text", { "text-anchor": "middle", ...beside }, labels[1]),
    );
  }

  /** Way through points; a gap where there is no value. */
  along(xs, ys) {
    let way = "", pen = "M";
    xs.forEach((x, i) => {
      if (x === null || ys[i] === null) {
        pen = "M";
        return;
      }
      way += `${pen}${this.x(x).toFixed(1)},${this.y(ys[i]).toFixed(1)}`;
      pen = "L";
    });
    return way;
  }

  /** What lies between two curves, in as many pieces as both have; none of a single point. */
  band(xs, lows, highs, colour) {
    let way = "", upper = [], lower = [];
    const close = () => {
      if (upper.length > 1) way += `M${[...upper, ...lower.reverse()].join("L")}Z`;
      [upper, lower] = [[], []];
    };
    xs.forEach((x, i) => {
      if (lows[i] === null || highs[i] === null) return close();
      const point = (y) => `${this.x(x).toFixed(1)},${this.y(y).toFixed(1)}`;
      upper.push(point(highs[i]));
      lower.push(point(lows[i]));
    });
    close();
    const drawn = shape("path", { class: "band", d: way, fill: colour, stroke: colour });
    this.svg.append(drawn);
    return drawn;
  }

  line(xs, ys, attributes) {
    const drawn = shape("path", { class: "line", d: this.along(xs, ys), ...attributes });
    this.svg.append(drawn);
    return drawn;
  }

  /** Some points of a curve, another choice for each curve: none hides another's. */
  marks(xs, ys, { marker, colour }, place, of) {
    const known = xs.map((_, i) => i).filter((i) => xs[i] !== null && ys[i] !== null);
    const step = Math.max(1, Math.ceil(known.length / MARKED));
    const first = step > 1 ? Math.floor((place * step) / of) : 0;
    for (let i = first; i < known.length; i += step) {
      this.svg.append(mark(marker, ink(colour), this.x(xs[known[i]]), this.y(ys[known[i]])));
    }
  }

  dot(colour, radius = 5.5) {
    const drawn = shape("circle", { class: "now", r: radius, fill: colour });
    this.svg.append(drawn);
    return drawn;
  }

  move(dot, x, y) {
    const known = x !== null && y !== null;
    dot.setAttribute("visibility", known ? "visible" : "hidden");
    if (!known) return;
    dot.setAttribute("cx", this.x(x).toFixed(1));
    dot.setAttribute("cy", this.y(y).toFixed(1));
  }

}

/** Entry of a key: a line as it is drawn, its name, and perhaps its value. */
function entry({ name, colour, kind, marker }, ...value) {
  const sample = shape("svg", { viewBox: "0 0 22 8", "aria-hidden": "true" });
  const ends = { x1: 1, x2: 21, y1: 4, y2: 4 };
  sample.append(shape("line", { class: `line ${kind ?? ""}`, stroke: ink(colour), ...ends }));
  if (marker) sample.append(mark(marker, ink(colour), 11, 4));
  return element("li", {}, sample, name, ...value);
}

/** Mean - SD and mean + SD; null where one is unknown. */
function bounds(values, sd) {
  return [-1, 1].map((sign) =>
    values.map((value, i) => (value === null || sd[i] === null ? null : value + sign * sd[i])));
}

/** What bands are, and over how many networks. */
function bandsExplained([least, most]) {
  return `bands: ± SD, n = ${least === most ? least : `${least}–${most}`} networks`;
}

/** Curves of numbers against epochs, with a cursor. */
class Curves extends Chart {
  /**
   * @param limits     {x, y, time}: what the axes span, the same for all instances, and timeScale
   * @param digits     of values in the key, after the point
   * @param hasValues  whether there are values at an epoch
   */
  constructor(title, label, limits, yLabel, onEpoch, digits, hasValues = () => true) {
    super(title, label, onEpoch);
    Object.assign(this, { limits, yLabel, digits, hasValues, high: HEIGHT });
  }

  /**
   * @param curves  of the instance: {name, colour, kind, series, values}, of a mean with its sd
   * @param others  of all other instances of the condition, drawn faintly
   */
  show(curves, others) {
    const values = curves.map(() => element("b", { textContent: "–" }));
    this.key.replaceChildren(...curves.map((curve, i) => legends.entry(curve, values[i])));
    this.values = values.filter((_, i) => legends.shows(curves[i]));
    const [seen, beside] = [curves, others].map((list) => list.filter((each) => legends.shows(each)));
    Object.assign(this, { curves: seen, others: beside });
    const banded = seen.find(({ sd }) => sd?.some((each) => each !== null));
    if (banded) {
      this.key.append(element("li", { textContent: bandsExplained(banded.series.n) }));
    }
    this.layout();
  }

  layout() {
    if (!this.root.clientWidth || !this.curves) return;
    const { x, y, time } = this.limits;
    this.frame(x, y, this.high, [this.xLabel, this.yLabel], 5, time);
    for (const { colour, series, values, sd } of this.curves) {
      if (sd) this.band(series.epoch, ...bounds(values, sd), ink(colour));
    }
    for (const { colour, kind, series, values } of this.others) {
      this.line(series.epoch, values, { class: `line faint ${kind ?? ""}`, stroke: ink(colour) });
    }
    for (const { colour, kind, series, values } of this.curves) {
      this.line(series.epoch, values, { class: `line ${kind ?? ""}`, stroke: ink(colour) });
    }
    this.curves.forEach((curve, i) => {
      const { marker, series, values } = curve;
      if (marker) this.marks(series.epoch, values, curve, i, this.curves.length);
    });
    this.cursor = shape("line", { class: "cursor", y1: MARGIN.top, y2: this.high - MARGIN.bottom });
    this.svg.append(this.cursor);
    this.dots = this.curves.map(({ colour, kind }) =>
      this.dot(ink(colour), kind === "within" ? 4 : 5));
    this.at(this.epoch ?? 0);
  }

  at(epoch) {
    this.epoch = epoch;
    if (!this.cursor) return;
    this.cursor.setAttribute("x1", this.x(epoch));
    this.cursor.setAttribute("x2", this.x(epoch));
    this.curves.forEach((curve, i) => {
      const value = this.hasValues(epoch) ? at(curve.series, curve.values, epoch) : null;
      this.move(this.dots[i], epoch, value);
      this.values[i].textContent = value === null ? "–" : printed(value.toFixed(this.digits));
    });
  }

  pick(pixel) {
    this.onEpoch(this.fromX(pixel));
  }
}

/** Paths of all layers in two axes of the common space. */
class Path extends Chart {
  /**
   * @param plane   which axes: [x, y]
   * @param limits  of each axis
   * @param labels  of each axis
   */
  constructor(label, plane, limits, labels, onEpoch) {
    super([], label, onEpoch);
    const inPlane = (list) => plane.map((axis) => list[axis]);
    Object.assign(this, { inPlane, limits: inPlane(limits), labels: inPlane(labels) });
  }

  show(curves, others) {
    const drawn = ({ colour, marker, series }) => ({
      colour, marker, epoch: series.epoch, values: this.inPlane(series.values),
    });
    const seen = (list) => list.filter((each) => legends.shows(each)).map(drawn);
    Object.assign(this, { curves: seen(curves), others: seen(others) });
    this.layout();
  }

  layout() {
    const width = this.root.clientWidth;
    if (!width || !this.curves) return;
    const height = width - MARGIN.left - MARGIN.right + MARGIN.top + MARGIN.bottom;
    this.frame(...this.limits, height, this.labels, width / 50);
    for (const { colour, values } of this.others) {
      this.line(...values, { class: "line faint", stroke: ink(colour) });
    }
    this.trails = this.curves.map(({ colour, values }) => {
      this.line(...values, { class: "line ahead", stroke: ink(colour) });
      return this.line([], [], { stroke: ink(colour) });
    });
    this.curves.forEach((curve, i) => {
      if (curve.marker) this.marks(...curve.values, curve, i, this.curves.length);
    });
    for (const { colour, epoch, values: [xs, ys] } of this.curves) {
      const last = epoch.length - 1;
      if (last < 0) continue;
      for (const [i, fill] of [[0, "var(--paper)"], [last, ink(colour)]]) {
        this.svg.append(shape("circle", {
          class: "end", r: 3.5, stroke: ink(colour), fill, cx: this.x(xs[i]), cy: this.y(ys[i]),
        }));
      }
    }
    this.dots = this.curves.map(({ colour }) => this.dot(ink(colour), 6));
    this.at(this.epoch ?? 0);
  }

  at(epoch) {
    this.epoch = epoch;
    if (!this.dots) return;
    this.curves.forEach((curve, i) => {
      const place = curve.values.map((values) => at(curve, values, epoch));
      this.move(this.dots[i], ...place);
      const passed = curve.epoch.filter((each) => each < epoch).length;
      const [xs, ys] = curve.values.map((values, axis) =>
        [...values.slice(0, passed), place[axis]]);
      this.trails[i].setAttribute("d", this.along(xs, ys));
    });
  }

  pick(pixelX, pixelY) {
    let nearest = null, least = Infinity;
    for (const { epoch, values: [xs, ys] } of this.curves) {
      epoch.forEach((each, i) => {
        const away = Math.hypot(this.x(xs[i]) - pixelX, this.y(ys[i]) - pixelY);
        if (away < least) [nearest, least] = [each, away];
      });
    }
    if (nearest !== null) this.onEpoch(nearest);
  }
}
