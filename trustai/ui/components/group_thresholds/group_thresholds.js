// A slider of the threshold for each group. Put behind live_slider/plot.js, whose helpers it uses;
// text goes in by textContent only.
const SEND_AFTER_KEY_MS = 350;
const PAD = 14; // half of the handle
const TOP = 6;
const HEIGHT = 92;
const RAIL = 122;

export default (component) => mounted(component, GroupThresholds);

const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)}%`);

class GroupThresholds extends Sliders {
  update(data, send) {
    this.send = send;
    const turn = JSON.stringify([data.turn, data.of]);
    const moved = turn !== this.turn;
    this.turn = turn;
    const { start, turn: _, ...rest } = data;
    const text = JSON.stringify(rest);
    const fresh = text !== this.text;
    this.text = text;
    this.data = data;
    if (moved || !this.at) this.at = start.map((value) => this.place(value));
    if (fresh) this.build();
    this.draw();
  }

  place(value) {
    return nearest(this.data.stops, value);
  }

  build() {
    const { criteria, choices, groups, colour } = this.data;
    const heads = html("div", "figures in-view");
    this.heads = [{ title: "accuracy" }, ...criteria].map((one) => {
      const card = paint(html("div", "figure"), colour);
      const [number, kept] = [html("div", "number"), html("div", "kept")];
      card.append(html("div", "what", one.title), number, kept);
      heads.append(card);
      return { number, kept };
    });
    const buttons = html("div", "choices");
    buttons.append(html("span", "", this.data.label));
    this.buttons = choices.map((choice) => {
      const button = html("button", "", choice.title);
      button.type = "button";
      button.title = choice.hint;
      button.addEventListener("click", () => this.choose(choice));
      buttons.append(button);
      return button;
    });
    const rows = html("div", "rows");
    this.rows = groups.map((group, i) => this.buildRow(rows, group, i));
    this.root.replaceChildren(heads, buttons, rows);
  }

  buildRow(parent, group, i) {
    const root = paint(html("div", "group"), group.colour);
    const head = html("div", "row-head");
    const name = html("span", "name");
    name.append(swatch(group.colour, group.dash), html("span", "", group.name));
    const now = html("span", "now");
    head.append(name, now);
    const rates = this.data.shown.map(([key, title]) => {
      const rate = html("span", "rate");
      head.append(rate);
      return { key, title, rate };
    });
    const plot = html("div", "plot");
    const input = html("input");
    const { stops } = this.data;
    Object.assign(input, { type: "range", step: "any", min: stops[0], max: stops.at(-1) });
    input.setAttribute("aria-label", `Threshold of ${group.name}`);
    input.style.top = `${RAIL - 22}px`;
    input.addEventListener("input", () => this.move(i, this.place(Number(input.value))));
    input.addEventListener("change", () => this.release());
    input.addEventListener("keydown", (event) => this.key(event, i));
    plot.append(svg("svg", { "aria-hidden": "true" }), input);
    root.append(head, plot);
    parent.append(root);
    return { root, now, rates, plot, input };
  }

  draw() {
    const width = this.root.clientWidth;
    if (!this.data || !width) return;
    this.root.classList.toggle("narrow", width < 560);
    this.width = width;
    this.rows.forEach((row, i) => this.drawRow(row, i));
    this.show();
  }

  // The handle's own middle runs from PAD to width - PAD over the range of the stops.
  x(value) {
    const { stops } = this.data;
    return PAD + ((this.width - 2 * PAD) * (value - stops[0])) / (stops.at(-1) - stops[0]);
  }

  drawRow(row, i) {
    const { heights } = this.data.groups[i];
    const high = Math.max(...this.data.groups.flatMap((group) => group.heights)) || 1;
    const bottom = TOP + HEIGHT;
    const inside = (value) => Math.min(this.width - PAD, Math.max(PAD, this.x(value)));
    let path = `M${inside(0).toFixed(1)} ${bottom}`;
    heights.forEach((height, k) => {
      const y = (bottom - HEIGHT * Math.sqrt(height / high)).toFixed(1);
      path += `L${inside(k / heights.length).toFixed(1)} ${y}L${inside((k + 1) / heights.length).toFixed(1)} ${y}`;
    });
    path += `L${inside(1).toFixed(1)} ${bottom}Z`;
    const picture = svg("svg", { height: RAIL + 42, viewBox: `0 0 ${this.width} ${RAIL + 42}`, "aria-hidden": "true" });
    const clip = svg("clipPath", { id: `selected-${i}` });
    row.selected = svg("rect", { y: 0, height: bottom, x: 0, width: 0 });
    clip.append(row.selected);
    row.marker = svg("line", { class: "marker", y1: TOP, y2: RAIL });
    picture.append(
      clip,
      svg("path", { class: "area", d: path }),
      svg("path", { class: "area passed", d: path, "clip-path": `url(#selected-${i})` }),
      svg("line", { class: "rail", x1: PAD, x2: this.width - PAD, y1: RAIL, y2: RAIL }),
      row.marker,
    );
    for (const share of [0.25, 0.5, 0.75]) {
      picture.append(svg("text", { x: this.x(share), y: RAIL + 34, "text-anchor": "middle" }, `${100 * share} %`));
    }
    row.plot.querySelector("svg").replaceWith(picture);
    Object.assign(row.input.style, { left: "0", width: `${this.width}px` });
  }

  compare(criterion) {
    const found = criterion.rates.map((name) => {
      const values = this.data.groups.map((group, i) => group.rates[name][this.at[i]]).filter((v) => v !== null);
      if (!values.length) return null;
      const [low, high] = [Math.min(...values), Math.max(...values)];
      if (!criterion.ratio) return high - low;
      return high > 0 ? low / high : null;
    });
    return found.includes(null) ? null : Math.max(...found);
  }

  show() {
    const { groups, criteria, choices, stops, n } = this.data;
    const right = groups.reduce((sum, group, i) => sum + group.right[this.at[i]], 0);
    this.heads[0].number.textContent = percent(right / n);
    criteria.forEach((criterion, k) => {
      const value = this.compare(criterion);
      const { number, kept } = this.heads[k + 1];
      number.textContent = percent(value);
      const fair = value !== null && (criterion.ratio ? value >= criterion.limit : value <= criterion.limit);
      kept.textContent = value === null ? "" : fair ? "✓ kept" : "✗ broken";
    });
    const spoken = this.heads.map((head, k) => `${k ? criteria[k - 1].title : "accuracy"} ${head.number.textContent}`);
    this.rows.forEach((row, i) => {
      const value = stops[this.at[i]];
      const x = this.x(value);
      row.input.value = value;
      row.now.textContent = `threshold ${Math.round(100 * value)} %`;
      row.selected.setAttribute("x", x);
      row.selected.setAttribute("width", Math.max(0, this.width - x));
      row.marker.setAttribute("x1", x);
      row.marker.setAttribute("x2", x);
      for (const { key, title, rate } of row.rates) {
        rate.textContent = `${title} ${percent(groups[i].rates[key][this.at[i]])}`;
      }
      row.input.setAttribute("aria-valuetext", [row.now.textContent, ...spoken].join(", "));
    });
    this.buttons.forEach((button, k) => {
      const same = choices[k].at.every((value, i) => this.place(value) === this.at[i]);
      button.setAttribute("aria-pressed", String(same));
    });
  }

  choose(choice) {
    this.at = choice.at.map((value) => this.place(value));
    this.show();
    this.release();
  }

  move(i, index) {
    if (index === this.at[i]) return;
    this.at[i] = index;
    this.show();
  }

  key(event, i) {
    const last = this.data.stops.length - 1;
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
    const at = this.at.map((index) => this.data.stops[index]);
    const text = JSON.stringify([at, this.data.turn]);
    if (text === this.sent) return;
    this.sent = text;
    this.send("value", { at, turn: this.data.turn });
  }
}
