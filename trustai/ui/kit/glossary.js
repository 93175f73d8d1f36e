// Terms of the glossary: a dotted underline where a view uses one first, and its hint. React owns the
// page: a text is only split, never moved, and what is put between is taken away before React's text
// changes. It never reads the page, so nothing of it is lost.
(() => {
  if (window.trustaiTerms) return;
  window.trustaiTerms = true;
  const TERMS = TRUSTAI_TERMS;
  const SKIP = "a, button, label, code, pre, summary, h1, h2, h3, h4, h5, h6, input, textarea, .katex, " +
    "[role=button], [role=radio], [role=option], [role=tab], [data-testid=stWidgetLabel], " +
    "[data-testid=stMetric], [data-testid=stTooltipContent], .st-key-glossary";
  const PROSE = "[data-testid=stMain] :is([data-testid=stMarkdownContainer], [data-testid=stCaptionContainer])";
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const forms = TERMS.flatMap((term) => term.forms.map((form) => [form, term]));
  forms.sort((a, b) => b[0].length - a[0].length); // the longest form wins
  const byForm = new Map(forms.map(([form, term]) => [form.toLowerCase(), term]));
  const words = new RegExp(`(?<=^|[^\\w/-])(${forms.map(([form]) => escaped(form)).join("|")})(e?s)?(?![\\w/-])`, "gi");
  // An abbreviation is written in capitals; "shap" or "lime" alone is another word.
  const written = (found, term) => {
    const form = term.forms.find((one) => one.toLowerCase() === found.toLowerCase());
    return !/[A-Z].*[A-Z]/.test(form) || found === form;
  };

  const tip = document.createElement("div");
  tip.id = "trustai-hint";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const style = document.createElement("style");
  style.textContent = `
    .trustai-term { text-decoration: underline dotted; text-underline-offset: 0.2em; cursor: help; border-radius: 2px; }
    .trustai-term:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    #trustai-hint {
      position: fixed; z-index: 1000000; width: max-content; max-width: min(24rem, calc(100vw - 1rem));
      padding: 0.6rem 0.8rem; border-radius: 0.5rem; font-size: 0.95rem; line-height: 1.4;
      box-shadow: 0 2px 12px rgb(0 0 0 / 35%);
    }
    #trustai-hint b { display: block; }`;
  document.head.append(style);

  let shown = null;
  const show = (node) => {
    const term = byForm.get(node.dataset.form);
    const app = getComputedStyle(document.querySelector(".stApp"));
    // The page's colours the other way round: the hint stands out in both themes.
    Object.assign(tip.style, { color: app.backgroundColor, background: app.color, fontFamily: app.fontFamily });
    const name = document.createElement("b");
    name.textContent = term.name;
    tip.replaceChildren(name, term.text);
    tip.hidden = false;
    const box = node.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8));
    const below = box.bottom + 6 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - 6 - tip.offsetHeight)}px`;
    shown?.removeAttribute("aria-describedby");
    node.setAttribute("aria-describedby", tip.id);
    shown = node;
  };
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    tip.hidden = true;
    shown = null;
  };
  const at = (event) => event.target.closest?.(".trustai-term");
  document.addEventListener("mouseover", (event) => {
    if (at(event)) show(at(event));
    else if (shown !== document.activeElement && !tip.contains(event.target)) hide();
  });
  document.addEventListener("focusin", (event) => at(event) && show(at(event)));
  document.addEventListener("focusout", (event) => at(event) && hide());
  document.addEventListener("click", (event) => (at(event) ? show(at(event)) : hide()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, true);

  const marked = (text, match) => {
    const node = document.createElement("span");
    node.className = "trustai-term";
    node.setAttribute("role", "button");
    node.tabIndex = 0;
    node.dataset.form = match[1].toLowerCase();
    node.textContent = match[0];
    return node;
  };
  // React's text node keeps what is before the term; the term and the rest stand behind it.
  const mark = (text, used) => {
    words.lastIndex = 0;
    for (const match of text.data.matchAll(words)) {
      const term = byForm.get(match[1].toLowerCase());
      if (used.has(term.name) || !written(match[1], term)) continue;
      used.add(term.name);
      const rest = document.createTextNode(text.data.slice(match.index + match[0].length));
      const node = marked(text, match);
      node.trustaiOf = text;
      rest.trustaiOf = text;
      text.after(node, rest);
      text.data = text.data.slice(0, match.index);
      mark(rest, used);
      return;
    }
  };
  const restore = () => {
    for (const node of [...document.querySelectorAll(".trustai-term")].reverse()) {
      const text = node.trustaiOf;
      const rest = node.nextSibling;
      const whole = text.isConnected && text.nextSibling === node && rest?.trustaiOf === text;
      if (whole && !text.trustaiNew) text.data += node.textContent + rest.data;
      if (rest?.trustaiOf === text) rest.remove();
      node.remove();
    }
  };
  const texts = () => {
    const found = [];
    for (const block of document.querySelectorAll(PROSE)) {
      if (block.closest(SKIP) || block.closest("details:not([open])")) continue;
      const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (!node.parentElement.closest(SKIP) && node.data.trim()) found.push(node);
      }
    }
    return found;
  };
  // A text that React has written anew: what stands behind it belongs to the old one, and goes before
  // anybody sees both.
  const renew = (text) => {
    text.trustaiNew = true;
    while (text.nextSibling?.trustaiOf) text.nextSibling.remove();
  };
  const observer = new MutationObserver((changes) => {
    const pages = changes.filter((change) => !tip.contains(change.target));
    for (const change of pages) if (change.type === "characterData") renew(change.target);
    if (pages.length) later();
  });
  const watch = () => observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  let timer = null;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, 250);
  };
  const run = () => {
    if (document.activeElement?.classList.contains("trustai-term")) return later(); // not under the user's hands
    observer.disconnect();
    restore();
    const used = new Set();
    for (const text of texts()) {
      text.trustaiNew = false;
      mark(text, used);
    }
    if (shown && !shown.isConnected) hide();
    watch();
  };
  document.addEventListener("toggle", later, true); // what was folded can be read now
  run();
})();
