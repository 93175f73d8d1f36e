// The plot as a PNG file, with the styles that it has at this moment written into it.
const PICTURE_STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "font-family", "font-size", "font-weight", "visibility",
];

function standalone(picture, background) {
  const copy = picture.cloneNode(true);
  const { width, height } = picture.getBoundingClientRect();
  const originals = picture.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, i) => {
    const style = getComputedStyle(originals[i]);
    for (const name of PICTURE_STYLES) node.style.setProperty(name, style.getPropertyValue(name));
  });
  copy.setAttribute("xmlns", SVG);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(svg("rect", { width, height, fill: background }));
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function savePicture(picture, name) {
  const background = getComputedStyle(picture).getPropertyValue("--st-background-color").trim();
  const { text, width, height } = standalone(picture, background || "#ffffff");
  const image = new Image();
  image.addEventListener("load", () => {
    const scale = 2; // sharp on a slide
    const canvas = document.createElement("canvas");
    canvas.width = scale * width;
    canvas.height = scale * height;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.drawImage(image, 0, 0, width, height);
    const link = html("a");
    link.href = canvas.toDataURL("image/png");
    link.download = `${name}.png`;
    link.click();
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

function saveButton(view) {
  const button = html("button", "save", view.data.curves.length ? "Curves as PNG" : "Histograms as PNG");
  button.type = "button";
  button.addEventListener("click", () => savePicture(view.plot.querySelector("svg"), view.data.saveAs));
  return button;
}
