// The view in the address of the page: written as it changes, taken up when the page is opened or the
// address edited. What is not known there is passed over.

const MARK = "#explorer?"; // links within the page have other fragments
const TIMES = ["linear", "logarithmic"];
const REST = 200; // ms without a change before the address is written

class Permalink {
  constructor(explorer) {
    this.explorer = explorer;
    this.take();
    window.addEventListener("hashchange", () => this.take());
  }

  /** Write the view, once it rests. */
  note() {
    clearTimeout(this.waiting);
    if (this.explorer.playing) return;
    const { hash } = location;
    this.waiting = setTimeout(() => {
      if (location.hash !== hash) return; // the visitor has gone elsewhere meanwhile
      try {
        history.replaceState(history.state, "", this.text());
      } catch {
        // A page within another may have no address of its own.
      }
    }, REST);
  }

  /** The view as a fragment. */
  text() {
    const { study, current, condition, beside, epochs, index, scales, pinned, pair, logarithmic } = this.explorer;
    const { conditions, order, images } = study;
    const view = new URLSearchParams({ condition: conditions[condition].name });
    view.set("network", current.seed ?? "mean");
    if (beside.condition !== null) {
      view.set("compare", conditions[beside.condition].name);
      if (beside.seed !== undefined) view.set("compare_network", beside.seed ?? "mean");
      if (beside.epoch !== undefined) view.set("compare_epoch", beside.epoch);
    }
    view.set("epoch", epochs[index]);
    view.set("colours", scales.chosen);
    view.set("order", order.chosen === "hand" ? order.images.join(".") : order.chosen);
    view.set("time", TIMES[Number(logarithmic)]);
    if (pinned) for (const image of pair) view.append("pair", images.names[image]);
    return MARK + view;
  }

  /** Show the view that the address has, if it has one. */
  take() {
    if (!location.hash.startsWith(MARK)) return;
    const { explorer } = this, { study, scales, byHand } = explorer;
    const view = new URLSearchParams(location.hash.slice(MARK.length));
    const named = (name) => study.conditions.findIndex((each) => each.name === name);
    const condition = Math.max(0, named(view.get("condition")));
    const { instances } = study.conditions[condition];
    const network = (each) => String(each.seed ?? "mean") === view.get("network");
    explorer.pause();
    explorer.beside = NOTHING;
    const colours = view.get("colours");
    scales.chosen = Object.hasOwn(scales.labels, colours) ? colours : "same";
    this.order(view.get("order"));
    byHand.tell();
    explorer.choose(condition, Math.max(0, instances.findIndex(network)));
    explorer.compare(this.beside(view, named(view.get("compare"))));
    const time = TIMES.indexOf(view.get("time"));
    explorer.chooseTime(time < 0 ? isLogarithmic(explorer.times) : Boolean(time));
    const epoch = parseFloat(view.get("epoch"));
    const last = explorer.epochs.length - 1;
    explorer.show(Number.isFinite(epoch) ? explorer.nearest(epoch) : last);
    const pair = view.getAll("pair").map((name) => study.images.names.indexOf(name));
    const known = pair.length === 2 && !pair.includes(-1);
    explorer.pin(known);
    explorer.choosePair(known ? pair : null, BY_KEYS);
    this.check("condition", condition);
    this.check("time", Number(explorer.logarithmic));
    this.check("scale", Object.keys(scales.labels).indexOf(scales.chosen));
    this.check("order", Object.keys(study.order.labels).indexOf(study.order.chosen));
    explorer.root.scrollIntoView();
  }

  /** What the address says to compare with. */
  beside(view, condition) {
    if (condition < 0) return NOTHING;
    const { instances } = this.explorer.study.conditions[condition];
    const told = view.get("compare_network");
    const found = instances.find((each) => String(each.seed ?? "mean") === told);
    const epoch = parseFloat(view.get("compare_epoch"));
    const beside = {
      condition, seed: found?.seed, epoch: Number.isFinite(epoch) ? epoch : undefined,
    };
    const itself = condition === this.explorer.condition;
    return itself && !found && beside.epoch === undefined ? NOTHING : beside;
  }

  order(told) {
    const { order } = this.explorer.study;
    const images = String(told).split(".").map(Number);
    const whole = images.length === order.n && order.orders.category.every((i) => images.includes(i));
    order.choose(Object.hasOwn(order.orders, told) ? told : whole ? "hand" : "category");
    if (whole) order.put(images);
  }

  check(name, i) {
    const option = this.explorer.part(`input[name=explorer-${name}][value="${i}"]`);
    if (option) option.checked = true;
  }
}
