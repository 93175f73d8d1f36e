// Names and roles that Streamlit (tried: 1.67) leaves out, and the buttons below a chart's title.
(() => {
  if (window.trustaiLook) return;
  window.trustaiLook = true;

  // The menu is a list whose sections are no items: axe and screen readers count wrongly.
  const mendMenu = () => {
    for (const list of document.querySelectorAll('ul[data-testid="stSidebarNavItems"]:not([role])')) list.setAttribute("role", "presentation");
    for (const item of document.querySelectorAll('[data-testid="stSidebarNavItems"] li:not([role])')) item.setAttribute("role", "presentation");
  };

  // A formula wider than the page scrolls, by keyboard too.
  const mendFormulas = () => {
    for (const one of document.querySelectorAll(".katex-display:not([tabindex])")) one.setAttribute("tabindex", "0");
  };

  const titleOf = (frame) => {
    const chart = frame.querySelector('[data-testid="stPlotlyChart"]');
    if (chart) return (chart.getAttribute("aria-label") ?? "").replace(/^Chart: /, "");
    if (frame.querySelector('[data-testid="stDataFrame"]')) return "table";
    return [...frame.querySelectorAll("img")].map((one) => one.alt).filter(Boolean).join(" · ");
  };

  // Full screen is one button of many: it says of what, also of a table, and the title stands above.
  const mendFullScreen = () => {
    for (const frame of document.querySelectorAll('[data-testid="stFullScreenFrame"]')) {
      const title = titleOf(frame);
      if (!title) continue;
      for (const button of frame.querySelectorAll('button[aria-label="Fullscreen"]')) button.setAttribute("aria-label", `Full screen: ${title}`);
      const full = getComputedStyle(frame).position === "fixed";
      const shown = full && frame.querySelector("img") ? title : null; // a chart has its own
      if (shown && frame.dataset.trustaiFull !== shown) frame.dataset.trustaiFull = shown;
      if (!shown) delete frame.dataset.trustaiFull;
    }
  };

  // Plotly's button saves what it is told at that moment.
  const saveSvg = (plot, button) => {
    const options = plot._context.toImageButtonOptions;
    plot._context.toImageButtonOptions = { ...options, format: "svg" };
    button.click();
    plot._context.toImageButtonOptions = options;
  };

  const mendCharts = () => {
    for (const plot of document.querySelectorAll(".js-plotly-plot")) {
      const title = titleOf(plot.closest('[data-testid="stFullScreenFrame"]') ?? document.body);
      for (const button of plot.querySelectorAll(".modebar-btn:not([aria-label])")) {
        const name = button.dataset.title === "Fullscreen" ? "Full screen" : button.dataset.title;
        button.setAttribute("role", "button");
        button.setAttribute("tabindex", "0");
        button.setAttribute("aria-label", `${name}: ${title}`);
        button.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); button.dispatchEvent(new MouseEvent("click", { bubbles: true })); } });
      }
      // Where a narrow chart has no room for both, its title and legend are seen until the chart is pointed at.
      const words = plot.querySelector(".gtitle")?.getBoundingClientRect();
      const bar = plot.querySelector(".modebar")?.getBoundingClientRect();
      const legend = plot.querySelector(".legend")?.getBoundingClientRect();
      const under = (one) => one && bar && bar.left < one.right && one.top < bar.bottom;
      if (bar) plot.classList.toggle("trustai-crowded", Boolean(under(words) || under(legend)));
      const png = plot.querySelector('.modebar-btn[data-title*="PNG"]');
      if (!png || plot.querySelector(".trustai-svg")) continue;
      const svg = png.cloneNode(false);
      svg.classList.add("trustai-svg");
      svg.dataset.title = "Download plot as an SVG";
      svg.setAttribute("aria-label", `Download plot as an SVG: ${title}`);
      svg.textContent = "SVG";
      svg.addEventListener("click", () => saveSvg(plot, png));
      svg.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); saveSvg(plot, png); } });
      png.after(svg);
    }
  };

  let waiting = false;
  const mend = () => { waiting = false; mendMenu(); mendFormulas(); mendFullScreen(); mendCharts(); };
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(mend);
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "alt"] });
  mend();
})();
