/** Sentences about things, in the reader's language. Names come from others: they are only ever put in as text. */

import { centre, whereabouts } from "./geo.js";
import { html } from "./vendor/htm-preact.js";
import { knows, language, t } from "./i18n.js";
import { get } from "./state.js";
import { at, dateTime, hull, ltr, span } from "./time.js";

/** @typedef {import("./state.js").Digest} Digest */

/** @param {OperationView} view */
export const partyOf = (view) => (view.level === "details" ? view.operation.party : view.party);

/** Whether an operation is withdrawn or has ended: there is nothing to keep clear of. @param {OperationView} view */
export const isOver = (view) => ["withdrawn", "ended"].includes(view.level === "details" ? view.operation.state : view.state);

/** @param {OperationView} view */
export const activityOf = (view) => t(`activity.${view.level === "details" ? view.operation.activity : view.activity}`);

/** @param {OperationView} view */
export const titleOf = (view) => (view.level === "details" && view.operation.title) || activityOf(view);

/** A party's name; its id where nobody told it. @param {Digest} facts @param {string} party */
export const nameOf = (facts, party) => facts.parties.get(party)?.name ?? party;

/** The same, as it stands in a line, with the id to be had. @param {Digest} facts @param {string} party */
export const named = (facts, party) => html`<bdi title=${party}>${nameOf(facts, party)}</bdi>`;

/** Who and what an operation is, in a few words. @param {Digest} facts @param {string | null} id */
export function side(facts, id) {
  const view = id ? facts.operations.get(id) : undefined;
  if (view) return html`${named(facts, partyOf(view))} · <bdi>${titleOf(view)}</bdi>`;
  return html`<em>${t("who.another")}</em>`;
}

/** Whether a finding is about two operations, of which the first gives way. @param {FindingView} finding */
export const paired = (finding) => finding.kind === "clash" || finding.why === "incompatible-adjoining";

/** The operation of a finding, or of an ask about it; marked where it is the one of two that gives way.
 * @param {Digest} facts @param {FindingView | undefined} finding @param {string | null} id */
export const first = (facts, finding, id) =>
  html`${side(facts, id)}${finding && paired(finding) && html` <small>${t("who.givesWay")}</small>`}`;

/** Who can make a change, where there is more than one side to make changes: its party, or the operation where both sides are
 * of one party. @param {Digest} facts @param {FindingView} finding @param {Remedy} r */
export function whose(facts, finding, r) {
  const sides = [finding.operation, finding.other].map((id) => (id ? facts.operations.get(id) : undefined));
  const own = sides.find((view) => view?.id === r.operation);
  if (!own || !paired(finding) || !sides.every(Boolean)) return "";
  const one = new Set(sides.map((view) => view && partyOf(view))).size === 1;
  return html`<b>${one ? html`<bdi>${titleOf(own)}</bdi>` : named(facts, partyOf(own))}:</b> `;
}

/** @type {WeakMap<Outline, { language: string, words: string }>} */
const whereabout = new WeakMap();

/** Where the middle of an outline is. @param {Outline | null | undefined} outline */
export function place(outline) {
  if (!outline) return t("where.hidden");
  const before = whereabout.get(outline);
  if (before?.language === language()) return before.words;
  const words = whereabouts(centre(outline), get().places, language(), t);
  whereabout.set(outline, { language: language(), words });
  return words;
}

/** So little over a whole metre is the rounding of a conversion. */
const NOISE_M = 1e-6;

/** A band of altitudes, in one line, to whole metres and never narrower than it is. @param {number} lower @param {number} upper */
export const band = (lower, upper) =>
  t("band", { band: ltr(`${number(Math.floor(lower + NOISE_M))}–\u2060${number(Math.ceil(upper - NOISE_M) + 0)}`) });

/** Where an operation is, as far as the viewer sees it. @param {OperationView} view */
export function extent(view) {
  const volumes = view.level === "details" ? view.operation.volumes : [view.envelope];
  const [lower, upper] = [Math.min(...volumes.map((v) => v.lower_m)), Math.max(...volumes.map((v) => v.upper_m))];
  return `${place(volumes[0].outline)} · ${band(lower, upper)}`;
}

