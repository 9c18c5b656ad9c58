"use strict";
// An RDM with its test images on the margins. One of several files of one program:
// see explorer.js, where it starts.

const DIAGONAL = [160, 160, 160, 255]; // grey: not a dissimilarity of two images
const THUMB = [12, 36]; // px of an image on a margin, minimum and maximum
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

/** All test images in one picture, side by side in rows. */
class Sheet {
  constructor(picture, places) {
    this.picture = picture;
    this.places = places;
    this.side = Number(picture.dataset.side);
    this.columns = Number(picture.dataset.columns);
  }

  draw(context, image, x, y, side) {
    const place = this.places[image];
    const left = (place % this.columns) * this.side;
    const top = Math.floor(place / this.columns) * this.side;
    context.drawImage(this.picture, left, top, this.side, this.side, x, y, side, side);
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
   * @param onPair     called with row and column, or null, when a pair is chosen
   * @param scale      {shades, count, unit}: 256 colours, the number of steps, what they count in
   */
  constructor(layer, study, sheet, onPair, scale = {}) {
    Object.assign(this, { layer, study, sheet, onPair });
    Object.assign(this, { shades: study.colours, count: 256, unit: "1 − r", ...scale });
    this.n = study.images.names.length;
    this.pixels = new ImageData(this.n, this.n);
    this.rgba = new Uint32Array(this.pixels.data.buffer);
    this.colours = this.coloursOfSteps();
    this.build();
  }

  /** The pixel of each step: 256 colours from the lower to the upper limit. */
  coloursOfSteps() {
    const shades = bytes(this.shades);
    const { low, step, limits } = this.layer;
    const rgba = new Uint8Array(4 * this.count);
    for (let k = 0; k < this.count; k++) {
      const share = (low + k * step - limits[0]) / (limits[1] - limits[0]);
      const shade = Math.round(255 * Math.min(1, Math.max(0, share)));
      rgba.set([...shades.subarray(3 * shade, 3 * shade + 3), 255], 4 * k);
    }
    return new Uint32Array(rgba.buffer);
  }

  build() {
    const { name, colour, limits } = this.layer;
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
    this.root = element(
      "div", { className: "rdm" },
      element("h3", {}, swatch(colour), this.title),
      this.field,
      element("div", { className: "scale" },
        printed(limits[0].toFixed(2)), ramp, printed(limits[1].toFixed(2)),
        element("span", { className: "unit", textContent: this.unit }),
        element("ul", { className: "bars" }, ...this.study.categories.map((category) => {
          const bar = element("span", { className: "bar" });
          bar.style.setProperty("--colour", ink(category.colour));
          return element("li", {}, bar, category.name);
        }))),
    );
    this.matrix.addEventListener("pointermove", (event) => this.point(event));
    this.matrix.addEventListener("pointerdown", (event) => this.point(event));
    this.matrix.addEventListener("pointerleave", (event) => {
      const kept = event.pointerType !== "mouse" || document.activeElement === this.matrix;
      if (!kept) this.onPair(null);
    });
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
    Object.assign(this, { side, depth, thumb, width, height });
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
      for (let image = 0; image < n; image += step) {
        const along = ((image + 0.5) * side) / n;
        const away = bars + ((image / step) % rows) * (thumb + 1);
        const [x, y] = at(along, away, thumb, thumb);
        this.sheet.draw(context, image, x, y, thumb);
      }
      study.categories.forEach((category, number) => {
        context.fillStyle = category.colour;
        category.members.forEach((member, image) => {
          if (!member) return;
          const along = thumb / 2 + (image * side) / n;
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

  /** Show the RDM that begins at a place in a list of steps. */
  paint(steps, start) {
    const { n, rgba, colours } = this;
    Object.assign(this, { steps, start });
    for (let row = 0, k = start; row < n; row++) {
      this.pixels.data.set(DIAGONAL, 4 * (row * n + row));
      for (let column = row + 1; column < n; column++, k++) {
        rgba[row * n + column] = rgba[column * n + row] = colours[steps[k]];
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

  /** Mark a pair, or none. */
  mark(pair) {
    this.pair = pair;
    for (const part of [...this.crosses, ...this.lenses]) part.hidden = !pair;
    if (!pair || !this.side) return;
    const [row, column] = pair, cell = this.side / this.n;
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
    [[ahead(column), away, column], [away, ahead(row), row]].forEach(([left, top, image], i) => {
      this.sheet.draw(sharp(this.lenses[i], large, large), image, 0, 0, large);
      this.place(this.lenses[i], left, top, large, large);
    });
  }

  point(event) {
    const box = this.matrix.getBoundingClientRect();
    const cell = (share) => Math.min(this.n - 1, Math.max(0, Math.floor(share * this.n)));
    this.onPair([
      cell((event.clientY - box.top) / box.height), cell((event.clientX - box.left) / box.width),
    ]);
  }

  key(event) {
    const last = this.n - 1, far = event.shiftKey ? 10 : 1;
    const [row, column] = this.pair ?? [0, 0];
    const moved = {
      ArrowUp: [row - far, column], ArrowDown: [row + far, column],
      ArrowLeft: [row, column - far], ArrowRight: [row, column + far],
      Home: [row, 0], End: [row, last],
    }[event.key];
    if (event.key === "Escape") this.onPair(null);
    else if (moved && !event.altKey && !event.ctrlKey && !event.metaKey) {
      this.onPair(this.pair ? moved.map((i) => Math.min(last, Math.max(0, i))) : [0, 1]);
    } else return;
    event.preventDefault();
  }
}
