/** Who looks, and the picture they see: token, loading, following, answering. */

import { Failure, call, follow, see } from "./api.js";
import { language, t } from "./i18n.js";
import { daysOf, digest, get, inOrder, quarterOf, set } from "./state.js";
import { at, dayOf, isActive } from "./time.js";

const KEY = "antalya.token";
const DEBOUNCE_MS = 250;
const FRESH_MS = 10_000;
/** How often the picture is loaded where nothing is said of it: not every change rings for everybody. */
const RENEW_MS = 30_000;

/** What is worth saying aloud of an event, as a key of words. @param {string} type */
function newsOf(type) {
  if (type === "finding.opened" || type === "ask.opened") return `news.${type}`;
  return { ask: "news.answer", clearance: "news.clearance" }[type.split(".")[0]];
}

let token = "";
/** The exchange's clock when this viewer began to look: what happened before is in their first picture. */
let since = NaN;
/** @type {Set<string>} what happened since and was not said yet, as keys of words */
const fresh = new Set();
/** When, by this machine's own clock, the exchange was last heard, and when it last told its own; and what that was. */
let [heard, told, clockThen] = [0, 0, NaN];
/** The ETag of the picture. */
let tag = "";
/** @type {ReturnType<typeof setTimeout> | undefined} what is shown is to be loaded anew, or is being */
let pending;
/** Whether something was heard since that load was asked for. */
let again = false;
/** How often the connection went. */
let losses = 0;
/** Whether the stream is open: without it no picture is live. */
let streaming = false;
/** The last picture that was asked for, and the last of these that came. */
let [asked, came] = [0, 0];
/** @type {AbortController | null} */
let following = null;
/** @type {Map<string, { note: string, conditions: string }>} what was typed about an ask and not sent, also while a new token is got */
export const drafts = new Map();

/** Begins: as a viewer of the demo, with the token kept in this tab, or by asking for one. */
export async function begin() {
  window.addEventListener("offline", lose);
  window.addEventListener("online", () => reload());
  setInterval(() => { if (get().picture && get().link === "live") reload(); }, RENEW_MS);
  return start();
}

/** Finds out who may look, and looks. */
export async function start() {
  set({ failure: "" });
  try {
    set({ viewers: await call("", "/demo/viewers") });
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.outage) return set({ failure: t("link.unreachable") });
  }
  const { viewers } = get();
  if (viewers.length) {
    const chosen = viewers.find((v) => v.id === sessionStorage.getItem("antalya.viewer")) ?? viewers[0];
    return look(chosen.id);
  }
  token = sessionStorage.getItem(KEY) ?? "";
  return token ? enter() : set({ phase: "token" });
}

/** Looks as another viewer of the demo; the moment, the map and the language stay. @param {string} id */
export function look(id) {
  const viewer = get().viewers.find((v) => v.id === id);
  if (!viewer) return Promise.resolve();
  token = viewer.token;
  sessionStorage.setItem("antalya.viewer", id);
  set({ viewer: id, me: null, picture: null, phase: "loading", failure: "" });  // never one viewer's picture under another's name
  return enter();
}

/** Uses a token that somebody pasted; it stays in this tab only. Marks that can't be seen (of direction, say) are no part of it;
 * with other letters it could not even be sent. @param {string} pasted */
export function present(pasted) {
  const visible = pasted.replace(/[\s\p{Cf}]+/gu, "");
  if (!/^[!-~]+$/.test(visible)) return set({ failure: t("token.refused") });
  token = visible;
  sessionStorage.setItem(KEY, token);
  return enter();
}

/** Forgets the token, everything seen with it and everything typed. */
export function leave() {
  drafts.clear();
  forget();
}

/** Forgets the token and everything seen with it. */
function forget() {
  following?.abort();
  token = "";
  sessionStorage.removeItem(KEY);
  set({ phase: "token", me: null, picture: null, selected: null, failure: "" });
}

async function enter() {
  following?.abort();
  clearTimeout(pending);
  pending = undefined;
  streaming = false;
  fresh.clear();
  const mine = new AbortController();
  following = mine;
  try {
    const [me, seen] = await Promise.all([call(token, "/v1/me"), see(token)]);
    if (mine.signal.aborted) return;
    set({ me });
    since = at(seen.now);
    show(seen, false);
  } catch (failure) {
    if (mine.signal.aborted) return;
    set({ phase: "loading", picture: null, me: null });
    return refuse(failure);
  }
  follow(token, {
    event: (type, data) => {
      const news = newsOf(type);
      if (news && at(data?.at) > since) fresh.add(news);
      soon();
    },
    up: () => {
      if (mine.signal.aborted) return;
      streaming = true;
      reload();  // what happened before the stream was open is not told in it
    },
    alive: hear,
    down: (denied) => {
      streaming = false;
      return denied ? reload() : lose();  // the answer to that says why
    },
  }, mine.signal);
}

/** @param {{ picture: Picture | null, tag: string, now: string }} seen no picture: it is still the same
 * @param {boolean} live whether the stream was open when it was asked for, and is */
