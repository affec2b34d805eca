/** Sentences about things, in the reader's language. Names come from others: they are only ever put in as text. */

import { centre, whereabouts } from "./geo.js";
import { html } from "./vendor/htm-preact.js";
import { knows, language, t } from "./i18n.js";
import { get } from "./state.js";
import { at, dateTime, hull, ltr, span } from "./time.js";

/** @typedef {import("./state.js").Digest} Digest */

/** @param {OperationView} view */
export const partyOf = (view) => (view.level === "details" ? view.operation.party : view.party);

/** @param {OperationView} view */
export const activityOf = (view) => t(`activity.${view.level === "details" ? view.operation.activity : view.activity}`);

/** @param {OperationView} view */
export const titleOf = (view) => (view.level === "details" && view.operation.title) || activityOf(view);

/** Who and what an operation is, in a few words. @param {Digest} facts @param {string | null} id */
export function side(facts, id) {
  const view = id ? facts.operations.get(id) : undefined;
  if (view) return html`<bdi>${partyOf(view)}</bdi> <bdi>${titleOf(view)}</bdi>`;
  return html`<em>${t("who.another")}</em>`;
}

/** @type {WeakMap<Outline, { language: string, words: string }>} */
const named = new WeakMap();

/** Where the middle of an outline is. @param {Outline | null | undefined} outline */
export function place(outline) {
  if (!outline) return t("where.hidden");
  const before = named.get(outline);
  if (before?.language === language()) return before.words;
  const words = whereabouts(centre(outline), get().places, language(), t);
  named.set(outline, { language: language(), words });
  return words;
}

/** A band of altitudes. @param {number} lower @param {number} upper */
export const band = (lower, upper) => t("band", { band: ltr(`${number(lower)}–${number(upper)}`) });

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** A whole number in the reader's language. @param {number} value */
export function number(value) {
  const found = formats.get(language()) ?? new Intl.NumberFormat(`${language()}-u-nu-latn`, { maximumFractionDigits: 0 });
  formats.set(language(), found);
  return found.format(value);
}

/** When, from the first start to the last end. @param {[number, number][]} windows */
export function when(windows) {
  const whole = hull(windows);
  return whole ? span(whole[0], whole[1], language()) : t("time.any");
}

/** Words that only the exchange has (in English), isolated from the direction of what stands around them. @param {string} text */
export const foreign = (text) => html`<span lang="en" dir="auto">${text}</span>`;

/** What somebody was told, by an event's type (`ask.refused`, `clearance.held`, `finding.opened` …). @param {string} type */
export function told(type) {
  const [kind, value] = type.split(".");
  const states = { ask: `asked.${value}`, clearance: `clearance.${value}` };
  const state = states[/** @type {keyof typeof states} */ (kind)];
  if (knows(`told.${type}`)) return t(`told.${type}`);
  return t(knows(`told.${kind}`) ? `told.${kind}` : "told.other", { state: state && knows(state) ? t(state) : value ?? "" });
}

/** Why a finding is one: in the reader's language where the catalogue knows its code, and always as the exchange puts it.
 * @param {FindingView} finding */
export function why(finding) {
  const key = `why.${finding.why}`;
  if (language() === "en" || !knows(key)) return foreign(finding.text);
  return html`${t(key)} <span class="original" lang="en" dir="auto">${finding.text}</span>`;
}

/** What would remove a finding: in the reader's language where the catalogue knows the kind, else as the exchange puts it.
 * @param {Remedy} remedy */
export function remedy(remedy) {
  const key = `remedy.${remedy.kind}`;
  const metres = remedy.altitude_m ?? remedy.distance_m;
  const values = {
    time: remedy.instant && dateTime(at(remedy.instant), language()), metres: metres === null ? null : number(metres),
    parties: remedy.parties.join(", "), force: remedy.force,
  };
  const said = t(key, Object.fromEntries(Object.entries(values).filter(([, value]) => value)));
  return language() === "en" || !knows(key) || said.includes("{") ? foreign(remedy.text) : said;
}
