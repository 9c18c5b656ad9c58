"use strict";
// An RDM with its test images on the margins. All files of this folder are one program: see
// explorer.js, where it starts.

const DIAGONAL = [160, 160, 160, 255]; // grey: not a dissimilarity of two images
const THUMB = [12, 36]; // px of an image on a margin, minimum and maximum
// How a pair is chosen: by pointing at it or away, by moving to it, or by a click or Enter.
const BY_POINTER = "pointer", BY_KEYS = "keys", BY_CLICK = "click";
const TILE = "#595959"; // in the place of an image; white on it can be read
const LEAST_NAMED = 36, MOST_WORDS = 4; // px of a tile with a name, and words on it
const LEAST = 0.65; // least share of the width that the matrix takes

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function bytes(base64) {
  const binary = atob(base64);
  const values = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) values[i] = binary.charCodeAt(i);
  return values;
}

/** Canvas of a size in CSS pixels, as sharp as the screen; gives what draws on it. */
function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingQuality = "high";
  return context;
}

/** All test images in one picture, side by side in rows; where there is none, their names. */
class Sheet {
  constructor(picture, { places, names }) {
    Object.assign(this, { picture, places, names });
    this.side = Number(picture?.dataset.side);
    this.columns = Number(picture?.dataset.columns);
  }

  draw(context, image, x, y, side) {
    if (!this.picture) {
      this.drawName(context, this.names[image], x, y, side);
      return;
    }
    const place = this.places[image];
    const left = (place % this.columns) * this.side;
    const top = Math.floor(place / this.columns) * this.side;
    context.drawImage(this.picture, left, top, this.side, this.side, x, y, side, side);
  }

  /** A tile with a name, in lines as it has words, where it is large enough to be read. */
  drawName(context, name, x, y, side) {
    context.save();
    const gap = side < LEAST_NAMED ? 1 : 0; // or small ones side by side would be one bar
    context.fillStyle = TILE;
    context.fillRect(x + gap, y + gap, side - 2 * gap, side - 2 * gap);
    if (!gap) {
      const words = name.split(/[_\s]+/).filter(Boolean).slice(0, MOST_WORDS);
      const high = Math.min(12, (side - 4) / words.length);
      Object.assign(context, { fillStyle: "#fff", textAlign: "center", textBaseline: "middle" });
      context.font = `${high}px system-ui, sans-serif`;
      words.forEach((word, k) => {
        const down = side / 2 + (k - (words.length - 1) / 2) * high;
        context.fillText(word, x + side / 2, y + down, side - 4);
      });
    }
    context.restore();
  }
}

/** Place of the pair of images a and b in a list of all pairs. */
function pairPlace(a, b, n) {
  const row = Math.min(a, b), column = Math.max(a, b);
  return (row * (2 * n - row - 1)) / 2 + column - row - 1;
}

class Rdm {
  /**
   * @param layer      name, colour, and how its steps become dissimilarities and colours
   * @param study      all that the page knows
   * @param sheet      Sheet of the test images
   * @param onPair     called when a pair is chosen: with the images of row and column, or null, and how
   * @param steps      {shades, count}: 256 colours, and the number of steps
   */
  constructor(layer, study, sheet, onPair, steps = {}) {
    Object.assign(this, { layer, study, sheet, onPair });
    Object.assign(this, { shades: study.colours, count: 256, ...steps });
    this.order = study.order;
    this.n = study.images.names.length;
    this.pairs = (this.n * (this.n - 1)) / 2;
    this.pixels = new ImageData(this.n, this.n);
    this.rgba = new Uint32Array(this.pixels.data.buffer);
    this.build();
  }

  /**
   * Say what colours stand for. See scales.js.
   *
   * @param limits     the dissimilarities of the first and the last colour
   * @param ranked     whether they stand for ranks instead
   * @param ends       limits as they are printed
   * @param unit       what they count in
   * @param low, step  step k of what is drawn is low + k * step
   */
  setScale({ limits, ranked = false, ends = limits.map((each) => each.toFixed(2)), unit = "1 − r",
    low = this.layer.low, step = this.layer.step }) {
    this.ranked = ranked;
    this.ends.forEach((end, i) => { end.textContent = printed(ends[i]); });
    this.unit.textContent = unit;
    if (ranked) return;
    const share = (k) => (low + k * step - limits[0]) / (limits[1] - limits[0]);
    this.colours = this.coloursOf(Float64Array.from({ length: this.count }, (_, k) => share(k)));
  }

  /** Pixels of 256 colours, from shares of their way. */
  coloursOf(shares) {
    const shades = bytes(this.shades), rgba = new Uint8Array(4 * shares.length);
    shares.forEach((share, k) => {
      const shade = Math.round(255 * Math.min(1, Math.max(0, share)));
      rgba.set([...shades.subarray(3 * shade, 3 * shade + 3), 255], 4 * k);
    });
    return new Uint32Array(rgba.buffer);
  }

