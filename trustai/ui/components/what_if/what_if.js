// Sliders over the columns of one row, each with the curve of what a model says as only that value
// moves. Put behind live_slider/plot.js, whose helpers it uses; text goes in by textContent only.
const SEND_AFTER_KEY_MS = 350;
const PAD = 14; // half of the handle: its middle stands over the curve's point
const TOP = 8;
const HEIGHT = 74;
const RAIL = 104;

export default (component) => mounted(component, WhatIf);

class WhatIf extends Sliders {
  update(data, send) {
    this.send = send;
    const stops = JSON.stringify([data.turn, data.dials, data.heads]);
    const fresh = stops !== this.stops;
    this.stops = stops;
    this.data = data;
    if (fresh) {
      this.at = data.dials.map((dial, i) => nearest(dial.values, data.start[i]));
      this.last = 0;
      this.build();
    }
    // New curves in the middle of a drag change what is drawn, never where the handle stands.
    this.draw();
  }

  build() {
    const heads = html("div", "figures");
    this.numbers = this.data.heads.map((head) => {
      const card = paint(html("div", "figure"), head.colour);
      const what = html("div", "what");
      if (head.dash) what.append(swatch(head.colour, head.dash));
      what.append(html("span", "", head.label));
      const number = html("div", "number", head.text || "");
      const moved = html("div", "moved", head.note || "");
      card.append(what, number, moved);
      heads.append(card);
      return { number, moved };
    });
    const dials = html("div", "dials");
    this.dials = this.data.dials.map((dial, i) => this.buildDial(dials, dial, i));
    this.root.replaceChildren(heads, dials);
  }

  buildDial(parent, dial, i) {
    const root = html("div", "dial");
    const head = html("div", "name");
    const now = html("span", "now");
    // A long name may break where a new word begins in it.
    head.append(html("span", "", dial.name.replace(/([a-z])([A-Z])/g, "$1\u200b$2")), now);
    head.title = dial.hint;
    const plot = html("div", "plot");
    const input = html("input");
    Object.assign(input, { type: "range", step: "any", min: dial.values[0], max: dial.values.at(-1) });
    input.setAttribute("aria-label", dial.name);
    input.addEventListener("input", () => this.move(i, nearest(dial.values, Number(input.value))));
    input.addEventListener("change", () => this.release());
    input.addEventListener("keydown", (event) => this.key(event, i));
    plot.append(svg("svg", { "aria-hidden": "true" }), input);
    root.append(head, plot, html("div", "note", dial.note));
    parent.append(root);
    return { root, now, plot, input };
  }

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    this.root.classList.toggle("narrow", this.root.clientWidth < 420);
    this.width = this.dials[0].plot.clientWidth;
    this.dials.forEach((dial, i) => this.drawDial(dial, i));
    this.show();
  }

  x(i, value) {
    const { values } = this.data.dials[i];
    const low = values[0];
    return PAD + ((this.width - 2 * PAD) * (value - low)) / (values.at(-1) - low || 1);
  }

  y(share) {
    return TOP + HEIGHT * (1 - share);
  }

  drawDial(dial, i) {
    const { values, own } = this.data.dials[i];
    const right = this.width - PAD;
    const picture = svg("svg", { height: RAIL + 16, viewBox: `0 0 ${this.width} ${RAIL + 16}`, "aria-hidden": "true" });
    for (const share of [0, 0.5, 1]) {
      const y = this.y(share);
      const kind = share === 0.5 ? "aid" : "grid";
      picture.append(svg("line", { class: kind, x1: PAD, x2: right, y1: y, y2: y }));
    }
    const x = this.x(i, own);
    dial.done = svg("line", { class: "rail done", x1: x, x2: x, y1: RAIL, y2: RAIL });
    picture.append(
      svg("line", { class: "rail", x1: PAD, x2: right, y1: RAIL, y2: RAIL }), dial.done,
      svg("line", { class: "aid", x1: x, x2: x, y1: TOP, y2: RAIL }),
    );
    for (const line of this.data.lines) {
      const path = values.map((v, k) => `${k ? "L" : "M"}${this.x(i, v).toFixed(1)} ${this.y(line.y[i][k]).toFixed(1)}`);
      const shape = { class: "line", d: path.join(""), "stroke-dasharray": line.dash === "dashed" ? "7 5" : "" };
      picture.append(paint(svg("path", shape), line.colour));
    }
    dial.dots = this.data.lines.map((line) => paint(svg("circle", { class: "dot", r: 6.5 }), line.colour));
    picture.append(...dial.dots);
    dial.plot.querySelector("svg").replaceWith(picture);
  }

  move(i, index) {
    const { input } = this.dials[i];
    input.value = this.data.dials[i].values[index];
    if (index === this.at[i]) return;
    this.at[i] = index;
    this.last = i;
    this.show();
  }

  show() {
    const { dials, lines } = this.data;
    this.dials.forEach((dial, i) => {
      const value = dials[i].values[this.at[i]];
      const x = this.x(i, value);
      dial.input.value = value;
      dial.now.textContent = dials[i].texts[this.at[i]];
      dial.root.classList.toggle("edited", value !== dials[i].own);
      dial.done.setAttribute("x2", x);
      lines.forEach((line, k) => {
        dial.dots[k].setAttribute("cx", x);
        dial.dots[k].setAttribute("cy", this.y(line.y[i][this.at[i]]));
      });
      dial.input.setAttribute("aria-valuetext", `${dials[i].texts[this.at[i]]}, ${this.spoken(i)}`);
    });
    const edited = dials.some((dial, i) => dial.values[this.at[i]] !== dial.own);
    lines.forEach((line, k) => {
      const now = line.y[this.last][this.at[this.last]];
      const points = 100 * (now - line.before);
      this.numbers[k].number.textContent = `${(100 * now).toFixed(1)}%`;
      const sign = points < 0 ? "−" : "+";
      const moved = `${sign}${Math.abs(points).toFixed(1)} points by the sliders`;
      this.numbers[k].moved.textContent = edited ? moved : "as in the table";
    });
  }

  spoken(i) {
    const { heads, lines } = this.data;
    return lines.map((line, k) => `${heads[k].label} ${(100 * line.y[i][this.at[i]]).toFixed(1)}%`).join(", ");
  }

  key(event, i) {
    const last = this.data.dials[i].values.length - 1;
    const to = {
      ArrowRight: this.at[i] + 1, ArrowUp: this.at[i] + 1, ArrowLeft: this.at[i] - 1, ArrowDown: this.at[i] - 1,
      PageUp: this.at[i] + 10, PageDown: this.at[i] - 10, Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.move(i, Math.min(last, Math.max(0, to)));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.release(), SEND_AFTER_KEY_MS);
  }

  release() {
    clearTimeout(this.timer);
    const at = this.data.dials.map((dial, i) => dial.values[this.at[i]]);
    this.send("value", { at, turn: this.data.turn });
  }
}
