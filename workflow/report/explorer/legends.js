// Legends: a click on a layer or a category hides its curves in all charts, or shows them again.

class Legends {
  constructor() {
    this.hidden = new Set();
    this.redraw = () => {};
  }

  /** Whether a curve is to be drawn. */
  shows({ name }) {
    return !this.hidden.has(name);
  }

  /** Entry of a key that can be clicked: see entry. */
  entry(curve, ...value) {
    const made = entry(curve, ...value);
    const button = element("button", { type: "button", title: `Hide or show ${curve.name}` });
    button.append(made.firstChild, curve.name);
    made.replaceChildren(button, ...value);
    button.setAttribute("aria-pressed", this.shows(curve));
    button.addEventListener("click", () => this.toggle(curve.name));
    return made;
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    const place = this.buttons.indexOf(document.activeElement);
    this.redraw();
    this.buttons[place]?.focus({ preventScroll: true });
  }

  get buttons() {
    return [...document.querySelectorAll("#explorer .key button")];
  }

  /** The same name is clicked in any legend, and reached by Tab in the first one. */
  order() {
    const seen = new Set();
    for (const button of this.buttons) {
      button.tabIndex = seen.has(button.textContent) ? -1 : 0;
      seen.add(button.textContent);
    }
  }
}

const legends = new Legends();
