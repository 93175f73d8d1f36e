function evenRows(count, fitting) {
  // Columns such that the rows are of equal length: of 10 with room for 9, two rows of 5.
  return Math.max(1, Math.ceil(count / Math.ceil(count / Math.max(1, fitting))));
}

// Pictures that change with the slider: one image and one text per value.
class Films {
  constructor(films) {
    this.films = films.map((film) => this.build(film));
    this.root = html("div", "films");
    for (const film of this.films) this.root.append(film.figure);
  }

  build(film) {
    const figure = paint(html("figure", "film"), film.colour);
    const image = html("img");
    image.draggable = false;
    image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < 100));
    const frame = html("div", "frame");
    frame.append(image);
    const text = html("span", "text");
    text.dir = "auto"; // a sentence may be Persian
    const caption = html("figcaption");
    caption.append(html("span", "title", film.title), text);
    figure.append(frame, caption);
    return { ...film, figure, image, text };
  }

  show(index) {
    for (const { title, images, texts, image, text } of this.films) {
      const source = imageSource(images[index]);
      if (source && image.src !== source) image.src = source;
      image.alt = `${title}: ${texts[index]}`;
      text.textContent = texts[index];
    }
  }
}