/** Where a finding is: where things meet (the first place, how many more, and the band of all), else where its operation is.
 * @param {Digest} facts @param {FindingView} finding */
export function where(facts, finding) {
  const { met } = finding;
  if (met.length) {
    const seen = met.filter((m) => m.region);
    const [one, ...more] = new Set((seen.length ? seen : met).map((m) => place(m.region)));
    const words = more.length ? t("where.more", { place: one, count: more.length }) : one;
    return `${words} · ${band(Math.min(...met.map((m) => m.lower_m)), Math.max(...met.map((m) => m.upper_m)))}`;
  }
  const view = finding.operation ? facts.operations.get(finding.operation) : undefined;
  if (!view) return t("where.hidden");
  return view.level === "details" ? extent(view) : `${extent(view)} (${t("level.envelope")})`;
}

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
  return whole ? span(whole[0], whole[1], language(), get().asOf) : t("time.any");
}

const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** The exchange's own words, with the times in them as the page writes them in English. @param {string} text */
const spoken = (text) => text.replace(INSTANT, (instant) => dateTime(at(instant), "en"));

/** Words that only the exchange has (in English), isolated from the direction of what stands around them. @param {string} text */
export const foreign = (text) => html`<span lang="en" dir="auto">${spoken(text)}</span>`;

/** The same, beneath their translation. @param {string} text */
const original = (text) => html`<span class="original" lang="en" dir="auto">${spoken(text)}</span>`;

/** What somebody was told, by an event's type (`ask.refused`, `clearance.held`, `finding.opened` …). @param {string} type */
export function told(type) {
  const [kind, value] = type.split(".");
  const states = { ask: `asked.${value}`, clearance: `clearance.${value}`, operation: `state.${value}` };
  const state = states[/** @type {keyof typeof states} */ (kind)];
  if (knows(`told.${type}`)) return t(`told.${type}`);
  return t(knows(`told.${kind}`) ? `told.${kind}` : "told.other", { state: state && knows(state) ? t(state) : value ?? "" });
}

/** What somebody was told of: the operation, or the understanding. @param {Digest} facts @param {string} subject */
export function subjectOf(facts, subject) {
  const agreed = facts.understandings.get(subject);
  if (agreed) return html`<cite dir="auto">${agreed.title}</cite>`;
  const about = facts.findings.get(subject) ?? facts.asks.get(subject);
  const id = about ? about.operation : subject;
  return id && facts.operations.has(id) ? side(facts, id) : "";
}

/** Why a finding is one, and what an ask about it asks: in the reader's language where the catalogue knows its code, and always
 * as the exchange puts it. @param {string | undefined} code @param {string} text */
export function why(code, text) {
  const key = `why.${code}`;
  if (language() === "en" || !knows(key)) return foreign(text);
  return html`${t(key)}${original(text)}`;
}

/** What would remove a finding: in the reader's language where the catalogue knows the kind, else as the exchange puts it; and
 * also that where the catalogue says less (times of notice, numbers, hours). @param {Digest} facts @param {Remedy} remedy */
export function remedy(facts, remedy) {
  const key = `remedy.${remedy.kind}${remedy.kind === "obtain-consent" && !remedy.parties.length ? ".another" : ""}`;
  const metres = remedy.altitude_m ?? remedy.distance_m;
  const values = {
    time: remedy.instant && dateTime(at(remedy.instant), language()), metres: metres === null ? null : number(metres),
    parties: remedy.parties.map((party) => nameOf(facts, party)).join(", "), force: remedy.force && (facts.forces.get(remedy.force)?.name ?? remedy.force),
  };
  const said = t(key, Object.fromEntries(Object.entries(values).filter(([, value]) => value)));
  if (language() === "en" || !knows(key) || said.includes("{")) return foreign(remedy.text);
  const less = LESS.has(remedy.kind) || (remedy.text.match(INSTANT) ?? []).length > 1;
  return less ? html`${said}${original(remedy.text)}` : said;
}

/** Kinds of remedies whose figures only the exchange's words have. */
const LESS = new Set(["reduce", "file-earlier", "keep-hours"]);
