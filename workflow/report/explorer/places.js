// The test images on a map: those that a layer treats alike lie close. One map for each layer, all
// in the same way around. Without room for their places in the page there are no maps.

const SHARE = 0.55; // of the way between images if they filled the square evenly: an image's side
const PICTURE = [14, 44]; // px of an image, minimum and maximum; what would be smaller is a dot
const REACH = 24; // px from its centre in which an image is pointed at
const NO_CATEGORY = "#8a8a8a";

/** Image map of a layer, at the checkpoints of one instance. */
class ImageMap {
  constructor(layer, study, sheet, onImage) {
    Object.assign(this, { layer, study, sheet, onImage });
    this.n = study.images.names.length;
    this.canvas = element("canvas", { className: "places", tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute(
      "aria-label", `Map of the test images in ${layer.name}: arrow keys go from image to image`,
    );
    this.canvas.setAttribute("aria-describedby", "explorer-keys");
    this.kept = element("span", { className: "kept" });
    this.bar = element("span", { className: "length" });
    this.length = element("span");
    this.root = element(
      "div", { className: "map" },
      element("h3", {}, swatch(layer.colour), layer.name),
      this.canvas,
      element("p", { className: "scale" }, this.bar, this.length, this.kept),
    );
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && document.activeElement !== this.canvas) onImage(null);
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Colours as the page has them now: of each image that of its first category, and of a name. */
  takeColours() {
    const { categories } = this.study;
    const shown = (colour) => {
      // The bar keeps its colour where a reader has colours of their own.
      this.bar.style.color = colour;
      return getComputedStyle(this.bar).color;
    };
    const known = new Map([...categories, { colour: NO_CATEGORY }].map(({ colour }) =>
      [colour, shown(ink(colour))]));
    this.colours = this.study.images.names.map((_, image) =>
      known.get(categories.find(({ members }) => members[image])?.colour ?? NO_CATEGORY));
    [this.ink, this.paper, this.accent] = ["ink", "paper", "accent"].map((name) =>
      shown(`var(--${name})`));
  }

  /** Take the places of an instance, as bytes, and what they keep of its RDMs. */
  take(steps, kept) {
    Object.assign(this, { steps, known: kept, index: undefined });
  }

  layout() {
    const side = this.root.clientWidth;
    if (!side) return;
    const across = SHARE * (side / Math.sqrt(this.n));
    this.picture = across < PICTURE[0] ? 0 : Math.min(PICTURE[1], across);
    this.side = side;
    this.context = sharp(this.canvas, side, side);
    this.canvas.removeAttribute("style"); // so that it also fits a narrower sheet of paper
    // A round length of about a fifth of the square.
    const [unit] = ticks(0, 2 * this.layer.extent, 5).slice(1);
    this.bar.style.width = `${(100 * unit * this.scale).toFixed(2)}%`;
    this.length.textContent = `= ${printed(unit)} (1 − r)`;
    this.takeColours();
    this.draw();
  }

  /** Share of the side that a unit of dissimilarity takes: images at the edge are whole. */
  get scale() {
    return (this.side - this.picture - 8) / this.side / (2 * this.layer.extent);
  }

  /** Centre of an image in px from the upper left corner; on its way there while it glides. */
  place(image) {
    const room = this.side - this.picture - 8;
    const along = (step) => this.picture / 2 + 4 + (room * step) / 255;
    const { from, share, index, n, steps } = this;
    const [x, y] = [0, 1].map((axis) => {
      const at = (checkpoint) => steps[2 * (checkpoint * n + image) + axis];
      return from === null ? at(index) : (1 - share) * at(from) + share * at(index);
    });
    return [along(x), along(255 - y)];
  }

  /** Where an image lies, in units of dissimilarity; nulls in a layer without RDM. */
  value(image) {
    const from = 2 * (this.index * this.n + image);
    return [0, 1].map((axis) =>
      this.steps.length ? rounded(this.layer.extent * ((2 * this.steps[from + axis]) / 255 - 1)) : null);
  }

  /** Show a checkpoint, to which images glide from the last one in so many milliseconds, or jump. */
  at(index, lasting) {
    this.from = lasting && this.index !== undefined ? this.index : null;
    this.index = index;
    const kept = this.known[index] ?? null;
    if (!this.steps.length) this.kept.textContent = "no RDM of this layer";
    else if (kept === null) this.kept.textContent = "all dissimilarities are equal";
    else this.kept.textContent = `distances and RDM: r = ${printed(kept.toFixed(2))}`;
    if (this.from === null) this.draw();
    else this.glide(index, lasting);
  }

  glide(index, lasting) {
    let start = null;
    this.share = 0;
    const frame = (now) => {
      if (this.index !== index || this.from === null) return; // overtaken by another checkpoint
      start ??= now;
      this.share = Math.min(1, (now - start) / lasting);
      if (this.share === 1) this.from = null;
      else requestAnimationFrame(frame);
      this.draw();
    };
    requestAnimationFrame(frame);
  }

  draw() {
    const { context, side, picture } = this;
    if (!context || !this.steps || this.index === undefined) return;
    context.clearRect(0, 0, side, side);
    if (!this.steps.length) return;
    for (let image = 0; image < this.n; image++) {
      if (image !== this.chosen) this.drawImage(image, picture, 1.5, this.colours[image]);
    }
    if (this.chosen !== null && this.chosen !== undefined) this.drawChosen();
  }

  /** The chosen image: larger, with its name below, or above where there is no room. */
  drawChosen() {
    const { context, side, chosen } = this;
    const [left, top, size] = this.drawImage(chosen, Math.max(56, 1.8 * this.picture), 3, this.accent);
    const name = this.study.images.names[chosen], high = 18;
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const width = Math.min(side - 4, context.measureText(name).width + 12);
    const x = Math.min(side - width - 2, Math.max(2, left + (size - width) / 2));
    const y = top + size + 6 + high < side ? top + size + 6 : top - 6 - high;
    context.fillStyle = this.paper;
    context.fillRect(x, y, width, high);
    context.fillStyle = this.ink;
    context.fillText(name, x + width / 2, y + high / 2, width - 8);
  }

  /** One image, whole within the square, in a frame; without a size a dot. */
  drawImage(image, size, frame, colour) {
    const { context, side } = this;
    const [x, y] = this.place(image);
    context.fillStyle = colour;
    if (!size) {
      context.beginPath();
      context.arc(x, y, 4, 0, 2 * Math.PI);
      context.fill();
      return null;
    }
    const [left, top] = [x, y].map((middle) =>
      Math.min(side - size - frame, Math.max(frame, middle - size / 2)));
    context.fillRect(left - frame, top - frame, size + 2 * frame, size + 2 * frame);
    this.sheet.draw(context, image, left, top, size);
    return [left, top, size];
  }

  choose(image) {
    this.chosen = image;
    this.draw();
  }

  point(event) {
    if (!this.steps?.length || !this.side) return;
    const box = this.canvas.getBoundingClientRect();
    const share = this.side / box.width;
    let nearest = null, least = Math.max(REACH, this.picture);
    for (let image = 0; image < this.n; image++) {
      const [x, y] = this.place(image);
      const away = Math.hypot(
        x - (event.clientX - box.left) * share, y - (event.clientY - box.top) * share);
      if (away < least) [nearest, least] = [image, away];
    }
    this.onImage(nearest);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.n - 1, step = event.shiftKey ? 10 : 1;
    const { images, places } = this.study.order;
    const now = places[this.chosen] ?? null;
    const moved = {
      ArrowRight: now === null ? 0 : now + step, ArrowDown: now === null ? 0 : now + step,
      ArrowLeft: now === null ? 0 : now - step, ArrowUp: now === null ? 0 : now - step,
      Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape") this.onImage(null);
    else if (moved !== undefined) this.onImage(images[Math.min(last, Math.max(0, moved))]);
    else return;
    event.preventDefault();
  }
}

/** The maps of all layers, on which one image is chosen. */
class Maps {
  /**
   * @param root    section of the page
   * @param study   all that the page knows
   * @param sheet   Sheet of the test images
   */
  constructor(root, study, sheet) {
    this.root = root;
    this.names = study.images.names;
    this.text = root.querySelector(".named");
    const mapped = study.layers.some(({ extent }) => typeof extent === "number");
    this.all = mapped
      ? study.layers.map((layer) => new ImageMap(layer, study, sheet, (image) => this.choose(image)))
      : [];
    root.hidden = !mapped;
    root.querySelector(".each").append(...this.all.map((map) => map.root));
    if (study.categories.length) root.querySelector(".key").append(...[
      ...study.categories, { name: "other", colour: NO_CATEGORY },
    ].map(({ name, colour }) => element("li", {}, swatch(colour), name)));
    // Moved by keys, the image is read out; moved by a pointer, it is not.
    root.addEventListener("focusin", () => this.text.setAttribute("aria-live", "polite"));
    root.addEventListener("focusout", () => this.text.setAttribute("aria-live", "off"));
    this.choose(null);
  }

  take({ places, kept }) {
    this.all.forEach((map, layer) => map.take(bytes(places?.[layer] ?? ""), kept?.[layer] ?? []));
  }

  at(index, lasting) {
    for (const map of this.all) map.at(index, lasting);
  }

  layout() {
    for (const map of this.all) map.layout();
  }

  choose(image) {
    if (image === this.image) return;
    this.image = image;
    for (const map of this.all) map.choose(image);
    this.text.textContent = image === null
      ? "Point at an image, or use Tab and arrow keys, to find it in all layers." : this.names[image];
  }
}
