/** The day: a slider of quarters of an hour, and a lane for each operation under it. Time runs left to right in every language. */

import { html } from "./vendor/htm-preact.js";
import { language, t } from "./i18n.js";
import { get, quarterOf, set } from "./state.js";
import { slot } from "./style.js";
import { DAY, QUARTER, at, date, dayOf, hm } from "./time.js";

const LAST = DAY / QUARTER - 1;
const MOST_LANES = 40;
const SPANS = /** @type {const} */ (["moment", "day", "all"]);
/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest */

/** @param {Partial<State["clock"]>} change */
const turn = (change) => set({ clock: { ...get().clock, ...change } });

/** @param {{ state: State, facts: Digest, select: (s: Chosen) => void }} props */
export function Timeline({ state, facts, select }) {
  const { clock, days } = state;
  const moment = clock.day + clock.quarter * QUARTER;
  const words = clock.span === "moment" ? `${hm(moment)} UTC` : t(`time.${clock.span}`);
  const i = days.indexOf(clock.day);
  const go = (/** @type {number} */ step) => turn({ day: days[i + step] });
  return html`<section class="time" aria-label=${t("time.title")}>
    <div class="time-bar">
      <div class="day">
        <button type="button" disabled=${i <= 0} onClick=${() => go(-1)} aria-label=${t("time.before")}>‹</button>
        <span class="date">${date(clock.day, language(), true)}</span>
        <button type="button" disabled=${i >= days.length - 1} onClick=${() => go(1)} aria-label=${t("time.after")}>›</button>
      </div>
      <output class="moment" for="moment">${words}</output>
      <fieldset class="span"><legend class="hidden">${t("time.span")}</legend>${SPANS.map((span) => html`<label class="check" key=${span}>
        <input type="radio" name="span" value=${span} checked=${clock.span === span} onChange=${() => turn({ span })} /> ${t(`time.${span}`)}</label>`)}</fieldset>
      <button type="button" class="plain" onClick=${() => now(state)}>${t("time.now")}</button>
    </div>
    <div class="lanes" dir="ltr">
      <div class="lane-head"></div>
      <div class="slide ${clock.span === "moment" ? "" : "off"}">
        <input type="range" id="moment" min="0" max=${LAST} step="1" value=${clock.quarter} aria-label=${t("time.slider")}
          aria-valuetext=${words} onInput=${(/** @type {any} */ e) => turn({ quarter: Number(e.target.value), span: "moment" })} />
        <div class="hours" aria-hidden="true">${[0, 3, 6, 9, 12, 15, 18, 21].map((h) => html`<span>${String(h).padStart(2, "0")}</span>`)}</div>
      </div>
      <div class="lane-scroll">${lanes(state, facts, select)}</div>
    </div>
  </section>`;
}

/** The slider at the exchange's own present. @param {State} state */
function now(state) {
  const present = at(state.picture?.now);
  turn({ day: state.days.includes(dayOf(present)) ? dayOf(present) : state.clock.day, quarter: quarterOf(present), span: "moment" });
}

/** @param {State} state @param {Digest} facts @param {(s: Chosen) => void} select */
function lanes(state, facts, select) {
  const { clock } = state;
  const today = (/** @type {string} */ id) => (facts.windows.get(id) ?? []).filter(([a, b]) => a < clock.day + DAY && Math.max(b, a + 1) > clock.day);
  const rows = [];
  for (const view of facts.sorted) {
    if (rows.length === MOST_LANES) break;
    const windows = today(view.id);
    if (windows.length) rows.push(lane(state, facts, view, windows, select));
  }
  const found = facts.open.filter((f) => today(f.id).length).slice(0, 200);
  if (!rows.length && !found.length) return html`<p class="quiet">${t("time.nothing")}</p>`;
  const findings = found.length ? html`<div class="lane">
    <span class="lane-name">${t("findings.title")}</span>
    <svg class="track" viewBox="0 0 1440 20" preserveAspectRatio="none" aria-hidden="true">
      ${cursor(clock)}${found.flatMap((f) => today(f.id).map((w) => bar(w, clock, `severity-bar ${f.severity} ${f.settled ? "settled" : ""} ${chosen(state, f.id)}`, () => select({ kind: "finding", id: f.id }))))}
    </svg></div>` : "";
  return html`${findings}${rows}`;
}

/** @param {State} state @param {string} id */
const chosen = (state, id) => (state.selected?.id === id ? "chosen" : "");

/** @param {State} state @param {Digest} facts @param {OperationView} view @param {[number, number][]} windows @param {(s: Chosen) => void} select */
function lane(state, facts, view, windows, select) {
  const full = view.level === "details";
  const party = full ? view.operation.party : view.party;
  const words = (full && view.operation.title) || t(`activity.${full ? view.operation.activity : view.activity}`);
  const look = `ink-${slot(facts.order, party)} ${full ? "full" : "envelope"} ${chosen(state, view.id)}`;
  return html`<div class="lane" key=${view.id}>
    <span class="lane-name" title=${words}><b>${party}</b> <bdi>${words}</bdi></span>
    <svg class="track" viewBox="0 0 1440 20" preserveAspectRatio="none" aria-hidden="true">
      ${cursor(state.clock)}${windows.map((w) => bar(w, state.clock, look, () => select({ kind: "operation", id: view.id })))}
    </svg></div>`;
}

/** @param {[number, number]} window @param {State["clock"]} clock @param {string} look @param {() => void} click */
function bar([start, end], clock, look, click) {
  const [from, until] = [Math.max(0, (start - clock.day) / 60_000), Math.min(1440, (end - clock.day) / 60_000)];
  return html`<rect class="bar ${look}" x=${from} y="3" width=${Math.max(4, until - from)} height="14" onClick=${click} />`;
}

/** @param {State["clock"]} clock */
const cursor = (clock) => (clock.span !== "moment" ? "" : html`<rect class="cursor" x=${clock.quarter * 15 - 1} y="0" width="3" height="20" />`);
