// A caption as a strip of words, each with its map over the picture; the chosen word's maps large
// below. Put behind live_slider_plot.js, whose helpers it uses; text goes in by textContent only.
const SEND_AFTER_MS = 250;
const THUMB = 76;

export default (component) => mounted(component, Words);

function canvas(width, height) {
  const node = document.createElement("canvas");
  Object.assign(node, { width, height });
  return node;
}

class Words {
  constructor(root) {
    this.root = root;
    this.turn = null;
  }

  destroy() {
    clearTimeout(this.timer);
    views.delete(this.root);
  }

  update(data, send) {
    this.send = send;
    if (this.turn !== data.turn) {
      this.turn = data.turn;
      this.at = data.start - 1;
    }
    const text = JSON.stringify(data);
    if (text === this.drawn) return;
    this.drawn = text;
    this.data = data;
    this.at = Math.min(this.at, data.words.length - 1);
    this.load().then(() => this.drawn === text && this.build());
  }

  async load() {
    [this.picture, this.empty] = await Promise.all(
      [this.data.picture, this.data.empty].map(async (text) => {
        const image = new Image();
        image.src = imageSource(text);
        await image.decode();
        return image;
      }),
    );
    const { naturalWidth: w, naturalHeight: h } = this.picture;
    this.grey = canvas(w, h);
    const pen = this.grey.getContext("2d");
    pen.drawImage(this.picture, 0, 0);
    const pixels = pen.getImageData(0, 0, w, h);
    for (let i = 0; i < pixels.data.length; i += 4) {
      const grey = 0.299 * pixels.data[i] + 0.587 * pixels.data[i + 1] + 0.114 * pixels.data[i + 2];
      pixels.data.fill(grey, i, i + 3);
    }
    pen.putImageData(pixels, 0, 0);
  }

  build() {
    const { words, maps, direction, gone } = this.data;
    const strip = html("div", "strip-of-words");
    strip.dir = direction;
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", this.data.label);
    this.buttons = words.map((word, i) => this.button(strip, word, i));
    const panels = html("div", "panels");
    this.panels = maps.map((map) => this.panel(panels, map.title, map.colour));
    if (gone.length) this.without = this.panel(panels, this.data.goneTitle, this.data.goneColour);
    const figures = html("div", "figures");
    this.numbers = this.data.figures.map((figure) => {
      const card = paint(html("div", "figure"), figure.colour);
      const number = html("div", "number");
      const note = html("div", "moved");
      for (const node of [number, note]) node.dir = "auto";
      card.append(html("div", "what", figure.label), number, note);
      figures.append(card);
      return { number, note };
    });
    this.root.classList.toggle("beside", maps.length === 1 && !this.data.figures.length);
    this.root.replaceChildren(strip, panels, figures);
    this.show();
  }

  button(strip, word, i) {
    const button = html("button", "word");
    button.type = "button";
    const { naturalWidth: w, naturalHeight: h } = this.picture;
    const scale = THUMB / Math.max(w, h);
    const picture = canvas(Math.round(2 * w * scale), Math.round(2 * h * scale));
    picture.style.width = `${w * scale}px`;
    this.overlay(picture, this.data.maps[0].values[i]);
    const text = html("span", "said", word);
    text.dir = "auto";
    button.append(picture, text);
    button.addEventListener("click", () => this.choose(i));
    button.addEventListener("keydown", (event) => this.key(event));
    strip.append(button);
    return button;
  }

  panel(parent, title, colour) {
    const figure = paint(html("figure", "panel"), colour);
    const { naturalWidth: w, naturalHeight: h } = this.picture;
    const picture = canvas(w, h);
    const text = html("span", "text");
    text.dir = "auto";
    const caption = html("figcaption");
    caption.append(html("span", "title", title), text);
    figure.append(picture, caption);
    parent.append(figure);
    return { picture, text, title };
  }

  // The map in colour over the grey picture, enlarged smoothly as the browser does it.
  overlay(target, values) {
    const { rows, columns, table, opacity } = this.data;
    const small = canvas(columns, rows);
    const pen = small.getContext("2d");
    const cells = pen.createImageData(columns, rows);
    const largest = Math.max(...values, 1e-12);
    values.forEach((value, i) => {
      const at = 3 * Math.round((255 * value) / largest);
      cells.data.set([table[at], table[at + 1], table[at + 2], 255], 4 * i);
    });
    pen.putImageData(cells, 0, 0);
    const onto = target.getContext("2d");
    onto.globalAlpha = 1;
    onto.drawImage(this.grey, 0, 0, target.width, target.height);
    onto.globalAlpha = opacity;
    onto.imageSmoothingEnabled = true;
    onto.imageSmoothingQuality = "medium";
    onto.drawImage(small, 0, 0, target.width, target.height);
    onto.globalAlpha = 1;
  }

  emptied(target, cells) {
    const { rows, columns } = this.data;
    const pen = target.getContext("2d");
    const [w, h] = [target.width / columns, target.height / rows];
    pen.drawImage(this.picture, 0, 0);
    for (const cell of cells) {
      const [x, y] = [(cell % columns) * w, Math.floor(cell / columns) * h];
      pen.drawImage(this.empty, x, y, w, h, x, y, w, h);
    }
  }

  show() {
    const { maps, gone, figures, words } = this.data;
    this.buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", i === this.at);
      button.tabIndex = i === this.at ? 0 : -1;
    });
    this.panels.forEach((panel, k) => {
      this.overlay(panel.picture, maps[k].values[this.at]);
      panel.text.textContent = maps[k].texts[this.at];
      panel.picture.setAttribute("role", "img");
      panel.picture.setAttribute("aria-label", `${panel.title}: ${words[this.at]}`);
    });
    if (gone.length) {
      this.emptied(this.without.picture, gone[this.at]);
      this.without.text.textContent = this.data.goneTexts[this.at];
    }
    figures.forEach((figure, k) => {
      this.numbers[k].number.textContent = figure.texts[this.at];
      this.numbers[k].note.textContent = figure.notes[this.at];
    });
  }

  choose(i) {
    this.at = i;
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send("value", { at: i + 1, turn: this.turn }), SEND_AFTER_MS);
  }

  key(event) {
    const on = this.data.direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = this.data.direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    const last = this.buttons.length - 1;
    const to = { [on]: this.at + 1, [back]: this.at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(Math.min(last, Math.max(0, to)));
    this.buttons[this.at].focus();
  }
}
