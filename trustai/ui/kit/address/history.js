// One step of the user is one entry of the browser's history. Streamlit (tried: 1.67) replaces the
// entry when a bound widget changes, so Back would leave the page; and it pushes one more entry when
// the server corrects an address, so Back would lead to the address before its correction.
(() => {
  if (window.trustaiHistory) return;
  window.trustaiHistory = true;
  const { pushState, replaceState } = window.history;
  let acted = false; // since the last entry
  const act = (event) => { acted ||= event.isTrusted; };
  for (const kind of ["pointerdown", "keydown", "change"]) window.addEventListener(kind, act, true);
  window.addEventListener("popstate", () => { acted = false; }, true);
  const write = (state, title, url) => {
    const there = new URL(url ?? "", window.location.href).href;
    const step = acted && there !== window.location.href;
    if (step) acted = false;
    (step ? pushState : replaceState).call(window.history, state, title, url);
  };
  window.history.pushState = write;
  window.history.replaceState = write;
})();
