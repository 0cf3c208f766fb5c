// Draws the charts of a page: each <figure class="chart"> holds its Vega-Lite specification as JSON, a place to draw in and
// a table of the same figures. Nothing is fetched and nothing is evaluated; what fails leaves the table open.
import { vegaEmbed } from "./vega.js";

const NARROW = 480;
const refuse = { load: () => Promise.reject(new Error("charts load nothing")), sanitize: () => Promise.reject(new Error("no links")) };

// The page's own colours in place of the light ones, as the theme says now.
const recoloured = (value, colours) => {
  if (typeof value === "string") return colours.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each) => recoloured(each, colours));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, recoloured(each, colours)]));
};
const coloursOf = (figure, tokens) => {
  const probe = figure.appendChild(document.createElement("span"));
  const found = new Map();
  for (const [light, token] of Object.entries(tokens)) {
    probe.style.color = `var(${token}, ${light})`;
    found.set(light, getComputedStyle(probe).color);
  }
  probe.remove();
  return found;
};

// What the pointer or the keyboard is on, in words.
const tipOf = (figure) => {
  let tip = figure.querySelector(".chart-tip");
  if (!tip) {
    tip = figure.appendChild(document.createElement("div"));
    tip.className = "chart-tip";
    tip.setAttribute("role", "status");
    tip.hidden = true;
  }
  return tip;
};
const tell = (figure, value, x, y) => {
  const tip = tipOf(figure);
  tip.hidden = value === null || value === undefined || value === "";
  if (tip.hidden) return;
  const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
  const list = document.createElement("dl");
  for (const [name, text] of rows) {
    list.appendChild(document.createElement("dt")).textContent = name;
    list.appendChild(document.createElement("dd")).textContent = String(text);
  }
  tip.replaceChildren(list);
  const box = figure.getBoundingClientRect();
  tip.style.left = "0";
  tip.style.left = `${Math.max(0, Math.min(x - box.left + 12, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${y - box.top + 12}px`;
};

// Arrow keys walk from mark to mark, Home and End to the first and the last, Escape out of it.
const marksOf = (place) => [...place.querySelectorAll('svg [role="graphics-symbol"][aria-label]')].filter((mark) => mark.__data__?.tooltip);
const walk = (figure, place) => (event) => {
  const marks = marksOf(place);
  const at = marks.indexOf(document.activeElement);
  const last = marks.length - 1;
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
  if (event.key === "Escape") { tell(figure, null); place.focus(); return; }
  if (to === undefined || last < 0) return;
  event.preventDefault();
  const mark = marks[Math.max(0, Math.min(to, last))];
  mark.setAttribute("tabindex", "-1");
  mark.focus();
  const box = mark.getBoundingClientRect();
  tell(figure, mark.__data__.tooltip, box.right, box.top);
};

const draw = async (figure) => {
  const place = figure.querySelector(".chart-place");
  const given = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const spec = recoloured(given, coloursOf(figure, given.usermeta.tokens));
  if (place.clientWidth < NARROW) {
    spec.config.axisY = { ...spec.config.axisY, labelLimit: 84 };
    spec.config.legend = { ...spec.config.legend, columns: 2 };
  }
  const result = await vegaEmbed(place, spec, {
    mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false, loader: refuse,
    tooltip: (_, event, item, value) => tell(figure, event ? value : null, event?.clientX, event?.clientY),
  });
  const svg = place.querySelector("svg");
  svg.setAttribute("aria-label", given.description);
  return result.view;
};

const start = (figure) => {
  const place = figure.querySelector(".chart-place");
  let view = null, width = 0, drawing = Promise.resolve();
  const again = () => {
    drawing = drawing.then(async () => {
      const fresh = await draw(figure);
      view?.finalize();
      view = fresh;
      width = place.clientWidth;
      if (!figure.classList.contains("drawn")) {
        figure.classList.add("drawn");
        figure.querySelector("details")?.removeAttribute("open");
      }
    }).catch((error) => { figure.classList.remove("drawn"); console.error(`chart ${figure.id}: ${error.message}`); });
  };
  new ResizeObserver(() => { if (place.clientWidth && Math.abs(place.clientWidth - width) > 1) again(); }).observe(place);
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  place.addEventListener("keydown", walk(figure, place));
  figure.addEventListener("focusout", () => tell(figure, null));
};

for (const figure of document.querySelectorAll("figure.chart:has(.chart-place)")) start(figure);
