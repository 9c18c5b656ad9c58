// Another condition beside the one that is shown: for each layer its RDM, and the difference of the
// two. Of the same seed, or of the means, as the selection is.

const WITHIN = 0.99; // share of all differences that colours can tell apart

class Comparison {
  /**
   * @param explorer  with the selection that is compared
   * @param beside    number of the condition that it is compared with
   */
  constructor(explorer, beside) {
    const { study, current, condition } = explorer;
    const { name, instances } = study.conditions[beside];
    const place = Math.max(0, instances.findIndex(({ seed }) => seed === current.seed));
    Object.assign(this, { explorer, place });
    this.epochs = instances[place].epoch;
    const same = instances[place].seed === current.seed;
    this.name = same ? name : `${name}, ${network(instances[place])}`;
    this.chosen = study.conditions[condition].name;
    const n = study.images.names.length;
    this.pairs = (n * (n - 1)) / 2;
    this.rows = study.layers.map((layer, i) => {
      const own = explorer.stepsOf(i), others = explorer.stepsOf(i, beside, place);
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
      const at = this.epochs.indexOf(epoch);
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

  /** Show a checkpoint of the selection beside the nearest one of the other condition. */
  show(index) {
    const epoch = this.explorer.epochs[index], at = nearest(this.epochs, epoch);
    const apart = this.epochs[at] === epoch ? "" : `, epoch ${this.epochs[at]}`;
    this.rows.forEach((row) => {
      const { others, other, difference, steps } = row;
      this.subtract(row, index, at, false, steps);
      other.paint(others, at * this.pairs);
      const drawn = this.ranked ? this.subtract(row, index, at, true, row.ranks) : steps;
      difference.paint(steps, 0, drawn);
      other.title.textContent = `${other.layer.name}, ${this.name}${apart}`;
      difference.title.textContent = `${this.chosen} − ${this.name}${apart}`;
    });
  }
}
