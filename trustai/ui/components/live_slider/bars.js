// Bars that change with the slider, each beside the height that it should have.
class Bars {
  constructor(data) {
    this.data = data;
    this.root = html("div", "bars");
    this.plot = html("div");
    const legend = html("div", "legend");
    [["bar", data.names[0]], ["wanted", data.names[1]], ["weight", data.names[2]]].forEach(([kind, name]) => {
      const entry = paint(html("span"), data.colour);
      entry.append(html("i", `key ${kind}`), html("span", "", name));
      legend.append(entry);
    });
    this.root.append(html("div", "heading", data.title), legend, this.plot);
  }

  draw() {
    const width = this.root.clientWidth;
    const [left, top, height, low] = [72, 8, 240, 46];
    this.area = { left, top, height, width: Math.min(760, width) - left - 10, low };
    const whole = top + height + low + 58;
    const picture = svg("svg", { height: whole, viewBox: `0 0 ${width} ${whole}`, role: "img", "aria-label": this.data.title });
    this.drawAxes(picture);
    const step = this.area.width / this.data.labels.length;
    this.columns = this.data.labels.map((label, i) => {
      const x = left + i * step;
      const column = {
        bar: svg("rect", { class: "bar", x: x + 2, width: step - 4 }),
        wanted: svg("line", { class: "wanted", x1: x, x2: x + step }),
        weight: svg("rect", { class: "weight", x: x + 2, width: step - 4 }),
      };
      picture.append(paint(column.bar, this.data.colour), column.wanted, column.weight);
      if (label) {
        picture.append(svg("text", { x: x + step / 2, y: top + height + low + 22, "text-anchor": "middle" }, label));
      }
      return column;
    });
    this.plot.replaceChildren(picture);
  }

  drawAxes(picture) {
    const { left, top, height, width, low } = this.area;
    for (let i = 0; i <= 4; i++) {
      const y = top + height * (1 - i / 4);
      picture.append(svg("line", { class: "grid", x1: left, x2: left + width, y1: y, y2: y }));
      picture.append(svg("text", { x: left - 10, y: y + 5, "text-anchor": "end" }, `${25 * i} %`));
    }
    const at = `translate(14 ${top + height / 2}) rotate(-90)`;
    picture.append(
      svg("text", { class: "axis-title", transform: at, "text-anchor": "middle" }, this.data.yTitle),
      svg("text", { class: "axis-title", x: left + width / 2, y: top + height + low + 48, "text-anchor": "middle" },
        this.data.xTitle),
    );
  }

  show(index) {
    if (!this.columns) return;
    const { top, height, low } = this.area;
    const heaviest = Math.max(...this.data.weights[index]) || 1;
    this.columns.forEach(({ bar, wanted, weight }, i) => {
      const share = this.data.heights[index][i];
      const line = this.data.wanted[index][i];
      const tall = height * (share ?? 0);
      bar.setAttribute("y", top + height - tall);
      bar.setAttribute("height", tall);
      wanted.setAttribute("visibility", line === null ? "hidden" : "visible");
      for (const end of ["y1", "y2"]) wanted.setAttribute(end, top + height * (1 - (line ?? 0)));
      weight.setAttribute("y", top + height + 6);
      weight.setAttribute("height", ((low - 8) * this.data.weights[index][i]) / heaviest);
    });
  }
}
