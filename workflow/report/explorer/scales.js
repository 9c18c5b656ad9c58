// What the colours of RDMs stand for. Of layers: dissimilarities, on one scale or each on its own, or
// ranks among all pairs of that RDM. Of differences: the same, around 0.

const SCALES = { same: "same for all layers", own: "each layer's own", rank: "ranks" };

/** Rank of each step among the pairs of an RDM, from 0 to 1; equal ones share their mean rank. */
function rankOfSteps(steps) {
  const counts = new Uint32Array(256), ranks = new Float64Array(256);
  for (const step of steps) counts[step]++;
  let below = 0;
  counts.forEach((count, step) => {
    if (count) ranks[step] = (below + (count - 1) / 2) / Math.max(1, steps.length - 1);
    below += count;
  });
  return ranks;
}

class Scales {
  constructor(study) {
    this.chosen = "same";
    // One layer has no scale but its own.
    this.labels = study.layers.length > 1 ? SCALES : { same: "dissimilarity", rank: SCALES.rank };
    const n = study.images.names.length;
    this.ranks = { ranked: true, ends: ["1", ((n * (n - 1)) / 2).toLocaleString("en")], unit: "rank" };
    this.same = this.common(study.layers.map(({ limits }) => limits));
  }

  get ranked() {
    return this.chosen === "rank";
  }

  /** From the lowest to the highest of some limits. */
  common(limits) {
    return [Math.min(...limits.map(([low]) => low)), Math.max(...limits.map(([, high]) => high))];
  }

  /** Colour RDMs of layers. */
  colour(rdms) {
    for (const rdm of rdms) {
      if (this.ranked) rdm.setScale(this.ranks);
      else rdm.setScale({ limits: this.chosen === "same" ? this.same : rdm.layer.limits });
    }
  }

  /**
   * Colour RDMs of differences.
   *
   * @param ends  of each how far its colours reach from 0, in dissimilarities or in ranks
   */
  colourDifferences(rdms, ends) {
    const far = Math.max(...ends);
    rdms.forEach((rdm, i) => {
      const end = this.chosen === "own" ? ends[i] : far;
      const limits = [-end, end];
      if (!this.ranked) return rdm.setScale({ limits, unit: "difference" });
      const last = rdm.pairs - 1, ranks = Math.round(end * last).toLocaleString("en");
      const unit = "difference in rank";
      rdm.setScale({ limits, low: -1, step: 1 / 255, ends: [`-${ranks}`, ranks], unit });
    });
  }
}
