// The pictures nearest to the slider: some at or below its value, some above. The places are built
// once and filled anew, so that nothing jumps.
class Strip {
  constructor(data) {
    this.data = data;
    this.root = html("div", "strip");
    this.below = this.buildSide(data.below);
    this.above = this.buildSide(data.above);
  }

  buildSide(title) {
    const side = html("div", "side");
    const row = html("div", "row");
    row.style.setProperty("--n", this.data.n);
    side.append(html("div", "heading", title), row);
    this.root.append(side);
    return Array.from({ length: this.data.n }, () => this.buildPlace(row));
  }

  buildPlace(row) {
    const figure = html("figure", "pin");
    const frame = html("div", "frame");
    const image = html("img");
    image.draggable = false;
    image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 100));
    frame.append(image);
    const caption = html("figcaption");
    const [text, title] = [html("span", "text"), html("span", "title")];
    caption.append(text, title);
    figure.append(frame, caption);
    row.append(figure);
    return { figure, image, text, title, pin: null };
  }

  show(index, value) {
    const { pins, n } = this.data;
    let first = 0; // of those above
    let last = pins.length;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (pins[middle].at <= value) first = middle + 1;
      else last = middle;
    }
    this.below.forEach((place, i) => this.fill(place, pins[first - n + i]));
    this.above.forEach((place, i) => this.fill(place, pins[first + i]));
  }

  fill(place, pin) {
    if (place.pin === pin) return;
    place.pin = pin;
    place.figure.style.visibility = pin ? "" : "hidden";
    if (!pin) return;
    paint(place.figure, pin.colour);
    place.text.textContent = pin.text;
    place.title.textContent = pin.title;
    const source = imageSource(pin.image);
    place.image.hidden = !source;
    if (source) place.image.src = source;
    place.image.alt = `${pin.title}: ${pin.text}`;
  }
}
