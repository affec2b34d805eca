/** What the page knows, in one place. Views read it; only session.js and the handlers in app.js change it. */

import { DAY, QUARTER, at, dayOf, findingWindows, isActive, operationWindows } from "./time.js";

/**
 * @typedef {object} State
 * @property {"loading" | "token" | "ready"} phase
 * @property {string} failure words about what went wrong last, for a person
 * @property {DemoViewer[]} viewers who one may look as; empty outside the demo
 * @property {string} viewer the chosen one's id
 * @property {Me | null} me
 * @property {Picture | null} picture
 * @property {"connecting" | "live" | "lost"} link
 * @property {number} asOf the exchange's clock when it was last heard (ms)
 * @property {Clock} clock
 * @property {number[]} days midnights of the days on which something happens
 * @property {Chosen | null} selected
 * @property {string} language
 * @property {Record<string, boolean>} layers
 * @property {Place[]} places
 * @property {string} news what just happened, for screen readers
 */

/** @type {State} */
let state = {
  phase: "loading", failure: "", viewers: [], viewer: "", me: null, picture: null, link: "connecting", asOf: NaN,
  clock: { day: 0, quarter: 0, span: "day" }, days: [], selected: null, language: "en",
  layers: { operations: true, findings: true, sites: true, areas: true, controls: true }, places: [], news: "",
};
/** @type {Set<(state: State) => void>} */
const listeners = new Set();

export const get = () => state;

/** Changes the state and lets everybody know, at once. @param {Partial<State>} change */
export function set(change) {
  state = { ...state, ...change };
  for (const listener of listeners) listener(state);
}

/** @param {(state: State) => void} listener */
export function subscribe(listener) {
  listeners.add(listener);
}

const MOST_DAYS = 62;

/** @param {Iterable<number>} days */
export const inOrder = (days) => [...new Set(days)].sort((a, b) => a - b);

/** Today and the days from yesterday on that something happens on, at most 62: those of what is over within a week first, the
 * nearest first; what lasts for longer only fills up. @param {Picture} picture @returns {number[]} */
export function daysOf(picture) {
  const operations = byId(picture.operations);
  const windows = [...picture.operations.flatMap(operationWindows), ...picture.findings.flatMap((f) => findingWindows(f, operations))];
  const today = dayOf(at(picture.now));
  /** @type {[Set<number>, Set<number>]} */
  const [short, long] = [new Set(), new Set()];
  for (const [start, end] of windows) {
    const days = end - start > 7 * DAY ? long : short;
    const first = Math.max(dayOf(start), today - DAY);
    for (let day = first; day < Math.max(end, start + 1) && day < first + MOST_DAYS * DAY; day += DAY) days.add(day);
  }
  const all = new Set([today, ...inOrder(short), ...inOrder(long)]);
  return inOrder([...all].slice(0, MOST_DAYS));
}

/** @template {{ id: string }} T @param {T[]} items @returns {Map<string, T>} */
export const byId = (items) => new Map(items.map((item) => [item.id, item]));

/** The quarter of an hour in which a moment lies. @param {number} ms */
export const quarterOf = (ms) => Math.floor((ms - dayOf(ms)) / QUARTER);

/** @typedef {ReturnType<typeof digest>} Digest */

/** What views need of a picture, computed once for each picture. @param {Picture} picture */
export function digest(picture) {
  const operations = byId(picture.operations);
  const rank = { critical: 0, warning: 1, caution: 2, info: 3 };
  const open = picture.findings.filter((f) => !f.closed_at);
  const weight = (/** @type {FindingView} */ f) => (f.settled ? 10 : 0) + rank[f.severity];
  open.sort((a, b) => weight(a) - weight(b) || at(a.starts_at) - at(b.starts_at) || (a.id < b.id ? -1 : 1));
  const windows = new Map([
    ...picture.operations.map((o) => /** @type {const} */ ([o.id, operationWindows(o)])),
    ...picture.findings.map((f) => /** @type {const} */ ([f.id, findingWindows(f, operations)])),
  ]);
  const sorted = [...picture.operations].sort((a, b) =>
    Math.min(...(windows.get(a.id) ?? []).map((w) => w[0])) - Math.min(...(windows.get(b.id) ?? []).map((w) => w[0])) || (a.id < b.id ? -1 : 1));
  return {
    picture, operations, sorted, open, closed: picture.findings.filter((f) => f.closed_at), windows,
    parties: byId(picture.parties), forces: byId(picture.forces), sites: byId(picture.sites), areas: byId(picture.areas),
    understandings: byId(picture.understandings), findings: byId(picture.findings), asks: byId(picture.asks), order: [...picture.parties].map((p) => p.id).sort(),
    number: new Map(open.map((f, i) => [f.id, i + 1])),
    refused: new Set(picture.asks.filter((a) => a.state === "refused").map((a) => a.finding)),
  };
}

/** Whether a thing of the picture is there at the clock's moment. @param {Digest} facts @param {string} id @param {State["clock"]} clock */
export const activeAt = (facts, id, clock) => isActive(facts.windows.get(id) ?? [], clock);