  build() {
    const { name, colour } = this.layer;
    this.canvas = element("canvas", { width: this.n, height: this.n });
    this.matrix = element("div", { className: "matrix", tabIndex: 0 }, this.canvas);
    this.matrix.setAttribute("role", "application");
    this.matrix.setAttribute("aria-label", `RDM of ${name}: arrow keys select two test images`);
    this.matrix.setAttribute("aria-describedby", "explorer-keys");
    this.margins = [element("canvas"), element("canvas")];
    this.crosses = [0, 1, 2].map(() => element("div", { className: "cross", hidden: true }));
    this.lenses = [0, 1].map(() => element("canvas", { className: "lens", hidden: true }));
    this.matrix.append(...this.crosses);
    const parts = [...this.margins, this.matrix, ...this.lenses];
    this.field = element("div", { className: "field" }, ...parts);
    const ramp = element("canvas", { width: 256, height: 1 });
    const row = ramp.getContext("2d").createImageData(256, 1);
    const shades = bytes(this.shades);
    for (let k = 0; k < 256; k++) row.data.set([...shades.subarray(3 * k, 3 * k + 3), 255], 4 * k);
    ramp.getContext("2d").putImageData(row, 0, 0);
    this.title = element("span", { textContent: name });
    this.ends = [element("span"), element("span")];
    this.unit = element("span", { className: "unit" });
    this.root = element(
      "div", { className: "rdm" },
      element("h3", {}, swatch(colour), this.title),
      this.field,
      element("div", { className: "scale" },
        this.ends[0], ramp, this.ends[1], this.unit,
        element("ul", { className: "bars" }, ...this.study.categories.map((category) => {
          const bar = element("span", { className: "bar" });
          bar.style.setProperty("--colour", ink(category.colour));
          return element("li", {}, bar, category.name);
        }))),
    );
    this.matrix.addEventListener("pointermove", (event) => this.point(event));
    this.matrix.addEventListener("pointerdown", (event) => this.point(event));
    this.matrix.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") this.onPair(null, BY_POINTER);
    });
    this.matrix.addEventListener("click", (event) => this.onPair(this.cell(event), BY_CLICK));
    this.matrix.addEventListener("keydown", (event) => this.key(event));
  }

  /**
   * Sizes in px: a matrix with whole pixels for each cell, and beside it images in rows one behind
   * the other. Both are to be large; all images are shown, or else every second, third ...
   */
  fit(width, bars) {
    const ratio = window.devicePixelRatio || 1, { n } = this;
    for (let step = 1; step <= n; step++) {
      let best = null, most = 0;
      for (let cell = Math.floor((width * ratio) / n); cell * n >= LEAST * width * ratio; cell--) {
        const side = (cell * n) / ratio;
        for (let thumb = THUMB[0]; thumb <= THUMB[1]; thumb++) {
          const rows = Math.ceil((thumb * n) / (side * step));
          const fits = side + rows * (thumb + 1) + bars + thumb / 2 <= width;
          if (fits && side * Math.sqrt(thumb) > most) {
            [best, most] = [{ side, thumb, rows, step }, side * Math.sqrt(thumb)];
          }
        }
      }
      if (best) return best;
    }
    const side = LEAST * width, thumb = THUMB[0];
    return { side, thumb, rows: 3, step: Math.ceil((thumb * n) / (3 * side)) };
  }

  /** Draw what does not change with time: images and categories on the margins. */
  layout() {
    const width = this.root.clientWidth;
    if (!width) return;
    const { n, study } = this;
    const bars = study.categories.length * 5 + 4;
    const { side, thumb, rows, step } = this.fit(width, bars);
    const depth = rows * (thumb + 1) + bars;
    const height = depth + side + thumb / 2;
    Object.assign(this, { side, depth, thumb, rows, step, bars, width, height });
    this.field.style.aspectRatio = `${width} / ${height}`;
    this.place(this.matrix, depth, depth, side, side);
    for (const across of [true, false]) {
      const canvas = this.margins[across ? 0 : 1];
      const length = side + thumb;
      const context = sharp(canvas, across ? length : depth, across ? depth : length);
      const along = depth - thumb / 2;
      this.place(canvas, ...(across ? [along, 0, length, depth] : [0, along, depth, length]));
      // Along the margin, and away from the matrix.
      const at = (along, away, wide, high) =>
        across
          ? [along, depth - away - high, wide, high]
          : [depth - away - high, along, high, wide];
      for (let place = 0; place < n; place += step) {
        const along = ((place + 0.5) * side) / n;
        const away = bars + ((place / step) % rows) * (thumb + 1);
        const [x, y] = at(along, away, thumb, thumb);
        this.sheet.draw(context, this.order.images[place], x, y, thumb);
      }
      study.categories.forEach((category, number) => {
        context.fillStyle = category.colour;
        this.order.images.forEach((image, place) => {
          if (!category.members[image]) return;
          const along = thumb / 2 + (place * side) / n;
          context.fillRect(...at(along, 2 + number * 5, side / n + 0.25, 3));
        });
      });
    }
    this.mark(this.pair);
  }

  /** Place a part of the field, in shares of it: so all of it also fits a narrower sheet of paper. */
  place(part, left, top, width, height) {
    Object.assign(part.style, {
      left: `${(100 * left) / this.width}%`, top: `${(100 * top) / this.height}%`,
      width: `${(100 * width) / this.width}%`, height: `${(100 * height) / this.height}%`,
    });
  }

  /**
   * Show the RDM that begins at a place in a list of steps.
   *
   * @param drawn  what is drawn of each pair, if not its step
   */
  paint(steps, start, drawn = steps.subarray(start, start + this.pairs)) {
    const { n, rgba } = this;
    Object.assign(this, { steps, start });
    this.ranks = this.ranked ? rankOfSteps(drawn) : null;
    const colours = this.ranks ? this.coloursOf(this.ranks) : this.colours;
    const { pairs } = this.order;
    for (let row = 0, k = 0; row < n; row++) {
      this.pixels.data.set(DIAGONAL, 4 * (row * n + row));
      for (let column = row + 1; column < n; column++, k++) {
        rgba[row * n + column] = rgba[column * n + row] = colours[drawn[pairs[k]]];
      }
    }
    this.canvas.getContext("2d").putImageData(this.pixels, 0, 0);
  }

  /** What is shown of two images; null for an image and itself. */
  value([row, column]) {
    if (row === column) return null;
    const { low, step } = this.layer;
    return low + step * this.steps[this.start + pairPlace(row, column, this.n)];
  }

  /** Rank of the dissimilarity of two images among all pairs; null where colours stand for no ranks. */
  rank([row, column]) {
    if (!this.ranks || row === column) return null;
    const share = this.ranks[this.steps[this.start + pairPlace(row, column, this.n)]];
    return 1 + share * (this.pairs - 1);
  }

  /** Mark a pair, or none. */
  mark(pair) {
    this.pair = pair;
    for (const part of [...this.crosses, ...this.lenses]) part.hidden = !pair;
    if (!pair || !this.side) return;
    const [row, column] = pair.map((image) => this.order.places[image]);
    const cell = this.side / this.n;
    const boxes = [
      [0, row * cell, this.side, cell], [column * cell, 0, cell, this.side],
      [column * cell, row * cell, cell, cell],
    ];
    const share = (pixels) => `${(100 * pixels) / this.side}%`;
    boxes.forEach(([left, top, width, height], i) => Object.assign(this.crosses[i].style, {
      left: share(left), top: share(top), width: share(width), height: share(height),
    }));
    const large = Math.max(40, 1.5 * this.thumb), away = Math.max(0, this.depth - large - 2);
    const ahead = (image) =>
      Math.max(2, this.depth + Math.min(this.side - large, (image + 0.5) * cell - large / 2));
    const lenses = [[ahead(column), away, pair[1]], [away, ahead(row), pair[0]]];
    lenses.forEach(([left, top, image], i) => {
      this.sheet.draw(sharp(this.lenses[i], large, large), image, 0, 0, large);
      this.place(this.lenses[i], left, top, large, large);
    });
  }

  /** The pair whose cell lies under a pointer. */
  cell(event) {
    const box = this.matrix.getBoundingClientRect();
    const cell = (share) => Math.min(this.n - 1, Math.max(0, Math.floor(share * this.n)));
    const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    return shares.map((share) => this.order.images[cell(share)]);
  }

  /**
   * Place of the image that is drawn at a point of a margin.
   *
   * @param along  the margin, in places
   * @param away   from the matrix, in px
   */
  placeOn(along, away) {
    const { n, step, rows } = this;
    // Images lie in rows one behind the other, and overlap along the margin.
    const row = Math.floor((away - this.bars) / (this.thumb + 1));
    let nearest = Math.min(n - 1, Math.max(0, Math.floor(along))), least = Infinity;
    for (let place = 0; place < n; place += step) {
      const far = Math.abs(place + 0.5 - along);
      if ((place / step) % rows === row && far < least) [nearest, least] = [place, far];
    }
    return nearest;
  }

  point(event) {
    this.onPair(this.cell(event), BY_POINTER);
  }

  key(event) {
    const last = this.n - 1, far = event.shiftKey ? 10 : 1;
    const { images, places } = this.order;
    const [row, column] = (this.pair ?? [0, 0]).map((image) => places[image]);
    const moved = {
      ArrowUp: [row - far, column], ArrowDown: [row + far, column],
      ArrowLeft: [row, column - far], ArrowRight: [row, column + far],
      Home: [row, 0], End: [row, last],
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && this.pair) this.onPair(this.pair, BY_CLICK);
    else if (moved) {
      const next = this.pair ? moved.map((i) => Math.min(last, Math.max(0, i))) : [0, 1];
      this.onPair(next.map((place) => images[place]), BY_KEYS);
    } else return;
    event.preventDefault();
  }
}