function show(seen, live) {
  heard = told = performance.now();
  clockThen = at(seen.now);
  const link = live ? /** @type {const} */ ("live") : "connecting";
  set({ phase: "ready", ...(seen.picture && unfold(seen.picture)), link, asOf: clockThen, failure: "" });
  if (seen.picture) tag = seen.tag;
}

/** What a new picture changes. @param {Picture} picture */
function unfold(picture) {
  const before = get();
  let days = daysOf(picture);
  let { clock } = before;
  if (!before.days.length) clock = { day: firstDay(picture, days), quarter: quarterOf(at(picture.now)), span: "day" };
  else days = inOrder([...days, clock.day]);
  const ids = new Set([...picture.operations, ...picture.findings, ...picture.sites, ...picture.areas].map((x) => x.id));
  const selected = before.selected && ids.has(before.selected.id) ? before.selected : null;
  return { picture, days, clock, selected };
}

/** The next day, from today on, with a finding that is not settled; today where there is none. @param {Picture} picture @param {number[]} days */
function firstDay(picture, days) {
  const { open, windows } = digest(picture);
  const today = dayOf(at(picture.now));
  const found = (/** @type {number} */ day) => open.some((f) => !f.settled && isActive(windows.get(f.id) ?? [], { day, quarter: 0, span: "day" }));
  return days.find((day) => day >= today && found(day)) ?? today;
}

/** Loads the picture in a moment, with what else comes meanwhile; one at a time, however quickly things happen.
 * @param {number} [rest] for how long there is to be nothing of the kind */
function soon(rest = 0) {
  again = true;
  pending ??= setTimeout(renew, Math.max(DEBOUNCE_MS, rest));
}

/** Loads the picture, then rests for as long as that took: half of the time is the reader's. */
async function renew() {
  const [mine, begun] = [pending, performance.now()];
  again = false;
  await reload();
  if (pending !== mine) return;
  pending = undefined;
  if (again) soon(performance.now() - begun);
}

/** The exchange's clock, as far as this machine can tell, when it was last heard. */
const clockNow = () => clockThen + Math.max(0, heard - told);

/** The ETag of the picture that is shown; none on another day, for the days to go through begin with the present one. */
function known() {
  const { picture } = get();
  return picture && dayOf(clockNow()) === dayOf(at(picture.now)) ? tag : "";
}

/** Loads the picture again if it changed, and says what is new in it. */
export async function reload() {
  const [mine, lostBefore, streamed, turn] = [following, losses, streaming, ++asked];
  const over = () => mine !== following || mine?.signal.aborted || turn < came;
  try {
    const seen = await see(token, known());
    if (over()) return;
    if (losses !== lostBefore) return soon();  // asked for before the connection went: no sign that it is back
    came = turn;
    show(seen, streamed && streaming);
    if (fresh.size) {
      const news = [...fresh].map((key) => t(key)).join(" ");
      set({ news: get().news === news ? `${news}\u00a0` : news });  // the same once more is only said if it is another text
    }
    fresh.clear();
  } catch (failure) {
    if (!over()) refuse(failure);
  }
}

/** A refused token is forgotten; whatever else goes wrong, what is shown may be old, and says so. @param {unknown} failure */
function refuse(failure) {
  const status = failure instanceof Failure ? failure.problem?.status ?? Number(failure.message) : 0;
  if (status === 401 || status === 403) {
    forget();
    return set({ failure: [...(language() === "en" ? [] : [t("token.refused")]), words(failure)].join(" ") || t("token.refused") });
  }
  const { picture } = get();
  set({ failure: words(failure) || (picture ? "" : t("link.unreachable")) });
  if (picture) lose();
}

/** The exchange was heard just now: what is shown holds until now, unless it told of something that is not shown yet. */
function hear() {
  const { link, asOf } = get();
  if (!pending) heard = performance.now();
  if (link === "live" && clockNow() - asOf > FRESH_MS) set({ asOf: clockNow() });
  if (link === "lost") soon();
}

/** The connection is gone: everything shown is as old as when the exchange was last heard. */
function lose() {
  losses += 1;
  const { picture, link } = get();
  if (picture && link !== "lost") set({ link: "lost", asOf: clockNow() });
}

/**
 * Answers an ask.
 * @param {AskView} ask @param {"grant" | "grant-with-conditions" | "refuse" | "withdraw"} decision
 * @param {{ note: string, conditions: string[] }} words_
 * @returns {Promise<string>} words about what went wrong; empty where it went through
 */
export async function answer(ask, decision, words_) {
  const body = { decision, note: words_.note, ...(words_.conditions.length ? { conditions: words_.conditions } : {}) };
  try {
    await call(token, `/v1/asks/${encodeURIComponent(ask.id)}/answers`, { method: "POST", body });
  } catch (failure) {
    if (words(failure)) return words(failure);
    reload();  // it may have been recorded all the same
    return t("link.notSent");
  }
  drafts.delete(ask.id);
  await reload();
  return "";
}

/** A failure for a person: what happened and what to do next; in English, so isolated from the words around it.
 * @param {unknown} failure */
function words(failure) {
  const problem = failure instanceof Failure ? failure.problem : null;
  return problem ? `\u2068${problem.title}: ${problem.detail}. ${problem.next_step}\u2069` : "";
}
