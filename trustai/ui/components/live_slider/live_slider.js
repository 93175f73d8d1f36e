// The live slider: what follows the handle, and what the handle listens to. Put behind
// live_slider_plot.js and its other parts. All data is written with textContent and setAttribute, never as HTML.
const SEND_AFTER_KEY_MS = 350;

export default (component) => mounted(component, View);

function besideEachOther(parts) {
  const row = html("div", "graphs");
  row.append(...parts.map((part) => part.root));
  return row;
}

class View extends Plot {
  constructor(root) {
    super();
    this.root = root;
    this.turn = null;
    this.index = 0;
    this.dragging = false;
    this.resize = new ResizeObserver(() => this.resized());
    this.resize.observe(root);
    if (scroller()) this.resize.observe(scroller().firstElementChild); // what stands above may grow
  }

  destroy() {
    this.resize.disconnect();
    clearTimeout(this.timer);
    views.delete(this.root);
  }

  update(data, send) {
    this.send = send;
    if (this.dragging) {
      this.pending = data;
      return;
    }
    if (this.turn !== data.turn) {
      this.turn = data.turn;
      this.index = nearest(data.values, data.start);
      this.sent = data.values[this.index];
    } else if (this.data) {
      this.index = nearest(data.values, this.data.values[this.index]);
    }
    const text = JSON.stringify(data);
    if (text === this.drawn) return;
    this.drawn = text;
    this.data = data;
    this.build();
  }

  build() {
    const hadFocus = this.input && this.root.getRootNode().activeElement === this.input;
    this.places = this.data.values.map((value) => this.place(value));
    this.head = html("div", "head");
    this.now = html("span", "now");
    this.head.append(html("span", "name", this.data.label), this.now);
    this.hasPlot = this.data.curves.length + this.data.areas.length > 0;
    if (this.hasPlot) this.head.append(saveButton(this));
    this.plot = html("div", "plot");
    this.areas = new Areas(this.data);
    this.films = new Films(this.data.films);
    this.bars = this.data.bars.map((bars) => new Bars(bars));
    this.strips = this.data.strips.map((strip) => new Strip(strip));
    this.matrices = this.data.matrices.map((matrix) => new Matrix(matrix));
    this.graphs = this.data.graphs.map((graph, i) => new Graph(graph, `${this.data.saveAs}-${i + 1}`));
    const films = this.data.films.length ? [this.films.root] : [];
    const above = this.data.filmsAbove ? films : [];
    const below = [...this.buildTiles(), ...(this.data.filmsAbove ? [] : films)];
    const [graphs, bars] = [this.graphs, this.bars].map(besideEachOther);
    if (this.graphs.length) below.unshift(graphs);
    if (this.bars.length) below.push(bars);
    this.others = [...this.strips, ...this.matrices];
    below.push(...this.others.map((other) => other.root));
    this.others.push(...this.bars, ...this.graphs);
    const inView = html("div", "in-view");
    inView.append(this.head, this.buildFigures());
    this.root.replaceChildren(inView, ...above, this.buildLegend(), this.plot, ...below);
    this.input = this.buildInput();
    this.plot.addEventListener("pointerdown", (event) => this.grab(event));
    this.draw();
    if (hadFocus) this.input.focus();
  }

  buildFigures() {
    const row = html("div", "figures");
    this.numbers = this.data.figures.map((figure) => {
      const card = paint(html("div", "figure"), figure.colour);
      const what = html("div", "what");
      what.append(swatch(figure.colour, figure.dash), html("span", "", figure.label));
      const number = html("div", "number");
      card.append(what, number);
      row.append(card);
      return number;
    });
    row.hidden = !this.numbers.length;
    this.figureRow = row;
    return row;
  }

  buildLegend() {
    this.legend = html("div", "legend");
    for (const curve of [...this.data.curves, ...(this.data.ridge ? [] : this.data.areas)]) {
      const entry = html("span");
      entry.append(swatch(curve.colour, curve.dash || "solid"), html("span", "", curve.name));
      this.legend.append(entry);
    }
    return this.legend;
  }

