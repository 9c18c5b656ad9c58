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
      const made = (of, scale) => new Rdm(of, study, explorer.sheet, explorer.onPair, scale);
      const end = this.farthest(own, others) * layer.step || layer.step || 1;
      const differences = { ...layer, low: -255 * layer.step, limits: [-end, end] };
      return {
        own, others, other: made(layer),
        difference: made(differences, { shades: study.differences, count: 511, unit: "difference" }),
        steps: new Uint16Array(this.pairs),
      };
    });
    this.rdms = this.rows.flatMap(({ other, difference }) => [other, difference]);
  }

  /** Steps that only few differences, at any checkpoint that both have, go beyond. */
  farthest(own, others) {
    const counts = new Uint32Array(256);
    let total = 0;
    this.explorer.epochs.forEach((epoch, i) => {
      const at = this.epochs.indexOf(epoch);
      if (at < 0) return;
      for (let k = 0; k < this.pairs; k++) {
        counts[Math.abs(own[i * this.pairs + k] - others[at * this.pairs + k])]++;
      }
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
    this.rows.forEach(({ own, others, other, difference, steps }) => {
      for (let k = 0; k < this.pairs; k++) {
        steps[k] = 255 + own[index * this.pairs + k] - others[at * this.pairs + k];
      }
      other.paint(others, at * this.pairs);
      difference.paint(steps, 0);
      other.title.textContent = `${other.layer.name}, ${this.name}${apart}`;
      difference.title.textContent = `${this.chosen} − ${this.name}${apart}`;
    });
  }
}
