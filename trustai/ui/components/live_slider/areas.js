// Histograms over the slider's axis: pale all along, full where the slider has passed, and the words
// that say what the two sides are.
const HEAD = 40; // above a ridge, for the names of the marks

class Areas {
  constructor({ areas, ridge, sides }) {
    Object.assign(this, { areas, ridge, sides });
    this.passed = null;
    this.sideWords = [];
  }

  height(wide) {
    return this.ridge ? Math.max(wide ? 220 : 180, 28 * this.areas.length + HEAD) : 0;
  }

  draw(picture, plot, wide) {
    const { left, width, top, height } = plot.area;
    this.limits = { left, right: left + width };
    this.sideWords = (this.sides || []).map((word, i) =>
      svg("text", { class: "side", y: top - 16, "text-anchor": i ? "start" : "end" }, word));
    this.passed = null;
    if (!this.areas.length) return;
    this.passed = svg("rect", { x: left, y: 0, width: 0, height: top + height });
    const clip = svg("clipPath", { id: "passed" });
    clip.append(this.passed);
    picture.append(clip);
    const step = (height - HEAD) / this.areas.length;
    this.areas.forEach((area, i) => {
      const line = top + HEAD + step * (i + 1);
      const largest = Math.max(...area.heights) || 1;
      const y = this.ridge ? (h) => line - 1.5 * step * Math.sqrt(h / largest) : (h) => plot.y(h);
      const shape = this.path(area, plot, y, this.ridge ? line : top + height);
      picture.append(
        paint(svg("path", { class: "area", d: shape }), area.colour),
        paint(svg("path", { class: "area passed", d: shape, "clip-path": "url(#passed)" }), area.colour),
      );
      if (this.ridge) picture.append(this.name(area, left + width + 14, line, wide));
    });
  }

  name(area, x, y, wide) {
    const most = wide ? 26 : 13;
    const lines = [""]; // two at most
    for (const word of area.name.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (longer.length <= most || lines.length > 1 || !lines[0]) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    const text = paint(svg("text", { class: wide ? "end" : "end small" }), area.colour);
    lines.forEach((line, i) => {
      const shown = line.length > most ? `${line.slice(0, most - 1)}…` : line;
      text.append(svg("tspan", { x, y: y - 13 * (lines.length - 1 - i) }, shown));
    });
    return text;
  }

  path(area, plot, y, ground) {
    const { values } = plot.data;
    const inside = (value) => plot.x(Math.min(values[values.length - 1], Math.max(values[0], value)));
    let path = "";
    area.heights.forEach((height, i) => {
      const [from, to] = [inside(area.edges[i]), inside(area.edges[i + 1])];
      if (to <= from) return;
      path += `${path ? "L" : `M${from.toFixed(1)} ${ground}L`}${from.toFixed(1)} ${y(height).toFixed(1)}`;
      path += `L${to.toFixed(1)} ${y(height).toFixed(1)}`;
    });
    return path && `${path}L${inside(area.edges.at(-1)).toFixed(1)} ${ground}Z`;
  }

  words() {
    return this.sideWords;
  }

  show(x) {
    if (this.passed) this.passed.setAttribute("width", Math.max(0, x - this.limits.left));
    this.sideWords.forEach((word, i) => {
      const space = i ? this.limits.right - x : x - this.limits.left;
      word.setAttribute("x", i ? x + 10 : x - 10);
      word.setAttribute("visibility", space > 9 * word.textContent.length ? "visible" : "hidden");
    });
  }
}
