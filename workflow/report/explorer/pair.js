// The chosen pair of test images: both images, their dissimilarity now, and over training in every
// layer. In a comparison, dashed curves are those of the other.

// px of its chart: lower on a phone, where the panel lies over the RDMs.
const PAIR_HEIGHT = 168, PAIR_HEIGHT_NARROW = 104, NARROW = "(max-width: 44rem)";

/** Curves of one pair, each with a point at the checkpoint that is shown of it. */
class PairCurves extends Curves {
  show(curves) {
    Object.assign(this, { curves: curves.filter((each) => legends.shows(each)), others: [] });
    this.layout();
  }

  layout() {
    const narrow = matchMedia(NARROW).matches;
    this.high = narrow ? PAIR_HEIGHT_NARROW : PAIR_HEIGHT;
    this.yLabel = narrow ? "1 − r" : "dissimilarity (1 − r)";
    super.layout();
  }

  at(epoch) {
    this.epoch = epoch;
    if (!this.cursor) return;
    this.cursor.setAttribute("x1", this.x(epoch));
    this.cursor.setAttribute("x2", this.x(epoch));
    this.curves.forEach(({ series, values, at }, i) => {
      const now = at ?? nearest(series.epoch, epoch);
      this.move(this.dots[i], series.epoch[now], values[now]);
    });
  }
}

class PairPanel {
  /**
   * @param root      element that holds all of it
   * @param explorer  whose selection is shown
   * @param limits    {x, time} of the time axis, as all charts have it
   */
  constructor(root, explorer, limits) {
    this.root = root;
    this.explorer = explorer;
    this.part = (selector) => root.querySelector(selector);
    // The same axis for all pairs, so that it rests while the pointer moves.
    const { layers } = explorer.study;
    const y = range(layers.map(({ low, step }) => [low, low + 255 * step]));
    this.chart = new PairCurves(
      [], "Dissimilarity of the two images over training, in every layer",
      { ...limits, y }, "", limits.onEpoch, 2,
    );
    this.chart.xLabel = explorer.time.label;
    this.part(".over-time").prepend(this.chart.root);
    this.part(".unpin").addEventListener("click", () => {
      explorer.release();
      explorer.rdms[0].matrix.focus({ preventScroll: true });
    });
    this.tell(false);
  }

  /** Say how a pair is pinned, or that it is. */
  tell(pinned) {
    this.part(".pinning span").textContent = pinned
      ? "Pinned until another click or Escape."
      : "A click on the cell, or Enter, pins this pair.";
    this.part(".unpin").hidden = !pinned;
  }

  /** List the RDMs that are on the page. */
  list() {
    const { shown } = this.explorer;
    this.values = shown.map(() => element("b"));
    this.names = shown.map(() => element("span"));
    this.ranks = shown.map(() => element("small"));
    this.part(".values").replaceChildren(...shown.map(({ layer, part }, i) => {
      const [name, ...told] = [this.names[i], this.values[i], this.ranks[i]];
      if (part === "difference") return element("li", {}, element("i"), name, ...told);
      return entry({ ...layer, name, kind: part === "other" ? "within" : "" }, ...told);
    }));
  }

  /** Values of a pair at all checkpoints, of an RDM's layer. */
  series(pair, { low, step }, steps, epoch) {
    const n = this.explorer.study.images.names.length, pairs = (n * (n - 1)) / 2;
    const place = pairPlace(...pair, n);
    const known = pair[0] !== pair[1] && steps.length;
    const value = (i) => (known ? low + step * steps[i * pairs + place] : null);
    return { series: { epoch }, values: epoch.map((_, i) => value(i)) };
  }

  curves(pair) {
    const { study, epochs, comparison } = this.explorer;
    const own = study.layers.map((layer, i) =>
      ({ ...layer, ...this.series(pair, layer, this.explorer.stepsOf(i), epochs) }));
    const others = (comparison?.rows ?? []).map(({ other: { layer }, others }) =>
      ({
        ...layer, kind: "within", at: comparison.held,
        ...this.series(pair, layer, others, comparison.epochs),
      }));
    return [...others, ...own];
  }

  /** Show a pair, or none. */
  show(pair) {
    this.part(".hint").hidden = Boolean(pair);
    this.part(".chosen").hidden = !pair;
    if (!pair) return;
    const { sheet, study } = this.explorer;
    [".one", ".other"].forEach((side, i) => {
      const picture = this.part(`${side} canvas`);
      const size = picture.clientWidth || 88;
      sheet.draw(sharp(picture, size, size), pair[i], 0, 0, size);
      picture.removeAttribute("style");
      // Long names may break after an underscore.
      const name = study.images.names[pair[i]];
      const caption = name.split(/(?<=_)/).flatMap((part) => [part, element("wbr")]);
      this.part(`${side} figcaption`).replaceChildren(...caption);
      this.part(`${side} figcaption`).title = name;
    });
    this.draw(pair);
    this.at(pair);
  }

  draw(pair) {
    if (pair) this.chart.show(this.curves(pair));
  }

  /** Show the values of a pair at the present checkpoint. */
  at(pair) {
    this.explorer.shown.forEach((rdm, i) => {
      this.names[i].textContent = rdm.title.textContent;
      const value = pair && rdm.value(pair);
      this.values[i].textContent = typeof value === "number" ? printed(value.toFixed(2)) : "–";
      const rank = pair && rdm.rank(pair);
      this.ranks[i].textContent = rank ? `rank ${Math.round(rank).toLocaleString("en")}` : "";
    });
  }
}
