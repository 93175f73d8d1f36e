// What every part that draws itself stands on, and the plot above the live slider's rail.
const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "", dashed: "12 7", dotted: "2 8" };
const views = new WeakMap(); // a View takes itself out when it is destroyed

function mounted(component, View) {
  const root = component.parentElement.querySelector(".live");
  let view = views.get(root);
  if (!view) {
    view = new View(root);
    views.set(root, view);
  }
  view.update(component.data, component.setStateValue);
  return () => view.destroy();
}

function html(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function paint(node, [light, dark]) {
  node.classList.add("coloured");
  node.style.setProperty("--light", light);
  node.style.setProperty("--dark", dark);
  return node;
}

function swatch(colour, dash) {
  const picture = paint(svg("svg", { width: 34, height: 10, "aria-hidden": "true" }), colour);
  const line = { class: "swatch", x1: 1, x2: 33, y1: 5, y2: 5, "stroke-dasharray": DASHES[dash] };
  picture.append(svg("line", line));
  return picture;
}

// What scrolls the page.
const scroller = () => document.querySelector('[data-testid="stMain"]');

function imageSource(text) {
  return typeof text === "string" && text.startsWith("data:image/png;base64,") ? text : null;
}

function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, index) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = index;
  });
  return best;
}

// Several sliders in one view: it draws itself anew when its width changes.
class Sliders {
  constructor(root) {
    this.root = root;
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(root);
  }

  destroy() {
    this.resize.disconnect();
    clearTimeout(this.timer);
    views.delete(this.root);
  }
}

// Draws `data` into `plot` within `area`; the view that extends it owns those and moves the marker.
class Plot {
  // Lower where the window is low, so that the rail and its numbers lie above the fold.
  plotHeight() {
    const most = this.root.clientWidth < 640 ? 220 : 300;
    const top = this.plot.getBoundingClientRect().top + (scroller()?.scrollTop ?? 0);
    const room = window.innerHeight - top - (this.data.sides ? 34 : 12) - 64;
    return room > 0 ? Math.min(most, Math.max(130, room)) : most;
  }

  // Where a value lies on the axis, which may be logarithmic.
  place(value) {
    return this.data.xLog ? Math.log10(value) : value;
  }

  x(value) {
    const [low, high] = [this.places[0], this.places.at(-1)];
    return this.area.left + (this.area.width * (this.place(value) - low)) / (high - low);
  }

  y(value) {
    const [low, high] = this.data.yRange;
    let share = (Math.min(high, Math.max(low, value)) - low) / (high - low);
    if (this.data.yRoot) share = Math.sqrt(share);
    return this.area.top + this.area.height * (1 - share);
  }

  drawPlot(width, wide) {
    const { label, unit, curves, ridge } = this.data;
    const bottom = this.rail + 62;
    const picture = svg("svg", { height: bottom, viewBox: `0 0 ${width} ${bottom}`, role: "img" });
    picture.setAttribute("aria-label", `${this.data.yLabel} ${label}`);
    if (this.hasPlot && !ridge) this.drawGrid(picture);
    this.areas.draw(picture, this, wide);
    this.drawRail(picture);
    this.drawMarks(picture);
    for (const curve of curves) this.drawCurve(picture, curve);
    if (wide) this.drawEndLabels(picture);
    this.marker = svg("line", { class: "marker", y1: this.area.top - 8, y2: this.rail });
    this.dots = curves.map((curve) => paint(svg("circle", { class: "dot", r: 8 }), curve.colour));
    picture.append(this.marker, ...this.dots, ...this.areas.words());
    const title = unit ? `${label} (${unit})` : label;
    const middle = this.area.left + this.area.width / 2;
    picture.append(svg("text", { class: "axis-title", x: middle, y: this.rail + 56, "text-anchor": "middle" }, title));
    const half = 14;
    this.input.style.left = `${this.area.left - half}px`;
    this.input.style.width = `${this.area.width + 2 * half}px`;
    this.input.style.top = `${this.rail - 22}px`;
    if (this.input.isConnected) this.plot.querySelector("svg").replaceWith(picture);
    else this.plot.replaceChildren(picture, this.input);
  }

