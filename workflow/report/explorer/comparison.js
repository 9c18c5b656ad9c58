// Another condition, network or checkpoint beside the one that is shown: for each layer its RDM, and
// the difference of the two.

const WITHIN = 0.99; // share of all differences that colours can tell apart

/**
 * What a selection is compared with.
 *
 * condition  its number
 * seed       of a network, null for the mean of all; undefined for that of the selection
 * epoch      of a checkpoint; undefined for that of the selection
 */
const NOTHING = { condition: null, seed: undefined, epoch: undefined };

class Comparison {
  /**
   * @param explorer  with the selection that is compared
   * @param beside    what with, as NOTHING is
   */
  constructor(explorer, { condition, seed, epoch }) {
    const { study, current } = explorer;
    const { instances } = study.conditions[condition];
    const wanted = seed === undefined ? current.seed : seed;
    this.place = Math.max(0, instances.findIndex((each) => each.seed === wanted));
    this.explorer = explorer;
    this.condition = condition;
    this.instance = instances[this.place];
    this.epochs = this.instance.epoch;
    this.held = epoch === undefined ? null : nearest(this.epochs, epoch);
    const { place } = this;
    const n = study.images.names.length;
    this.pairs = (n * (n - 1)) / 2;
    this.rows = study.layers.map((layer, i) => {
      const own = explorer.stepsOf(i), others = explorer.stepsOf(i, condition, place);
      const made = (part, of, steps) =>
        Object.assign(new Rdm(of, study, explorer.sheet, explorer.onPair, steps), { part });
      const differences = { ...layer, low: -255 * layer.step };
      return {
        layer, own, others, other: made("other", layer),
        difference: made("difference", differences, { shades: study.differences, count: 511 }),
        steps: new Uint16Array(this.pairs), ranks: new Uint16Array(this.pairs),
      };
    });
    this.rdms = this.rows.flatMap(({ other, difference }) => [other, difference]);
  }

  /** Colour all RDMs on a scale. */
  colour(scales) {
    const { ranked } = scales;
    this.ranked = ranked;
    scales.colour(this.rows.map(({ other }) => other));
    scales.colourDifferences(this.rows.map(({ difference }) => difference), this.rows.map((row) => {
      const farthest = this.farthest(row, ranked);
      return (ranked ? farthest / 255 : farthest * row.layer.step) || row.layer.step || 1;
    }));
  }

  /** Steps around 255 of the differences at a checkpoint of each condition, in `found`. */
  subtract({ own, others }, index, at, ranked, found) {
    const { pairs } = this;
    const [chosen, beside] = [[own, index], [others, at]].map(([steps, i]) =>
      steps.subarray(i * pairs, (i + 1) * pairs));
    if (ranked) {
      const [ranks, besides] = [chosen, beside].map(rankOfSteps);
      for (let k = 0; k < pairs; k++) {
        found[k] = 255 + Math.round(255 * (ranks[chosen[k]] - besides[beside[k]]));
      }
    } else for (let k = 0; k < pairs; k++) found[k] = 255 + chosen[k] - beside[k];
    return found;
  }

  /** Steps that only few differences, at any checkpoint that both have, go beyond. */
  farthest(row, ranked) {
    const counts = new Uint32Array(256), found = new Uint16Array(this.pairs);
    let total = 0;
    this.explorer.epochs.forEach((epoch, i) => {
      const at = this.held ?? this.epochs.indexOf(epoch);
      if (at < 0) return;
      for (const step of this.subtract(row, i, at, ranked, found)) counts[Math.abs(step - 255)]++;
      total += this.pairs;
    });
    let seen = 0;
    for (let step = 0; step < 256; step++) {
      seen += counts[step];
      if (seen >= WITHIN * total) return step;
    }
    return 0;
  }

  /** Checkpoint of the other beside one of the selection: the one that is held, or the nearest. */
  at(index) {
    return this.held ?? nearest(this.epochs, this.explorer.epochs[index]);
  }

  /** What sets the two apart: of the selection the first of it, of the other all. */
  names(index) {
    const { study, current, condition, epochs, time } = this.explorer;
    const [own, other] = [
      [study.conditions[condition].name, network(current), `${time.word} ${epochs[index]}`],
      [study.conditions[this.condition].name, network(this.instance),
        `${time.word} ${this.epochs[this.at(index)]}`],
    ];
    const apart = [0, 1, 2].filter((i) => own[i] !== other[i]);
    if (!apart.length) return ["the chosen", "itself"];
    return [own[apart[0]], apart.map((i) => other[i]).join(", ")];
  }

  /** Show a checkpoint of the selection beside that of the other. */
  show(index) {
    const at = this.at(index);
    [this.chosen, this.name] = this.names(index);
    this.rows.forEach((row, i) => {
      const { others, other, difference, steps, layer } = row;
      this.explorer.rdms[i].title.textContent = `${layer.name}, ${this.chosen}`;
      this.subtract(row, index, at, false, steps);
      other.paint(others, at * this.pairs);
      const drawn = this.ranked ? this.subtract(row, index, at, true, row.ranks) : steps;
      difference.paint(steps, 0, drawn);
      other.title.textContent = `${other.layer.name}, ${this.name}`;
      difference.title.textContent = `${this.chosen} − ${this.name}`;
    });
  }
}

/** Choices of a network and a checkpoint to compare with, beside those of a condition. */
class ComparisonChoices {
  /**
   * @param root      element that holds them
   * @param explorer  whose selection is compared
   */
  constructor(root, explorer) {
    this.root = root;
    this.explorer = explorer;
  }

  build() {
    const { explorer, root } = this, { study, condition, beside, comparison } = explorer;
    const { conditions } = study, { instances } = conditions[condition];
    const places = conditions.map((_, i) => i).filter((i) => i !== condition);
    const labels = ["none", ...places.map((i) => conditions[i].name)];
    if (instances.length > 1 || explorer.epochs.length > 1) {
      places.push(condition);
      labels.push(instances.length > 1 ? "another network or checkpoint" : "another checkpoint");
    }
    if (!places.length) return;
    // Beside itself at the same checkpoint there would be no difference.
    const start = (place) =>
      (place === condition ? { condition: place, epoch: explorer.epochs[0] } : { condition: place });
    const choose = (i) => explorer.chooseBeside(i ? start(places[i - 1]) : NOTHING);
    const focused = document.activeElement;
    const again = root.contains(focused) && (focused.name ?? "");
    root.replaceChildren(explorer.options(
      "Compare with", "other", labels, choose, places.indexOf(beside.condition) + 1,
    ));
    if (comparison) {
      const of = conditions[comparison.condition].instances;
      if (of.length > 1) {
        root.append(this.select("network", "explorer-beside-network", of.map(network),
          beside.seed === undefined ? -1 : comparison.place,
          (i) => ({ ...beside, seed: i < 0 ? undefined : of[i].seed })));
      }
      const { epochs, held } = comparison;
      root.append(this.select(explorer.time.word, "explorer-beside-epoch", epochs, held ?? -1,
        (i) => ({ ...beside, epoch: i < 0 ? undefined : epochs[i] })));
    }
    if (again) root.querySelector(`[name="${again}"]:is(select, :checked)`)?.focus();
  }

  select(title, name, labels, chosen, beside) {
    const options = ["the same", ...labels].map((label, i) =>
      element("option", { textContent: label, value: i - 1, selected: i - 1 === chosen }));
    const select = element("select", { name }, ...options);
    select.addEventListener("change", () =>
      this.explorer.chooseBeside(beside(Number(select.value))));
    return element("label", { className: "beside" }, title, select);
  }
}
