/** Starts the page: words, places, map, session; then lets state flow into the views. */

import { App } from "./app.js";
import { preferred, useLanguage } from "./i18n.js";
import { TheatreMap } from "./map.js";
import { begin, leave, look, present, reload, start } from "./session.js";
import { activeAt, digest, get, inOrder, set, subscribe } from "./state.js";
import { dayOf, isActive } from "./time.js";
import { html, render } from "./vendor/htm-preact.js";

const root = /** @type {Element} */ (document.getElementById("app"));
/** @type {TheatreMap | null} */
let map = null;
/** @type {Element | null} */
let target = null;
/** @type {{ picture: Picture | null, facts: import("./state.js").Digest | null }} */
let digested = { picture: null, facts: null };

/** Picks a thing: its card comes into view, the map shows where it is, on its day. @param {Chosen | null} selected */
function select(selected) {
  set({ selected });
  if (!selected) return;
  turnTo(selected.id);
  map?.zoomTo(selected);
  reveal(selected);
}

/** Brings a thing's card into view, in its list that may be folded. @param {Chosen} selected */
function reveal(selected) {
  const card = document.getElementById(`card-${selected.id}`);
  const folded = card?.closest("details");
  if (folded) folded.open = true;
  card?.scrollIntoView({ block: "nearest" });
  return card;
}

/** Goes to the day of a thing that the map leaves out now. @param {string} id */
function turnTo(id) {
  const { clock, days } = get();
  const windows = digested.facts?.windows.get(id);
  if (!windows?.length || !digested.facts || activeAt(digested.facts, id, clock)) return;
  const day = days.find((day) => isActive(windows, { day, quarter: 0, span: "day" }))
    ?? dayOf(Math.min(...windows.map(([start]) => start)));
  set({ days: inOrder([...days, day]), clock: { ...clock, day, span: "day" } });
}

/** Where the map goes. @param {Element | null} element */
function mount(element) {
  target = element;
  if (!element) map = null;
}

/** Makes the map as soon as there are its place, its library and a picture: the lists don't wait for it. */
function unfold() {
  if (map || !target || !("ol" in window)) return;
  map = new TheatreMap(/** @type {HTMLElement} */ (target), pick);
  map.load(get().places);
}

/** A click on the map: the thing's card comes into view, the map stays where it is. @param {Chosen | null} selected */
function pick(selected) {
  set({ selected });
  if (!selected) return;
  /** @type {HTMLElement | null | undefined} */ (reveal(selected)?.querySelector("button.title"))?.focus({ preventScroll: true });
}

/** Goes over to a language, if its words can be had. @param {string} wanted */
async function speak(wanted) {
  try {
    await useLanguage(wanted);
  } catch {
    return set({});  // the choice goes back
  }
  sessionStorage.setItem("antalya.language", wanted);
  set({ language: wanted });
}

const actions = {
  look, speak, leave, present, select, mount,
  retry: () => (get().picture ? reload() : start()),
  layer: (/** @type {string} */ name, /** @type {boolean} */ on) => set({ layers: { ...get().layers, [name]: on } }),
  fit: () => map?.fitAll(),
};

/** @param {import("./state.js").State} state */
function draw(state) {
  if (digested.picture !== state.picture) digested = { picture: state.picture, facts: state.picture && digest(state.picture) };
  const { facts } = digested;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  render(html`<${App} state=${state} facts=${facts} actions=${actions} />`, root);
  if (focused?.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });  // its card was moved
  if (facts) unfold();
  map?.update(state, facts);
  const asked = state.picture?.asks.filter((a) => a.of === state.picture?.viewer.party && a.state === "open").length;
  document.title = asked ? `(${asked}) Antalya` : "Antalya";
  const ready = String(Boolean(facts && map));
  if (ready === "true" && document.documentElement.dataset.ready !== ready) performance.mark("antalya-ready");
  document.documentElement.dataset.ready = ready;
}

/** 1, 2, 3 …: look as that viewer; Escape: nothing is chosen. @param {KeyboardEvent} event */
function key(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input[type=text], input[type=password], textarea, select")) return;
  const viewer = get().viewers[Number(event.key) - 1];
  if (viewer) look(viewer.id);
  else if (event.key === "Escape") set({ selected: null });
}

document.addEventListener("keydown", key);
const words = Promise.all([fetch("/static/data/places.json").then((r) => r.json()), useLanguage(preferred())]);
const [places] = await words.catch(() => []);
if (places) {
  root.replaceChildren();
  set({ places, language: document.documentElement.lang });
  subscribe(draw);
  document.getElementById("map-library")?.addEventListener("load", () => draw(get()));
  await begin();
} else root.textContent = "The exchange does not answer. Nothing is cleared. Load the page again.";  // there are no other words yet
