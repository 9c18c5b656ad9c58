// Parts of the page as one SVG picture, as they are seen: text as text, curves as curves, canvases
// as images. It needs neither the page's style nor its program.

const PADDING = 16; // px around the picture and between its parts
const SHARP = 600; // px that an RDM is wide at least, as an image: viewers blur what they enlarge
const HELP = ".named"; // what only helps to use the page
const LOOKS = [
  "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "stroke-linejoin", "stroke-linecap", "opacity", "font-size", "font-family", "visibility",
];

/** Colours as any viewer knows them: #rrggbb, or none where nothing is seen. */
class Inks {
  constructor() {
    const canvas = element("canvas", { width: 1, height: 1 });
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.known = new Map([["none", "none"]]);
  }

  plain(colour) {
    if (!this.known.has(colour)) {
      const { context } = this;
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
      const digits = [red, green, blue].map((each) => each.toString(16).padStart(2, "0"));
      this.known.set(colour, alpha ? `#${digits.join("")}` : "none");
    }
    return this.known.get(colour);
  }
}

class Picture {
  /** @param heading  what the picture begins with */
  constructor(heading, style) {
    this.inks = new Inks();
    this.pen = element("canvas").getContext("2d");
    this.svg = shape("svg", { xmlns: SVG });
    this.paper = shape("rect", { fill: this.inks.plain(style.getPropertyValue("--paper").trim()) });
    this.svg.append(shape("title", {}, heading), this.paper);
    this.svg.append(shape("text", {
      x: PADDING, y: 2 * PADDING, fill: this.inks.plain(style.color), "font-size": "16px",
      "font-weight": 600, "font-family": style.fontFamily,
    }, heading));
    [this.width, this.height] = [0, 3 * PADDING];
  }

  /** Add a part of the page below what is there. */
  add(part) {
    const box = part.getBoundingClientRect();
    if (!box.height) return;
    this.move = [PADDING - box.left, this.height - box.top];
    this.walk(part);
    this.height += box.height + PADDING;
    this.width = Math.max(this.width, box.width);
  }

  /** The picture as text. */
  finished() {
    const size = { width: Math.ceil(this.width + 2 * PADDING), height: Math.ceil(this.height) };
    for (const [key, value] of Object.entries(size)) {
      this.svg.setAttribute(key, value);
      this.paper.setAttribute(key, value);
    }
    this.svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    return { ...size, text: new XMLSerializer().serializeToString(this.svg) };
  }

  walk(node) {
    if (node.nodeType === Node.TEXT_NODE) return this.write(node);
    if (node.nodeType !== Node.ELEMENT_NODE || !node.getClientRects().length) return;
    const style = getComputedStyle(node);
    if (style.visibility === "hidden" || node.matches(HELP)) return;
    if (node instanceof SVGSVGElement) return this.copy(node);
    this.box(node, style);
    if (node instanceof HTMLCanvasElement) return this.image(node, style);
    for (const child of node.childNodes) this.walk(child);
  }

  /** Where a box on the page is in the picture. */
  placed({ left, top, width, height }) {
    const round = (value) => Number(value.toFixed(2));
    const [x, y] = [left + this.move[0], top + this.move[1]];
    return { x: round(x), y: round(y), width: round(width), height: round(height) };
  }

  /** Background and border of an element. */
  box(node, style) {
    const fill = this.inks.plain(style.backgroundColor);
    const border = style.borderTopStyle === "none" ? 0 : parseFloat(style.borderTopWidth);
    if (fill === "none" && !border) return;
    const stroke = border ? this.inks.plain(style.borderTopColor) : "none";
    const rx = parseFloat(style.borderTopLeftRadius) || 0;
    this.svg.append(shape("rect", {
      ...this.placed(node.getBoundingClientRect()), rx, fill, stroke, "stroke-width": border,
    }));
  }

  image(canvas, style) {
    const pixelated = style.imageRendering === "pixelated" && canvas.height > 1;
    const times = pixelated ? Math.ceil(SHARP / canvas.width) : 1;
    const large = element("canvas", {
      width: times * canvas.width, height: times * canvas.height,
    });
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, 0, 0, large.width, large.height);
    this.svg.append(shape("image", {
      ...this.placed(canvas.getBoundingClientRect()), href: large.toDataURL("image/png"),
      preserveAspectRatio: "none", ...(pixelated ? { style: "image-rendering: pixelated" } : {}),
    }));
  }

  /** A chart, with its looks written into it. */
  copy(svg) {
    const made = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll("*")];
    [made, ...made.querySelectorAll("*")].forEach((each, i) => {
      const style = getComputedStyle(originals[i]);
      for (const name of LOOKS) {
        const value = style.getPropertyValue(name);
        const colour = name === "fill" || name === "stroke";
        each.setAttribute(name, colour ? this.inks.plain(value) : value);
      }
      for (const name of ["class", "style"]) each.removeAttribute(name);
    });
    const place = { ...this.placed(svg.getBoundingClientRect()), overflow: "visible" };
    for (const [key, value] of Object.entries(place)) made.setAttribute(key, value);
    this.svg.append(made);
  }

  /** Text, line by line as it is broken on the page. */
  write(node) {
    const style = getComputedStyle(node.parentElement);
    const range = document.createRange();
    const lines = [];
    for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const [box] = range.getClientRects();
      if (!box) continue;
      const line = lines.at(-1);
      if (line && Math.abs(line.box.top - box.top) < 2) line.words.push(word);
      else lines.push({ box, words: [word] });
    }
    this.pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const ascent = this.pen.measureText("x").fontBoundingBoxAscent;
    for (const { box, words } of lines) {
      const { x, y } = this.placed(box);
      this.svg.append(shape("text", {
        x, y: Number((y + ascent).toFixed(2)), fill: this.inks.plain(style.color),
        "font-size": style.fontSize, "font-weight": style.fontWeight, "font-family": style.fontFamily,
      }, words.join(" ")));
    }
  }
}

const MOST_PIXELS = 16_000; // of a side: browsers draw no larger canvas

/** An SVG picture as PNG, twice as fine as the page where that is not too large. */
async function asPng({ text, width, height }) {
  const scale = Math.min(2, MOST_PIXELS / Math.max(width, height));
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = element("canvas", {
    width: Math.round(scale * width), height: Math.round(scale * height),
  });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}
