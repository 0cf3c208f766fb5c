// The page's own script: theme, keys, copying, and refreshing from the event stream. The pages work without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Theme. Set before anything is drawn, so that nothing flashes.
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = (theme) => { if (theme) root.dataset.theme = theme; };
  apply(chosen());
  const toggleTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    apply(dark ? "light" : "dark");
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* storage is off: the choice lasts for this page */ }
  };

  // Make an element like another one in place, so that focus, selection, scroll and open details stay.
  const keyOf = (node) => node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const attributes = (old, fresh) => {
    const state = old.nodeName === "DETAILS" ? ["open"] : [];
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !state.includes(name) && name !== "hidden") old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes]) {
      if (!state.includes(name) && name !== "hidden" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };
  const morph = (old, fresh) => {
    if (old.nodeType !== 1) { if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue; return; }
    attributes(old, fresh);
    let place = old.firstChild;
    const coming = [...fresh.childNodes];
    while (coming.length) {
      const next = coming.shift();
      let match = place;
      while (match && !alike(match, next)) match = match.nextSibling;
      // What stands before it and is gone is taken out first: the match stays in its place, and so do its focus and what is typed.
      const isGone = (node) => node.nodeType !== 1 || !coming.some((each) => alike(node, each));
      while (match && match !== place && isGone(place)) { const gone = place; place = place.nextSibling; gone.remove(); }
      if (match && (match === place || keyOf(next))) {
        if (match !== place) old.insertBefore(match, place); else place = place.nextSibling;
        morph(match, next);
      } else {
        old.insertBefore(document.importNode(next, true), place);
      }
    }
    while (place) { const gone = place; place = place.nextSibling; gone.remove(); }
  };

  // Fetch this view again and bring what is marked as live up to date.
  let busy = false, again = false;
  const connected = (yes) => { const cut = document.getElementById("cut"); if (cut) cut.hidden = yes; };
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) { connected(false); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const next of fresh.querySelectorAll("[data-live]")) {
        const old = document.getElementById(next.id);
        if (old) morph(old, next);
      }
      connected(true);
      prepare(document);
    } catch { connected(false); } finally {
      busy = false;
      if (again) { again = false; soon(); }
    }
  };
  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(refresh, 300); };
  const listen = () => {
    const source = new EventSource(document.body.dataset.events);
    source.onmessage = soon;
    source.onopen = () => connected(true);
    source.onerror = () => connected(false);
    addEventListener("pagehide", () => source.close());
    // Use and cost change without a record; a hidden tab asks for nothing.
    setInterval(() => { if (!document.hidden) soon(); }, 30000);
    // So do the measures of a rollout, between its steps.
    setInterval(() => { if (!document.hidden && document.querySelector("[data-moving]")) soon(); }, 3000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  };

  // Copying.
  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1200);
  };

  // Rows by keyboard.
  let row = null;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((each) => each.offsetParent !== null);
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const place = all.indexOf(row);
    const next = place < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(place + step, 0), all.length - 1);
    if (row) row.classList.remove("at-hand");
    row = all[next];
    row.classList.add("at-hand");
    const open = row.querySelector("[data-open]") || row.querySelector("a, summary, button");
    if (open) open.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  let leader = false;
  const goTo = { f: "/", c: "/cost", e: "/anomalies", i: "/incidents", p: "/policy", j: "/journal" };
  const press = {
    "/": () => { const field = document.getElementById("search"); field?.focus(); field?.select(); },
    j: () => move(1),
    k: () => move(-1),
    t: toggleTheme,
    y: () => { const button = document.querySelector(".elsewhere .copy"); if (button) copy(button); },
    "?": () => document.getElementById("help")?.showModal(),
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea, dialog");
    const asking = event.key === "Escape" && event.target.closest(".acts details[open]");
    if (asking) { asking.open = false; asking.querySelector("summary").focus(); return; }
    if (typing) { if (event.key === "Escape" && event.target.id === "search") event.target.blur(); return; }
    const went = leader && goTo[event.key];
    leader = !leader && event.key === "g";
    if (went) { location.assign(went); return; }
    if (press[event.key]) { event.preventDefault(); press[event.key](); }
  };

  // Buttons that need this script are hidden until it runs.
  const prepare = (part) => {
    for (const button of part.querySelectorAll(".copy[hidden], #theme[hidden], #help-open[hidden]")) button.hidden = false;
  };

  document.addEventListener("DOMContentLoaded", () => {
    prepare(document);
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.copy !== undefined) copy(button);
      if (button.id === "theme") toggleTheme();
      if (button.id === "help-open") press["?"]();
    });
    for (const select of document.querySelectorAll("select[data-submit]")) {
      select.addEventListener("change", () => select.form.requestSubmit());
    }
    document.getElementById("filters")?.addEventListener("submit", (event) => {
      // Only what is chosen stands in the address.
      for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
    });
    addEventListener("pageshow", () => { for (const field of document.querySelectorAll("#filters [name]")) field.disabled = false; });
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
    if (document.body.dataset.events) listen();
  });
})();
