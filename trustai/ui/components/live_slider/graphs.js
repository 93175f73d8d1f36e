// Small graphs whose curves change with the slider. Title and legend are inside, so that a saved
// picture has them too.
class Graph {
  constructor(data, name) {
    this.data = data;
    this.root = html("div", "graph");
    this.plot = html("div");
    const save = html("button", "save", "PNG");
    save.type = "button";
    save.setAttribute("aria-label", `${data.title} as PNG`);
    save.addEventListener("click", () => savePicture(this.plot.querySelector("svg"), name));
    this.root.append(this.plot, save);
  }

  draw() {
    const width = this.root.clientWidth;
    if (!width) return;
    const scale = Number(getComputedStyle(this.root).getPropertyValue("--lecture")) || 1;
    const ticks = this.data.y.ticks.map(([, text]) => text.length);
    const left = (28 + 8.5 * Math.max(0, ...ticks)) * scale;
    const legend = this.legendRows(width - 12, scale);
    const top = (26 + 22 * legend.length) * scale + 10;
    const height = 170 * scale;
    this.area = { left, top, width: width - left - 14, height };
    const whole = top + height + 50 * scale;
    const picture = svg("svg", { height: whole, viewBox: `0 0 ${width} ${whole}`, role: "img", "aria-label": this.data.title });
    picture.append(svg("text", { class: "graph-title", x: 2, y: 16 * scale }, this.data.title));
    this.drawLegend(picture, legend, scale);
    this.drawAxes(picture, scale);
    this.shapes = this.data.curves.map((curve) => this.addCurve(picture, curve));
    this.plot.replaceChildren(picture);
  }

  // The names of the curves in as many rows as they need.
  legendRows(width, scale) {
    const rows = [[]];
    let used = 0;
    for (const curve of this.data.curves) {
      const needed = (44 + 8.4 * curve.name.length) * scale;
      if (used && used + needed > width) {
        rows.push([]);
        used = 0;
      }
      rows.at(-1).push({ curve, x: used + 2 });
      used += needed;
    }
    return rows;
  }

  drawLegend(picture, rows, scale) {
    rows.forEach((row, i) => {
      const y = (38 + 22 * i) * scale;
      for (const { curve, x } of row) {
        const line = { class: "swatch", x1: x, x2: x + 24, y1: y - 5, y2: y - 5, "stroke-dasharray": SHORT_DASHES[curve.dash] };
        picture.append(
          paint(svg("line", line), curve.colour),
          paint(svg("text", { class: "end", x: x + 30, y }, curve.name), curve.colour),
        );
      }
    });
  }

  drawAxes(picture, scale) {
    const { left, top, width, height } = this.area;
    const bottom = top + height;
    for (const [value, text] of this.data.y.ticks) {
      const y = this.y(value);
      picture.append(
        svg("line", { class: "grid", x1: left, x2: left + width, y1: y, y2: y }),
        svg("text", { x: left - 6, y: y + 5, "text-anchor": "end" }, text),
      );
    }
    picture.append(svg("line", { class: "grid", x1: left, x2: left + width, y1: bottom, y2: bottom }));
    for (const [value, text] of this.data.x.ticks) {
      picture.append(svg("text", { x: this.x(value), y: bottom + 19 * scale, "text-anchor": "middle" }, text));
    }
    for (const [value, name] of this.data.lines) {
      const x = this.x(value);
      const after = x < left + width / 2 + 1;
      picture.append(
        svg("line", { class: "mark-line", x1: x, x2: x, y1: top, y2: bottom }),
        svg("text", { class: "mark-name", x: x + (after ? 6 : -6), y: top + 13, "text-anchor": after ? "start" : "end" }, name),
      );
    }
    const at = `translate(${13 * scale} ${top + height / 2}) rotate(-90)`;
    picture.append(
      svg("text", { transform: at, "text-anchor": "middle" }, this.data.y.title),
      svg("text", { x: left + width / 2, y: bottom + 42 * scale, "text-anchor": "middle" }, this.data.x.title),
    );
  }

  addCurve(picture, curve) {
    const area = curve.filled ? paint(svg("path", { class: "graph-area" }), curve.colour) : null;
    const line = paint(svg("path", { class: "line", "stroke-dasharray": SHORT_DASHES[curve.dash] }), curve.colour);
    const dot = curve.dots.length ? paint(svg("circle", { class: "dot", r: 9 }), curve.colour) : null;
    if (area) picture.append(area);
    picture.append(line);
    if (dot) picture.append(dot);
    return { curve, area, line, dot };
  }

  x(value) {
    const [low, high] = this.data.x.range;
    return this.area.left + (this.area.width * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  }

  y(value) {
    const [low, high] = this.data.y.range;
    return this.area.top + this.area.height * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low));
  }

  show(index) {
    if (!this.shapes) return;
    for (const { curve, area, line, dot } of this.shapes) {
      const y = curve.y[Math.min(index, curve.y.length - 1)];
      let [path, pen] = ["", "M"];
      curve.x.forEach((x, i) => {
        if (x === null || y[i] === null) return void (pen = "M");
        path += `${pen}${this.x(x).toFixed(1)} ${this.y(y[i]).toFixed(1)}`;
        pen = "L";
      });
      line.setAttribute("d", path);
      const ground = this.area.top + this.area.height;
      if (area) area.setAttribute("d", path && `${path}V${ground}H${this.x(curve.x[0])}Z`);
      if (!dot) continue;
      const [at, high] = curve.dots[index];
      dot.setAttribute("visibility", at === null || high === null ? "hidden" : "visible");
      if (at === null || high === null) continue;
      dot.setAttribute("cx", this.x(at));
      dot.setAttribute("cy", this.y(high));
    }
  }
}

const SHORT_DASHES = { solid: "", dashed: "8 6", dotted: "2 6" };
