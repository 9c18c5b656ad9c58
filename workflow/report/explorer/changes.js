// The pairs of test images whose dissimilarity in a layer changed most until the present checkpoint.
// A click pins one.

const MOST_CHANGED = 5; // pairs in each direction
const CHANGED_SIDE = 28; // px of an image

/**
 * Pairs that changed most.
 *
 * @param before, now  steps of all pairs
 * @param sign         1 for those that rose, -1 for those that fell
 * @return             their places in the list, the largest change first
 */
function mostChanged(before, now, sign) {
  const found = [], change = (k) => sign * (now[k] - before[k]);
  for (let k = 0; k < now.length; k++) {
    const least = found.length < MOST_CHANGED ? 0 : change(found.at(-1));
    if (change(k) <= least) continue;
    const place = found.findIndex((each) => change(each) < change(k));
    found.splice(place < 0 ? found.length : place, 0, k);
    found.length = Math.min(found.length, MOST_CHANGED);
  }
  return found;
}

class Changes {
  constructor(root, explorer) {
    this.root = root;
    this.explorer = explorer;
    const { layers, images } = explorer.study;
    this.layer = layers.length - 1;
    this.since = 0;
    this.title = root.querySelector("h3");
    this.none = root.querySelector(".none");
    const again = (name) => (i) => {
      this[name] = i;
      this.show();
    };
    const choices = root.querySelector(".choose");
    if (layers.length > 1) {
      const names = layers.map(({ name }) => name);
      choices.append(explorer.options("In", "changes-layer", names, again("layer"), this.layer));
    }
    const since = ["first checkpoint", "previous"];
    choices.append(explorer.options("Since", "changes-since", since, again("since")));
    this.pairs = [];
    images.names.forEach((_, row) => {
      for (let column = row + 1; column < images.names.length; column++) this.pairs.push([row, column]);
    });
    this.lists = [...root.querySelectorAll("ol")].map((list) => {
      const entries = Array.from({ length: MOST_CHANGED }, () => this.entry());
      list.append(...entries.map(({ root: item }) => item));
      return entries;
    });
  }

  entry() {
    const pictures = [element("canvas"), element("canvas")];
    const names = element("span", { className: "names" });
    const change = element("b"), values = element("small");
    const button = element("button", { type: "button" }, ...pictures, names, change, values);
    const made = { root: element("li", {}, button), button, pictures, names, change, values };
    button.addEventListener("click", () => {
      const { pair } = this.explorer;
      this.explorer.onPair(this.same(made.pair, pair) ? pair : made.pair, BY_CLICK);
    });
    return made;
  }

  same(one, other) {
    return Boolean(one && other) && one.every((image) => other.includes(image));
  }

  /** List the pairs at the present checkpoint. */
  show() {
    const { explorer, since } = this, { index, study, comparison } = explorer;
    const steps = explorer.stepsOf(this.layer), n = this.pairs.length;
    const then = since && index ? index - 1 : 0;
    const [before, now] = [then, index].map((i) => steps.subarray(i * n, (i + 1) * n));
    this.title.textContent = `Pairs that changed most${comparison ? `, ${comparison.chosen}` : ""}`;
    this.lists.forEach((entries, i) => {
      const found = mostChanged(before, now, i ? -1 : 1);
      entries.forEach((entry, place) => {
        // An empty entry keeps its room, so that the page rests while time moves.
        entry.root.classList.toggle("empty", place >= found.length);
        entry.pair = this.pairs[found[place]];
        if (entry.pair) this.fill(entry, found[place], before, now, study.layers[this.layer]);
      });
    });
    this.none.hidden = this.lists.flat().some(({ pair }) => pair);
    this.none.textContent = index
      ? "No dissimilarity has changed." : "Nothing has changed yet at the first checkpoint.";
    this.mark();
  }

  fill(entry, k, before, now, { low, step }) {
    const { sheet, study } = this.explorer;
    const names = entry.pair.map((image) => study.images.names[image]);
    entry.pair.forEach((image, i) => {
      sheet.draw(sharp(entry.pictures[i], CHANGED_SIDE, CHANGED_SIDE), image, 0, 0, CHANGED_SIDE);
    });
    entry.names.replaceChildren(...names.map((name) => element("span", { textContent: name })));
    const values = [before[k], now[k]].map((each) => printed((low + step * each).toFixed(2)));
    const change = (step * (now[k] - before[k])).toFixed(2);
    entry.change.textContent = printed(change > 0 ? `+${change}` : change);
    entry.values.textContent = values.join(" → ");
    const told = `${names.join(" and ")}: ${entry.change.textContent}, from ${values.join(" to ")}`;
    entry.button.setAttribute("aria-label", told);
    entry.button.title = names.join(" – ");
  }

  /** Mark the pair that is pinned, if it is in a list. */
  mark() {
    const { pair, pinned } = this.explorer;
    for (const { button, pair: own } of this.lists.flat()) {
      button.setAttribute("aria-pressed", Boolean(pinned) && this.same(own, pair));
    }
  }
}
