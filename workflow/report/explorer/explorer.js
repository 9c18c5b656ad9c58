// The explorer: one slider over training moves RDMs, paths and curves of a network, or of the mean
// of all networks of a condition. Names are only ever set as text.

// Milliseconds: how long training takes to play, within bounds for each step.
const WHOLE = 7000, SHORTEST = 80, LONGEST = 450, CALM = 1000;
const MEASURES = {
  pearson: "Pearson r",
  spearman: "Spearman ρ",
  kendall: "Kendall τ-a",
  cosine: "cosine similarity",
};

const USED_OF_SHARED_AXIS = 0.35;

/** What a visitor calls a network of a condition, or the mean of all. */
function network({ seed }) {
  return seed === null ? "mean of all" : `seed ${seed}`;
}

/** Lists of all numbers that curves and their bands reach. */
function reached({ values, within, between, sd }) {
  const lists = values ?? [...within, ...between];
  const spread = sd && (values ? sd : [...sd.within, ...sd.between]);
  return [...lists, ...(spread ?? []).flatMap((each, i) => bounds(lists[i], each))];
}

/** Place of the checkpoint that is nearest to an epoch. */
function nearest(epochs, epoch) {
  let found = 0;
  epochs.forEach((each, i) => {
    if (Math.abs(each - epoch) < Math.abs(epochs[found] - epoch)) found = i;
  });
  return found;
}

class Explorer {
  constructor(root, study) {
    this.root = root;
    this.study = study;
    const { unit = "epochs", label } = study.time ?? {};
    const word = unit === "epochs" ? "epoch" : unit;
    this.time = { word, label: label ?? word };
    this.part = (selector) => root.querySelector(selector);
    this.slider = this.part("input[type=range]");
    this.steps = new Map();
    this.sheet = new Sheet(document.getElementById("test-images"), study.images);
    this.onPair = (pair, how) => this.choosePair(pair, how);
    this.beside = NOTHING;
    this.comparison = null;
    // Four stand in two rows of two, so that none is alone.
    root.style.setProperty("--columns", [3, 5].includes(Math.min(5, study.layers.length)) ? 3 : 2);
    root.classList.toggle("single", study.layers.length === 1);
    this.buildRdms();
    this.buildCharts();
    this.maps = new Maps(this.part(".maps"), study, this.sheet);
    this.buildNotes();
    this.buildChoices();
    this.listen();
    new Export(this);
    for (const part of [".controls", ".view", ".pair", ".changes", ".export", ".notes"]) this.part(part).hidden = false;
    this.choose(0, 0);
    this.layout();
    this.link = new Permalink(this);
  }

  // Choices

  buildChoices() {
    const conditions = this.study.conditions.map((condition) => condition.name);
    const choices = this.part(".choices");
    if (conditions.length > 1) {
      const choose = (i) => this.choose(i, this.instance);
      choices.append(this.options("Condition", "condition", conditions, choose));
    }
    const scales = this.scales.labels;
    this.part(".view").append(this.options(
      "Colours", "scale", Object.values(scales), (i) => this.chooseScale(Object.keys(scales)[i]),
    ));
    const { labels } = this.study.order, orders = Object.keys(labels);
    this.part(".view").append(this.options(
      "Order of images", "order", Object.values(labels), (i) => this.chooseOrder(orders[i]),
    ));
    this.byHand = new ByHand(this);
    this.networks = element("div");
    this.others = element("div", { className: "others" });
    choices.append(this.networks, this.others);
    this.besides = new ComparisonChoices(this.others, this);
  }

  options(title, name, labels, onChoice, chosen = 0) {
    const options = labels.map((label, i) => {
      const input = element("input", { type: "radio", name: `explorer-${name}`, value: i });
      input.checked = i === chosen;
      input.addEventListener("change", () => onChoice(i));
      return element("label", {}, input, label);
    });
    return element(
      "fieldset", {},
      element("legend", { textContent: title }),
      element("div", { className: "options" }, ...options),
    );
  }

  buildRdms() {
    const { layers } = this.study;
    this.study.order = new Order(this.study);
    this.rdms = layers.map((layer) => new Rdm(layer, this.study, this.sheet, this.onPair));
    this.scales = new Scales(this.study);
  }

  /** All RDMs on the page, in their order: of each layer its own, the other, the difference. */
  get shown() {
    if (!this.comparison) return this.rdms;
    const { rows } = this.comparison;
    return this.rdms.flatMap((rdm, i) => [rdm, rows[i].other, rows[i].difference]);
  }

