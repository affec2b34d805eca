/** Moments and windows: milliseconds since 1970, always UTC, half-open. */

export const QUARTER = 15 * 60_000;
export const DAY = 24 * 3_600_000;

/** @param {string | null | undefined} text RFC 3339 @returns {number} milliseconds, NaN where there is none */
export const at = (text) => (text ? Date.parse(text) : NaN);

/** Midnight (UTC) of a moment. @param {number} ms */
export const dayOf = (ms) => Math.floor(ms / DAY) * DAY;

/** `08:15`. @param {number} ms */
export const hm = (ms) => new Date(ms).toISOString().slice(11, 16);

/** `08:15:07`. @param {number} ms */
export const hms = (ms) => new Date(ms).toISOString().slice(11, 19);

/** Day before month, Latin digits. @param {string} language */
const locale = (language) => `${language === "en" ? "en-GB" : language}-u-nu-latn`;

/** @type {Map<string, Intl.DateTimeFormat>} making one takes longer than all it ever formats */
const formats = new Map();

/** @param {string} language @param {boolean} year @param {boolean} weekday */
function format(language, year, weekday) {
  const key = `${language} ${year} ${weekday}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(language), {
      timeZone: "UTC", day: "numeric", month: "short", ...(year ? { year: "numeric" } : {}), ...(weekday ? { weekday: "short" } : {}) });
    formats.set(key, found);
  }
  return found;
}

/** The date in the reader's language, with Latin digits. @param {number} ms @param {string} language @param {boolean} [weekday] */
export const date = (ms, language, weekday = false) => format(language, true, weekday).format(ms);

/** Keeps figures in their order inside right-to-left text (Unicode isolates). @param {string} text */
export const ltr = (text) => `\u2066${text}\u2069`;

/** `08:15`, or `08:15:07` where the seconds are not 0. @param {number} ms */
const clock = (ms) => (Math.floor(ms / 1000) % 60 ? hms(ms) : hm(ms));

/** `7 Mar 2017 06:00Z`. @param {number} ms @param {string} language */
export const dateTime = (ms, language) => `${date(ms, language)} ${ltr(`${clock(ms)}Z`)}`;

/** `7 Mar 06:00–09:30Z`; both dates where the days differ, and their years where these differ or are not the present one. To
 * whole seconds, never shorter than it is. @param {number} from @param {number} until @param {string} language @param {number} now */
export function span(from, until, language, now) {
  const end = Math.ceil(until / 1000) * 1000;
  const year = (/** @type {number} */ ms) => new Date(ms).getUTCFullYear();
  const day = format(language, year(from) !== year(end) || year(from) !== year(now), false);
  if (dayOf(from) === dayOf(end)) return `${day.format(from)} ${ltr(`${clock(from)}–${clock(end)}Z`)}`;
  return `${day.format(from)} ${ltr(`${clock(from)}Z`)} – ${day.format(end)} ${ltr(`${clock(end)}Z`)}`;
}

/** `5 h 12 min` until or since; the sign is the caller's business. @param {number} ms @param {(key: string) => string} t */
export function howLong(ms, t) {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days) return `${days} ${t("unit.d")} ${hours} ${t("unit.h")}`;
  return hours ? `${hours} ${t("unit.h")} ${minutes % 60} ${t("unit.min")}` : `${minutes} ${t("unit.min")}`;
}

/**
 * Whether something with these windows is there at the clock's moment, at any time of its day, or at all.
 * @param {[number, number][]} windows half-open; a window of no length is there at its own moment
 * @param {Clock} clock
 */
export function isActive(windows, clock) {
  if (clock.span === "all") return true;
  const from = clock.span === "day" ? clock.day : clock.day + clock.quarter * QUARTER;
  const until = clock.span === "day" ? clock.day + DAY : from + QUARTER;
  return windows.some(([start, end]) => start < until && (end > from || (start === end && start >= from)));
}

/** The windows of an operation. @param {OperationView} view @returns {[number, number][]} */
export function operationWindows(view) {
  const volumes = view.level === "details" ? view.operation.volumes : [view.envelope];
  return volumes.map((v) => [at(v.starts_at), at(v.ends_at)]);
}

/**
 * The windows of a finding: where it meets, else its own, else its operation's.
 * @param {FindingView} view @param {Map<string, OperationView>} operations @returns {[number, number][]}
 */
export function findingWindows(view, operations) {
  if (view.met.length) return view.met.map((m) => [at(m.starts_at), at(m.ends_at)]);
  if (view.starts_at && view.ends_at) return [[at(view.starts_at), at(view.ends_at)]];
  const operation = view.operation ? operations.get(view.operation) : undefined;
  return operation ? operationWindows(operation) : [];
}

/** From the first start to the last end. @param {[number, number][]} windows @returns {[number, number] | null} */
export function hull(windows) {
  if (!windows.length) return null;
  return [Math.min(...windows.map((w) => w[0])), Math.max(...windows.map((w) => w[1]))];
}