  buildInput() {
    const { label } = this.data;
    const input = html("input");
    input.type = "range";
    input.min = this.places[0];
    input.max = this.places.at(-1);
    input.step = "any";
    input.setAttribute("aria-label", label);
    input.addEventListener("pointerdown", () => (this.dragging = true));
    for (const end of ["pointerup", "pointercancel"]) input.addEventListener(end, () => this.letGo());
    input.addEventListener("input", () => this.move(nearest(this.places, Number(input.value))));
    input.addEventListener("change", () => this.release());
    input.addEventListener("keydown", (event) => this.key(event));
    return input;
  }

  buildTiles() {
    const { tiles, tilesTitle } = this.data;
    this.tiles = [];
    if (!tiles.length) return [];
    const head = html("div", "tiles-head");
    this.count = html("span", "count");
    head.append(html("span", "", tilesTitle), this.count);
    this.grid = html("div", "tiles");
    for (const tile of tiles) this.grid.append(this.buildTile(tile));
    return [head, this.grid];
  }

  buildTile(tile) {
    const figure = html("figure", "tile");
    const frame = html("div", "frame");
    const before = imageSource(tile.image);
    const image = before ? html("img") : null;
    if (image) {
      image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 100));
      image.draggable = false;
      frame.append(image);
    }
    const mark = html("span", "mark");
    mark.setAttribute("aria-hidden", "true");
    frame.append(mark);
    const caption = html("figcaption");
    // Both labels stand in one place and one is hidden: the tile is as high as the taller one needs.
    const label = html("span", "label");
    label.append(html("span", "is-before", tile.before), html("span", "is-after", tile.after));
    caption.append(label, html("span", "title", tile.title));
    figure.append(frame, caption);
    const after = imageSource(tile.imageAfter) || before;
    this.tiles.push({ tile, figure, image, mark, before, after, flipped: null });
    return figure;
  }

  resized() {
    if (this.data && (this.root.clientWidth !== this.width || this.plotHeight() !== this.fitted)) this.draw();
  }

  draw() {
    const width = this.root.clientWidth;
    if (!width) return;
    this.width = width;
    this.fitted = this.plotHeight();
    this.root.classList.toggle("narrow", width < 560);
    const { curves, figures, tiles, areas, ridge } = this.data;
    const wide = width >= 640;
    const named = figures.map((figure) => figure.label);
    const cards = evenRows(figures.length, Math.floor(width / (width < 560 ? 106 : 150)));
    this.figureRow.style.gridTemplateColumns = `repeat(${cards}, minmax(0, 1fr))`;
    // Curves are named at their ends where there is room, a ridge beside each of its lines.
    const drawn = [...(wide ? [] : curves), ...(ridge ? [] : areas)];
    const told = (one) => named.some((label) => label.startsWith(one.name));
    this.legend.hidden = drawn.every(told);
    this.legend.style.display = this.legend.hidden ? "none" : "";
    const longest = Math.max(0, ...(ridge ? areas : wide ? curves : []).map((one) => one.name.length));
    const scale = Number(getComputedStyle(this.root).getPropertyValue("--lecture")) || 1;
    const right = longest ? Math.min(wide ? 230 : 120, 26 + 8.2 * longest) * scale : 18;
    const left = this.hasPlot && !ridge ? 64 * scale : 18;
    const top = this.data.sides ? 34 : 12;
    const height = this.hasPlot ? this.areas.height(wide) || this.plotHeight() : 8;
    this.area = { left, top, width: width - left - right, height };
    this.rail = this.area.top + height + 26;
    this.drawPlot(width, wide);
    const side = width < 560 ? 130 : 150;
    const fit = Math.min(this.data.films.length, this.data.filmsInRow, Math.max(2, Math.floor(width / side)));
    this.films.root.style.setProperty("--columns", fit);
    for (const bars of this.bars) bars.draw();
    for (const graph of this.graphs) graph.draw();
    const fitting = Math.max(3, Math.floor(width / (width < 560 ? 68 : 100)));
    if (tiles.length) this.grid.style.setProperty("--columns", Math.max(evenRows(tiles.length, fitting), Math.min(5, fitting)));
    this.show();
  }

  move(index) {
    this.input.value = this.places[index];
    if (index === this.index) return;
    this.index = index;
    this.show();
  }

  show() {
    const { values, texts, figures, curves } = this.data;
    const value = values[this.index];
    const x = this.x(value);
    this.input.value = this.places[this.index];
    this.now.textContent = texts[this.index];
    this.marker.setAttribute("x1", x);
    this.marker.setAttribute("x2", x);
    this.done.setAttribute("x2", x);
    curves.forEach((curve, i) => {
      const y = curve.y[this.index];
      this.dots[i].setAttribute("visibility", y === null ? "hidden" : "visible");
      if (y === null) return;
      this.dots[i].setAttribute("cx", x);
      this.dots[i].setAttribute("cy", this.y(y));
    });
    figures.forEach((figure, i) => (this.numbers[i].textContent = figure.texts[this.index]));
    const spoken = figures.map((figure) => `${figure.label} ${figure.texts[this.index]}`);
    this.input.setAttribute("aria-valuetext", [texts[this.index], ...spoken].join(", "));
    this.areas.show(x);
    this.showTiles(value);
    this.films.show(this.index);
    for (const other of this.others) other.show(this.index, value);
  }

  showTiles(value) {
    let flipped = 0;
    for (const entry of this.tiles) {
      const now = entry.tile.flipsAt !== null && entry.tile.flipsAt <= value;
      flipped += now;
      if (now !== entry.flipped) this.flip(entry, now);
    }
    if (this.tiles.length) {
      this.count.textContent = `${flipped} of ${this.tiles.length} ${this.data.flippedWord}`;
    }
  }

  flip(entry, now) {
    entry.flipped = now;
    entry.figure.classList.toggle("flipped", now);
    paint(entry.figure, now ? this.data.colours.after : this.data.colours.before);
    entry.mark.textContent = now ? "✗" : "✓";
    if (entry.image) {
      const source = now ? entry.after : entry.before;
      if (entry.image.src !== source) entry.image.src = source;
      entry.image.alt = `${entry.tile.title}: ${now ? entry.tile.after : entry.tile.before}`;
    }
  }

  grab(event) {
    // A press anywhere in the plot takes hold of the marker; the range input looks after itself.
    if (event.target === this.input || event.button > 0) return;
    const follow = (e) => {
      const box = this.plot.getBoundingClientRect();
      const share = (e.clientX - box.left - this.area.left) / this.area.width;
      const [low, high] = [this.places[0], this.places.at(-1)];
      this.move(nearest(this.places, low + share * (high - low)));
    };
    const end = () => {
      this.plot.removeEventListener("pointermove", follow);
      this.release();
    };
    this.plot.setPointerCapture(event.pointerId);
    this.plot.addEventListener("pointermove", follow);
    this.plot.addEventListener("pointerup", end, { once: true });
    this.plot.addEventListener("pointercancel", end, { once: true });
    follow(event);
    this.input.focus({ preventScroll: true });
  }

  key(event) {
    const last = this.data.values.length - 1;
    const to = {
      ArrowRight: this.index + 1, ArrowUp: this.index + 1, ArrowLeft: this.index - 1, ArrowDown: this.index - 1,
      PageUp: this.index + 3, PageDown: this.index - 3, Home: 0, End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.move(Math.min(last, Math.max(0, to)));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.release(), SEND_AFTER_KEY_MS);
  }

  letGo() {
    // New data that came in the middle of a drag waited, so as not to pull the handle away.
    this.dragging = false;
    const data = this.pending;
    this.pending = null;
    if (data) this.update(data, this.send);
  }

  release() {
    clearTimeout(this.timer);
    const at = this.data.values[this.index];
    if (at === this.sent) return;
    this.sent = at;
    this.send("value", { at, turn: this.turn });
  }
}