  buildCharts() {
    const { layers, axes, measure, conditions } = this.study;
    const instances = conditions.flatMap((condition) => condition.instances);
    const curves = instances.flatMap((each) => each.curves);
    const x = range(instances.map((each) => each.epoch), 0);
    const times = instances.flatMap((each) => each.epoch);
    this.times = times;
    this.logarithmic = isLogarithmic(times);
    const time = timeScale(times);
    const onEpoch = (epoch) => this.leap(this.nearest(epoch));

    // As in Figure 2: one y axis for all layers, unless a layer would be flat on it.
    const own = layers.map((_, i) => range(instances.flatMap(({ curves: { [i]: of } }) =>
      reached(of.categories))));
    const common = range(own, 0);
    const span = ([low, high]) => high - low;
    const shared = own.every((each) => span(each) >= USED_OF_SHARED_AXIS * span(common));
    this.byLayer = layers.map(({ name, colour }, i) => new Curves(
      [swatch(colour), `${name}: within and between categories`],
      `Dissimilarity within and between categories over training, ${name}`,
      { x, y: shared ? common : own[i], time }, "dissimilarity (1 − r)", onEpoch, 2,
    ));

    // Equal scales: a distance looks the same in all directions.
    const spans = axes.map((_, axis) => range(curves.map(({ path }) => path.values[axis]), 0.05));
    const half = Math.max(...spans.map(span)) / 2;
    const places = spans.map(([low, high]) => [(low + high) / 2 - half, (low + high) / 2 + half]);
    const labels = axes.map((share, axis) => `axis ${axis + 1} (${Math.round(100 * share)}%)`);
    this.paths = [[0, 1], [0, 2]].map((plane) => new Path(
      `Path of each layer in the space of RDMs, axes ${plane[0] + 1} and ${plane[1] + 1}`,
      plane, places, labels, onEpoch,
    ));

    const irregular = curves.some(({ stability }) => !stability.epoch.every(Number.isInteger));
    this.stability = new Curves(
      [`Similarity to the RDM one ${irregular ? "checkpoint" : "epoch"} before`],
      `Similarity of RDMs of consecutive ${irregular ? "checkpoints" : "epochs"} over training`,
      { x, time, y: range(curves.flatMap(({ stability }) => reached(stability))) },
      MEASURES[measure] ?? measure, onEpoch, 3, irregular ? undefined : Number.isInteger,
    );
    for (const chart of [...this.byLayer, this.stability]) chart.xLabel = this.time.label;
    this.panel = new PairPanel(this.part(".pair"), this, { x, time, onEpoch });
    this.changes = new Changes(this.part(".changes"), this);
    this.charts = [...this.byLayer, ...this.paths, this.stability, this.panel.chart];
    this.part(".times").append(this.options(
      "Time axis of curves", "time", ["linear", "logarithmic"],
      (logarithmic) => this.chooseTime(Boolean(logarithmic)), Number(this.logarithmic),
    ));
    this.part(".charts").append(...this.byLayer.map((chart) => chart.root));
    this.pathKey = element("ul", { className: "key" });
    this.part(".wholes").append(
      element("div", { className: "double" },
        element("h3", { textContent: "Path in the space of RDMs" }),
        this.pathKey,
        ...this.paths.map((path) => path.root)),
      this.stability.root,
    );
  }

  chooseTime(logarithmic) {
    this.logarithmic = logarithmic;
    const time = timeScale(this.times, logarithmic);
    for (const chart of this.charts) {
      if (chart.limits.time) chart.limits.time = time;
      chart.layout();
    }
    this.link?.note();
  }

  buildNotes() {
    const steps = this.study.layers.map(({ name, step }) => `${name} ${step.toFixed(4)}`);
    const notes = [
      "Colours mean the same dissimilarities at all times, in all networks and conditions: in all layers,"
        + " or each layer's own. Values beyond an end of the scale have the colour of that end. The"
        + " diagonal is grey.",
      "Ranks are those of all pairs in the RDM at that checkpoint; pairs in the same step share one.",
      `Dissimilarities are stored in 256 steps per layer (${steps.join(", ")}).`,
      "Differences of two RDMs: red where the chosen one has the more dissimilar pair. Beyond an end of"
        + " their scale lies one in a hundred, over all checkpoints that both have.",
      "The mean RDM averages all networks of the condition; its curves are the means of theirs, and bands"
        + " are one standard deviation (n − 1 in the denominator) to each side.",
      "Thick lines show the selection, thin lines the other networks. An open circle is the first"
        + " checkpoint of a path, a small filled one the last.",
      "On the maps an image has the colour of the first category that it belongs to. Places are stored in"
        + " 256 steps along each side.",
      "Saved tables hold dissimilarities and places as they are stored, in those steps, and curves of all"
        + " networks of the condition.",
    ];
    this.part(".notes ul").append(...notes.map((text) => element("li", { textContent: text })));
  }

