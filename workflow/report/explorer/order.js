// The order of test images in all RDMs: by category, by clustering, or by hand. Places count along
// a margin; images are numbered as the page has them, which is their order by category.

class Order {
  constructor(study) {
    const n = study.images.names.length;
    this.n = n;
    this.orders = { category: Array.from({ length: n }, (_, i) => i), clusters: study.clusters.order };
    this.labels = {
      category: study.categories.length ? "by category" : "as in the table",
      clusters: "by clustering", hand: "by hand",
    };
    this.choose("category");
  }

  /** An order that is kept, or the present one to change by hand. */
  choose(name) {
    this.chosen = name;
    this.put(this.orders[name] ?? this.images);
  }

  put(images) {
    const { n } = this;
    this.images = [...images];
    this.places = Array(n);
    this.images.forEach((image, place) => { this.places[image] = place; });
    // Where the pair of each two places is in a list of all pairs of images.
    this.pairs = new Uint32Array((n * (n - 1)) / 2);
    for (let row = 0, k = 0; row < n; row++) {
      for (let column = row + 1; column < n; column++, k++) {
        this.pairs[k] = pairPlace(this.images[row], this.images[column], n);
      }
    }
  }

  /** Move an image to a place; those between move up. False if it is there. */
  move(image, place) {
    const to = Math.min(this.n - 1, Math.max(0, place));
    if (this.places[image] === to) return false;
    const images = this.images.filter((each) => each !== image);
    images.splice(to, 0, image);
    this.put(images);
    return true;
  }
}
