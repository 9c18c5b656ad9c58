// The present view to take along: as a picture, and its numbers as tables.

/** A table as text, with a line of names first. */
function asCsv(names, rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** A name in a file name, on any system. */
function inFileName(name) {
  return String(name).replace(/[^\p{L}\p{N}._-]+/gu, "-");
}

/** A number with the digits that mean something. */
function rounded(value) {
  return value === null ? null : Number(value.toPrecision(7));
}

class Export {
  /** @param explorer  whose view is saved */
  constructor(explorer) {
    this.explorer = explorer;
    this.study = explorer.study;
    const ways = [
      ["Picture (SVG)", ".svg", () => this.picture().text, "image/svg+xml"],
      ["Picture (PNG)", ".png", () => asPng(this.picture())],
      ["RDMs (CSV)", "_rdms.csv", () => this.rdms(), "text/csv"],
      ["Curves (CSV)", "_curves.csv", () => this.curves(), "text/csv"],
    ];
    if (explorer.maps.all.length) ways.push(["Map (CSV)", "_map.csv", () => this.map(), "text/csv"]);
    explorer.part(".export").append(...ways.map(([name, ending, content, type]) => {
      const button = element("button", { type: "button", textContent: name });
      button.addEventListener("click", async () => {
        const made = await content();
        this.save(this.fileName(ending), made instanceof Blob ? made : new Blob([made], { type }));
      });
      return button;
    }));
  }

  save(name, blob) {
    const href = URL.createObjectURL(blob);
    element("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  /** What is shown: the selection, and what it is compared with. */
  get views() {
    const { explorer, study } = this;
    const epoch = explorer.epochs[explorer.index];
    const views = [[explorer.condition, explorer.instance]];
    const { comparison } = explorer;
    if (comparison) views.push([comparison.condition, comparison.place, comparison.at(explorer.index)]);
    return views.map(([condition, place, at]) => {
      const { name, instances } = study.conditions[condition];
      const index = at ?? nearest(instances[place].epoch, epoch);
      return {
        condition, place, index, epoch: instances[place].epoch[index],
        names: [name, instances[place].seed ?? "mean"],
      };
    });
  }

  fileName(ending) {
    const { explorer, study, views: [{ names: [condition, network], epoch }] } = this;
    const parts = [study.experiment ?? "explorer", condition];
    if (explorer.comparison) parts.push(`and-${explorer.comparison.name}`);
    parts.push(network === "mean" ? network : `seed-${network}`);
    parts.push(`${explorer.time.word}-${epoch}`);
    return parts.map(inFileName).join("_") + ending;
  }

  picture() {
    const { explorer, study, views } = this;
    const shown = views.map(({ names: [condition], place, condition: number, epoch }) =>
      [condition, network(study.conditions[number].instances[place]), `${explorer.time.word} ${epoch}`]
        .join(", "));
    const heading = [...(study.experiment ? [study.experiment] : []), ...shown].join(" · ");
    const picture = new Picture(heading, getComputedStyle(explorer.root));
    for (const part of [".rdms", ".charts", ".maps", ".wholes"]) picture.add(explorer.part(part));
    return picture.finished();
  }

  /** Dissimilarities as they are stored, of all pairs. */
  rdms() {
    const { explorer, study } = this;
    const { names } = study.images;
    const n = names.length, pairs = (n * (n - 1)) / 2;
    const rows = this.views.flatMap(({ condition, place, index, epoch, names: of }) =>
      study.layers.flatMap(({ name, low, step }, layer) => {
        const steps = explorer.stepsOf(layer, condition, place);
        if (!steps.length) return [];
        return names.flatMap((image, one) => names.slice(one + 1).map((other, k) => {
          const value = low + step * steps[index * pairs + pairPlace(one, one + 1 + k, n)];
          return [...of, epoch, name, image, other, rounded(value)];
        }));
      }));
    const columns = ["condition", "network", this.explorer.time.word, "layer", "image", "other_image"];
    return asCsv([...columns, "dissimilarity"], rows);
  }

  /** All curves that are drawn: of the selection, and of the other networks of its condition. */
  curves() {
    const { study, views: [{ condition }] } = this;
    const { name: of, instances } = study.conditions[condition];
    const rows = instances.flatMap(({ seed, curves }) => study.layers.flatMap(({ name }, layer) => {
      const { stability, categories, path } = curves[layer];
      const listed = [
        ["similarity to the RDM before", stability, stability.values[0], stability.sd?.[0]],
        ...study.categories.flatMap((category, k) => ["within", "between"].map((kind) => [
          `${kind} ${category.name}`, categories, categories[kind][k], categories.sd?.[kind][k],
        ])),
        ...path.values.map((values, axis) => [`path, axis ${axis + 1}`, path, values]),
      ];
      return listed.flatMap(([curve, { epoch }, values, sd]) => epoch.map((each, i) =>
        [of, seed ?? "mean", each, name, curve, values[i], sd?.[i]]));
    }));
    const columns = ["condition", "network", this.explorer.time.word, "layer", "curve", "value", "sd"];
    return asCsv(columns, rows);
  }

  /** Places of the test images, in units of dissimilarity. */
  map() {
    const { explorer, study, views: [{ epoch, names: of }] } = this;
    const rows = explorer.maps.all.flatMap((map) =>
      study.images.names.map((image, i) => [...of, epoch, map.layer.name, image, ...map.value(i)]));
    const columns = ["condition", "network", explorer.time.word, "layer", "image", "x", "y"];
    return asCsv(columns, rows);
  }
}
