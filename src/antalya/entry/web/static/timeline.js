/** The day: a slider of quarters of an hour, and a lane for each operation under it. Time runs left to right in every language. */

import { Component, html } from "./vendor/htm-preact.js";
import { language, t } from "./i18n.js";
import { get, quarterOf, set } from "./state.js";
import { slot } from "./style.js";
import { DAY, QUARTER, date, dayOf, hm } from "./time.js";
import { isOver, nameOf, partyOf, titleOf } from "./words.js";

const LAST = DAY / QUARTER - 1;
const HOURS = ["00", "03", "06", "09", "12", "15", "18", "21"];
const MOST_LANES = 40;
const MOST_FINDINGS = 200;
const SPANS = /** @type {const} */ (["moment", "day", "all"]);
/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest
 *  @typedef {{ state: State, facts: Digest, select: (s: Chosen) => void }} Props */

/** @param {Partial<State["clock"]>} change */
const turn = (change) => set({ clock: { ...get().clock, ...change } });

/** @param {Props} props */
export function Timeline({ state, facts, select }) {
  const { clock, days } = state;
  const moment = clock.day + clock.quarter * QUARTER;
  const words = clock.span === "moment" ? `${hm(moment)} UTC` : t(`time.${clock.span}`);
  const i = days.indexOf(clock.day);
  const go = (/** @type {number} */ step) => turn({ day: days[i + step] ?? clock.day });
  return html`<section class="time" aria-label=${t("time.title")}>
    <div class="time-bar">
      <div class="day">
        <button type="button" aria-disabled=${i <= 0} onClick=${() => go(-1)} aria-label=${t("time.before")}>‹</button>
        <span class="date">${date(clock.day, language(), true)}</span>
        <button type="button" aria-disabled=${i >= days.length - 1} onClick=${() => go(1)} aria-label=${t("time.after")}>›</button>
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
        <div class="hours" aria-hidden="true">${HOURS.map((hour) => html`<span>${hour}</span>`)}</div>
      </div>
      <div class="lane-scroll">
        ${clock.span === "moment" && html`<div class="cursor"><div style=${{ left: `${(clock.quarter / (LAST + 1)) * 100}%` }}></div></div>`}
        <${Lanes} state=${state} facts=${facts} select=${select} />
      </div>
    </div>
  </section>`;
}

/** The slider at the exchange's own present. @param {State} state */
function now(state) {
  const present = state.asOf;
  turn({ day: state.days.includes(dayOf(present)) ? dayOf(present) : state.clock.day, quarter: quarterOf(present), span: "moment" });
}

/** The lanes; drawn anew only when the day, the things or the choice changed. */
class Lanes extends Component {
  /** @param {Props} next */
  shouldComponentUpdate(next) {
    const [a, b] = [this.props.state, next.state];
    return this.props.facts !== next.facts || a.clock.day !== b.clock.day || a.selected !== b.selected || a.language !== b.language;
  }

  render() {
    return lanes(this.props);
  }
}

/** @param {Props} props */
function lanes({ state, facts, select }) {
  const { day } = state.clock;
  const today = (/** @type {string} */ id) => (facts.windows.get(id) ?? []).filter(([a, b]) => a < day + DAY && Math.max(b, a + 1) > day);
  const views = facts.sorted.filter((view) => !isOver(view) && today(view.id).length);
  const rows = views.slice(0, MOST_LANES).map((view) => lane(state, facts, view, today(view.id), select));
  const open = facts.open.filter((f) => today(f.id).length);
  const found = open.slice(0, MOST_FINDINGS);
  if (!rows.length && !found.length) return html`<p class="quiet">${t("time.nothing")}</p>`;
  const bars = found.flatMap((f) => today(f.id).map((w) =>
    bar(w, day, `severity-bar ${f.severity} ${f.settled ? "settled" : ""} ${chosen(state, f.id)}`, () => select({ kind: "finding", id: f.id }))));
  return html`<div>
    ${found.length > 0 && html`<div class="lane" key="findings"><span class="lane-name">${t("findings.title")}</span>${track(bars)}</div>`}
    ${more("findings.title", open.length - found.length)}
    ${rows}
    ${more("operations.title", views.length - rows.length)}</div>`;
}

/** Says how many things have no place in the lanes; they are in the lists. @param {string} title @param {number} count */
const more = (title, count) => count > 0
  && html`<p class="quiet lane-more" key=${`more-${title}`}><bdi>${t(title)}: ${t("time.more", { count })}</bdi></p>`;

/** @param {State} state @param {string} id */
const chosen = (state, id) => (state.selected?.id === id ? "chosen" : "");

/** A day as 1440 minutes. @param {any} bars */
const track = (bars) => html`<svg class="track" viewBox="0 0 1440 20" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`;

/** @param {State} state @param {Digest} facts @param {OperationView} view @param {[number, number][]} windows @param {(s: Chosen) => void} select */
function lane(state, facts, view, windows, select) {
  const words = titleOf(view);
  const look = `ink-${slot(facts.order, partyOf(view))} ${view.level === "details" ? "full" : "envelope"} ${chosen(state, view.id)}`;
  const bars = windows.map((w) => bar(w, state.clock.day, look, () => select({ kind: "operation", id: view.id })));
  return html`<div class="lane" key=${view.id}>
    <span class="lane-name" title=${`${nameOf(facts, partyOf(view))} ${words}`}><b>${partyOf(view)}</b> <bdi>${words}</bdi></span>${track(bars)}</div>`;
}

/** @param {[number, number]} window @param {number} day @param {string} look @param {() => void} click */
function bar([start, end], day, look, click) {
  const [from, until] = [Math.max(0, (start - day) / 60_000), Math.min(1440, (end - day) / 60_000)];
  return html`<rect class="bar ${look}" x=${from} y="3" width=${Math.max(4, until - from)} height="14" onClick=${click} />`;
}