  drawGrid(picture) {
    const [low, high] = this.data.yRange;
    const { left, width, top, height } = this.area;
    for (let step = 0; step <= 4; step++) {
      const share = this.data.yRoot ? (step / 4) ** 2 : step / 4;
      const value = low + (high - low) * share;
      const y = this.y(value);
      const percent = this.data.yRoot ? Number((100 * value).toPrecision(2)) : Math.round(100 * value);
      const text = this.data.yPercent ? `${percent} %` : String(Number(value.toPrecision(3)));
      picture.append(svg("line", { class: "grid", x1: left, x2: left + width, y1: y, y2: y }));
      picture.append(svg("text", { x: left - 10, y: y + 5, "text-anchor": "end" }, text));
    }
    const at = `translate(14 ${top + height / 2}) rotate(-90)`;
    picture.append(svg("text", { class: "axis-title", transform: at, "text-anchor": "middle" }, this.data.yLabel));
  }

  drawRail(picture) {
    const { left, width } = this.area;
    const y = this.rail;
    this.done = svg("line", { class: "rail done", x1: left, x2: left, y1: y, y2: y });
    picture.append(svg("line", { class: "rail", x1: left, x2: left + width, y1: y, y2: y }), this.done);
    const crowded = this.data.values.length > 60;
    let free = -Infinity;
    if (!crowded) {
      for (const value of this.data.values) {
        picture.append(svg("circle", { class: "stop", cx: this.x(value), cy: y, r: 2 }));
      }
    }
    this.data.ticks.forEach(([place, text]) => {
      const x = this.x(place);
      const half = 4.6 * text.length;
      if (!text || x - half < free) return;
      picture.append(svg("text", { x, y: y + 32, "text-anchor": "middle" }, text));
      free = x + half + 8;
    });
  }

  drawMarks(picture) {
    const { left, top } = this.area;
    for (const { at, label } of this.data.marks) {
      const x = this.x(at);
      const after = x - left < 7.4 * label.length + 10; // where the left side has no room
      picture.append(
        svg("line", { class: "mark-line", x1: x, x2: x, y1: top, y2: this.rail }),
        svg("text", { class: "mark-name", x: x + (after ? 6 : -6), y: top + 14, "text-anchor": after ? "start" : "end" }, label),
      );
    }
  }

  drawCurve(picture, curve) {
    let path = "";
    let pen = "M";
    const few = curve.y.length <= 40;
    const points = [];
    curve.y.forEach((value, index) => {
      if (value === null) {
        pen = "M";
        return;
      }
      const [x, y] = [this.x(this.data.values[index]), this.y(value)];
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
      if (few) points.push(paint(svg("circle", { class: "point", cx: x, cy: y, r: 3.5 }), curve.colour));
    });
    const shape = { class: "line", d: path, "stroke-dasharray": DASHES[curve.dash] };
    picture.append(paint(svg("path", shape), curve.colour), ...points);
  }

  drawEndLabels(picture) {
    const gap = 19;
    const x = this.area.left + this.area.width + 14;
    const ends = this.data.curves
      .map((curve) => ({ curve, last: curve.y.filter((value) => value !== null).at(-1) }))
      .filter((end) => end.last !== undefined)
      .map((end) => ({ ...end, y: this.y(end.last) + 5 }))
      .sort((a, b) => a.y - b.y);
    ends.forEach((end, i) => (end.y = i ? Math.max(end.y, ends[i - 1].y + gap) : end.y));
    const over = ends.length ? ends.at(-1).y - (this.area.top + this.area.height + 8) : 0;
    if (over > 0) {
      ends.at(-1).y -= over;
      for (let i = ends.length - 2; i >= 0; i--) ends[i].y = Math.min(ends[i].y, ends[i + 1].y - gap);
    }
    for (const { curve, y } of ends) {
      picture.append(paint(svg("text", { class: "end", x, y }, curve.name), curve.colour));
    }
  }
}