  listen() {
    this.slider.addEventListener("input", () => this.leap(Number(this.slider.value)));
    this.part(".play").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== " " || event.target.closest("button, summary, a")) return;
      event.preventDefault();
      if (this.playing) this.pause();
      else this.play();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.pair && !event.defaultPrevented) this.release();
    });
    // Moved by keys, the pair is read out; moved by a pointer, it is not.
    const live = (how) => () => this.part(".pair").setAttribute("aria-live", how);
    this.root.addEventListener("keydown", live("polite"), { capture: true });
    this.root.addEventListener("pointermove", live("off"), { capture: true });
    new ResizeObserver(([{ contentRect: { width } }]) => {
      if (width !== this.width) this.layout();
      this.width = width;
    }).observe(this.part(".rdms"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.layout());
  }

  layout() {
    this.root.style.setProperty("--above", `${this.part(".controls").offsetHeight}px`);
    for (const each of [...this.shown, ...this.charts, this.maps]) each.layout();
    this.buildTicks();
  }

  // The selection

  get current() {
    return this.study.conditions[this.condition].instances[this.instance];
  }

  choose(condition, instance) {
    const epoch = this.epochs?.[this.index];
    const { instances } = this.study.conditions[condition];
    // A condition that is chosen is no longer the other one; another checkpoint of it was of the former.
    const within = (each) => this.beside.condition === each;
    if (within(condition) !== within(this.condition)) this.beside = NOTHING;
    this.condition = condition;
    this.instance = Math.min(instance, instances.length - 1);
    const alone = instances.filter((each) => each.seed !== null).length;
    const labels = instances.map(network);
    const focused = this.networks.contains(document.activeElement);
    const choose = (i) => this.choose(condition, i);
    this.networks.replaceChildren(
      this.options(alone === 1 ? "Network" : "Networks", "network", labels, choose, this.instance),
    );
    if (focused) this.networks.querySelector("input:checked").focus();
    this.epochs = this.current.epoch;
    this.compare(this.beside);
    this.slider.max = this.epochs.length - 1;
    this.showCurves();
    legends.redraw = () => {
      this.showCurves();
      this.panel.draw(this.pair);
    };
    this.maps.take(this.current);
    this.buildTicks();
    this.show(epoch === undefined ? this.epochs.length - 1 : this.nearest(epoch));
  }

  /** Put another condition, network or checkpoint beside the chosen one, or none. */
  compare(beside) {
    const { layers } = this.study;
    const compared = beside.condition !== null;
    this.beside = beside;
    this.comparison = compared ? new Comparison(this, beside) : null;
    this.besides.build();
    this.root.classList.toggle("compared", compared);
    if (!compared) this.rdms.forEach((rdm, i) => { rdm.title.textContent = layers[i].name; });
    this.part(".rdms").replaceChildren(...this.shown.map((rdm) => rdm.root));
    for (const rdm of this.shown) {
      rdm.layout();
      rdm.mark(this.pair);
    }
    this.colour();
    this.panel.list();
    this.panel.draw(this.pair);
  }

  chooseBeside(beside) {
    this.compare(beside);
    this.show(this.index);
  }

  chooseScale(name) {
    this.scales.chosen = name;
    this.colour();
    this.show(this.index);
  }

  chooseOrder(name) {
    this.study.order.choose(name);
    this.byHand.tell();
    this.reorder();
  }

  /** Draw all RDMs in the present order of images. */
  reorder() {
    for (const rdm of this.shown) rdm.layout();
    this.show(this.index);
  }

  colour() {
    this.scales.colour(this.rdms);
    this.comparison?.colour(this.scales);
  }

  showCurves() {
    const { layers, categories, conditions } = this.study;
    const { instances } = conditions[this.condition];
    const others = instances.filter((each) => each !== this.current && each.seed !== null);
    const stability = (each) => layers.map((layer, i) => ({
      ...layer, series: each.curves[i].stability, values: each.curves[i].stability.values[0],
      sd: each.curves[i].stability.sd?.[0],
    }));
    this.stability.show(stability(this.current), others.flatMap(stability));
    const path = (each) => layers.map((layer, i) => ({ ...layer, series: each.curves[i].path }));
    for (const chart of this.paths) chart.show(path(this.current), others.flatMap(path));
    this.byLayer.forEach((chart, i) => {
      const curves = ({ curves: { [i]: { categories: series } } }) =>
        categories.flatMap(({ name, colour }, k) => ["within", "between"].map((kind) => (
          { name: `${kind} ${name}`, colour, kind, series, values: series[kind][k], sd: series.sd?.[kind][k] }
        )));
      chart.show(curves(this.current), others.flatMap(curves));
    });
    this.pathKey.replaceChildren(...layers.map((layer) => legends.entry(layer)),
      element("li", { textContent: "in parentheses: share of variance" }));
    legends.order();
  }

  /** Go to a checkpoint that somebody has chosen. */
  leap(index) {
    this.pause();
    this.show(index);
  }

  nearest(epoch) {
    return nearest(this.epochs, epoch);
  }

  stepsOf(layer, condition = this.condition, instance = this.instance) {
    const name = `${condition} ${instance} ${layer}`;
    const { rdms } = this.study.conditions[condition].instances[instance];
    if (!this.steps.has(name)) this.steps.set(name, bytes(rdms[layer] ?? ""));
    return this.steps.get(name);
  }

  show(index) {
    this.index = index;
    const epoch = this.epochs[index], last = this.epochs.length - 1;
    const n = this.study.images.names.length, pairs = (n * (n - 1)) / 2;
    this.rdms.forEach((rdm, layer) => rdm.paint(this.stepsOf(layer), index * pairs));
    this.comparison?.show(index);
    for (const chart of this.charts) chart.at(epoch);
    this.maps.at(index, this.playing ? this.pace : 0);
    this.slider.value = index;
    this.slider.style.setProperty("--done", `${last ? (100 * index) / last : 100}%`);
    this.slider.setAttribute("aria-valuetext", `${this.time.word} ${epoch} of ${this.epochs[last]}`);
    this.tellEpoch();
    this.panel.at(this.pair);
    this.changes.show();
    this.link?.note();
  }

  tellEpoch() {
    const number = element("b", { textContent: this.epochs[this.index] });
    this.part(".epoch").replaceChildren(`${this.time.word} `, number);
  }

  /** Show a pair, or none; what is pinned stays, whatever the pointer passes. */
  choosePair(pair, how) {
    const same = String(pair) === String(this.pair);
    if (how === BY_POINTER && (this.pinned || (!pair && this.how === BY_KEYS))) return;
    if (how === BY_CLICK) this.pin(!(same && this.pinned));
    this.how = how;
    if (same) return;
    this.pair = pair;
    for (const rdm of this.shown) rdm.mark(pair);
    this.panel.show(pair);
    this.changes.mark();
    if (this.pinned) this.link?.note();
  }

  pin(pinned) {
    this.pinned = pinned;
    this.root.classList.toggle("pinned", pinned);
    this.panel.tell(pinned);
    this.changes.mark();
    this.link?.note();
  }

  release() {
    this.pin(false);
    this.choosePair(null, BY_KEYS);
  }

  // Playing

  play() {
    const last = this.epochs.length - 1;
    if (!last) return;
    if (this.index === last) this.show(0);
    this.setPlaying(true);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = calm ? CALM : Math.min(LONGEST, Math.max(SHORTEST, WHOLE / last));
    this.pace = calm ? 0 : step;
    this.playing = setInterval(() => {
      if (this.index < this.epochs.length - 1) this.show(this.index + 1);
      if (this.index >= this.epochs.length - 1) this.pause();
    }, step);
  }

  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = undefined;
    this.setPlaying(false);
    this.tellEpoch();
    this.link?.note();
  }

  setPlaying(playing) {
    const button = this.part(".play");
    button.classList.toggle("playing", playing);
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    // While it plays, a screen reader would never finish reading.
    this.part(".epoch").setAttribute("aria-live", playing ? "off" : "polite");
  }

  buildTicks() {
    const last = this.epochs.length - 1, width = this.part(".ticks").clientWidth;
    if (!last || !width) return this.part(".ticks").replaceChildren();
    const place = (i) => `${(100 * i) / last}%`;
    const room = 30; // px for a label
    const step = Math.max(1, Math.ceil((room * last) / width));
    const marks = [];
    this.epochs.forEach((epoch, i) => {
      // The last checkpoint always has its label, and no other label beside it.
      const labelled = i === last || (i % step === 0 && last - i >= step);
      const mark = labelled ? element("span", { textContent: epoch }) : element("i");
      mark.style.left = place(i);
      if (labelled || width / last > 4) marks.push(mark);
    });
    this.part(".ticks").replaceChildren(...marks);
  }
}

const pictures = document.getElementById("test-images"); // null where they are not published
Promise.resolve(pictures?.decode()).catch(() => {}).then(() => {
  const study = JSON.parse(document.getElementById("explorer-data").textContent);
  new Explorer(document.getElementById("explorer"), study);
});
