// Changing the order of test images by hand: images on a margin are dragged, or moved by keys.

class ByHand {
  constructor(explorer) {
    this.explorer = explorer;
    this.told = element("p", { className: "told", hidden: true });
    this.told.setAttribute("role", "status");
    explorer.part(".view").append(this.told);
    const rdms = explorer.part(".rdms");
    rdms.addEventListener("pointerdown", (event) => this.take(event));
    rdms.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      rdms.addEventListener(end, () => { this.taken = null; });
    }
    rdms.addEventListener("keydown", (event) => this.key(event));
  }

  get on() {
    return this.explorer.study.order.chosen === "hand";
  }

  /** Say what the order is, or how it is changed. */
  tell() {
    const { order, clusters } = this.explorer.study;
    const said = {
      clusters: `Similar images lie beside each other: average linkage of ${clusters.of}. All RDMs have`
        + " this order.",
      hand: "Drag the images beside an RDM. Or choose a cell: Page Up and Page Down move the image of its"
        + " row, with Shift that of its column.",
    }[order.chosen];
    this.told.hidden = !said;
    this.told.textContent = said ?? "";
    this.explorer.root.classList.toggle("by-hand", this.on);
  }

  /** Take the image that is drawn under the pointer. */
  take(event) {
    const rdm = this.explorer.shown.find(({ margins }) => margins.includes(event.target));
    if (!this.on || !rdm || event.button) return;
    event.preventDefault();
    const across = event.target === rdm.margins[0];
    const box = event.target.getBoundingClientRect();
    const share = across
      ? (event.clientY - box.top) / box.height
      : (event.clientX - box.left) / box.width;
    const place = rdm.placeOn(this.along(event, rdm, across), rdm.depth * (1 - share));
    this.taken = { image: this.explorer.study.order.images[place], rdm, across };
    event.target.setPointerCapture(event.pointerId);
  }

  /** Where a pointer is along a margin, in places. */
  along(event, { matrix, n }, across) {
    const box = matrix.getBoundingClientRect();
    return n * (across
      ? (event.clientX - box.left) / box.width
      : (event.clientY - box.top) / box.height);
  }

  drag(event) {
    if (!this.taken) return;
    const { image, rdm, across } = this.taken;
    this.move(image, Math.floor(this.along(event, rdm, across)));
  }

  key(event) {
    const by = { PageUp: -1, PageDown: 1 }[event.key];
    const { pair, study } = this.explorer;
    if (!by || !this.on || !pair) return;
    event.preventDefault();
    const image = pair[event.shiftKey ? 1 : 0];
    this.move(image, study.order.places[image] + by);
  }

  move(image, place) {
    const { order, images } = this.explorer.study;
    if (!order.move(image, place)) return;
    this.told.textContent = `${images.names[image]}: place ${order.places[image] + 1} of ${order.n}.`;
    this.explorer.reorder();
  }
}
