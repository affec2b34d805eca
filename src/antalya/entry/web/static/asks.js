/** What is asked of the viewer, with the buttons that answer it; and what the viewer waits for. */

import { html, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { language, t } from "./i18n.js";
import { shape } from "./marks.js";
import { answer, drafts } from "./session.js";
import { at, dateTime, howLong } from "./time.js";
import { first, paired, side, when, where, why } from "./words.js";

/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest */
/** @typedef {"grant" | "grant-with-conditions" | "refuse" | "withdraw"} Decision */

const MARKS = /** @type {Record<string, "open" | "granted" | "blocked" | "unsure">} */ ({
  open: "open", granted: "granted", "granted-with-conditions": "granted", refused: "blocked", withdrawn: "blocked", expired: "unsure" });

/** @param {{ state: State, facts: Digest, ask: AskView, select: (s: Chosen) => void }} props */
export function AskCard({ state, facts, ask, select }) {
  const ours = ask.of === state.picture?.viewer.party;
  const mine = ours && Boolean(state.me?.scopes.includes("antalya.answer"));
  const number = facts.number.get(ask.finding);
  const finding = facts.findings.get(ask.finding);
  const asked = ask.of && (facts.parties.get(ask.of)?.name ?? ask.of);
  const lost = state.link === "lost";
  const granted = ask.state.startsWith("granted");
  const note = ask.answers.at(-1)?.note;
  return html`<article key=${ask.id} class="card ask ${ask.state}" aria-labelledby=${`ask-${ask.id}`}>
    <p class="marks"><span class="mark ${ask.state}">${shape(MARKS[ask.state] ?? "unsure")}${t(`asked.${ask.state}`)}</span>
      <span class="tag">${t(`ask.${ask.kind}`)}</span>
      ${number && html`<button type="button" class="number" aria-label=${t("findings.number", { number })}
        onClick=${() => select({ kind: "finding", id: ask.finding })}>${number}</button>`}</p>
    <h3 id=${`ask-${ask.id}`} tabindex="-1">${t("ask.of")} <bdi>${asked ?? t("who.another")}</bdi>: ${first(facts, finding, ask.operation)}
      ${finding?.other && paired(finding) && html` × ${side(facts, finding.other)}`}</h3>
    <p>${ask.kind === "conditions" ? t("ask.accept") : why(finding?.why, ask.text)}</p>
    ${(finding || note) && html`<dl>
      ${finding && html`<dt>${t("field.where")}</dt><dd>${where(facts, finding)}</dd>
        <dt>${t("field.when")}</dt><dd>${when(facts.windows.get(finding.id) ?? [])}</dd>`}
      ${note && html`<dt>${t("field.note")}</dt><dd dir="auto">${note}</dd>`}</dl>`}
    ${ask.state === "open" && html`<p>${due(ask, state.asOf)}</p>`}
    ${isOpen(finding) && ["expired", "withdrawn"].includes(ask.state) && !asksAnew(facts, ask) && html`<p>${t("ask.again")}</p>`}
    ${granted && ask.valid_until && html`<p>${t("ask.holds", { time: dateTime(at(ask.valid_until), language()) })}</p>`}
    ${ask.conditions.length > 0 && html`<ul dir="auto">${ask.conditions.map((c) => html`<li>${c}</li>`)}</ul>`}
    ${ours && !mine && state.me && ask.state === "open" && html`<p class="quiet">${t("answer.scope")}</p>`}
    ${mine && ask.state === "open" && html`<${Reply} key="open" ask=${ask} choices=${["grant", "refuse"]} lost=${lost} />`}
    ${mine && granted && html`<${Reply} key="granted" ask=${ask} choices=${["withdraw"]} lost=${lost} />`}
  </article>`;
}

/** @param {FindingView | undefined} finding */
const isOpen = (finding) => finding && !finding.closed_at && !finding.settled;

/** Whether the same was asked of the same party once more, later. @param {Digest} facts @param {AskView} ask */
const asksAnew = (facts, ask) => facts.picture.asks.some((a) =>
  a.finding === ask.finding && a.of === ask.of && a.kind === ask.kind && at(a.asked_at) > at(ask.asked_at));

/** By when an answer is due. @param {AskView} ask @param {number} now */
function due(ask, now) {
  const deadline = at(ask.deadline);
  return t(deadline > now ? "ask.due" : "ask.overdue", { time: dateTime(deadline, language()), left: howLong(deadline - now, t) });
}

/** What was typed or pasted without the marks of direction and the like, which nobody sees and the exchange refuses; times and heights
 * copied from this page have some. @param {string} text */
const visible = (text) => text.replace(/[\u2028\u2029]/g, " ").replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "");

/** Two steps to an answer (the second takes the focus), so that no slip of a finger at night says yes. Who goes back is at the
 * button of before, who has answered at the card, wherever it stands then.
 * @param {{ ask: AskView, choices: Decision[], lost: boolean }} props */
function Reply({ ask, choices, lost }) {
  const [chosen, setChosen] = useState(/** @type {Decision | null} */ (null));
  const [words, setWords] = useState(drafts.get(ask.id) ?? { note: "", conditions: "" });
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const sure = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const begun = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const before = useRef(/** @type {Decision | null} */ (null));
  useLayoutEffect(() => {
    (chosen ? sure : begun).current?.focus();
    before.current = chosen;
  }, [chosen]);
  const name = (/** @type {Decision} */ d) => t(d === "grant" && ask.kind === "acknowledgement" ? "answer.acknowledge" : `answer.${d}`);
  if (lost) return html`<p class="quiet">${t("answer.offline")}</p>`;
  if (!chosen) {
    return html`<p class="answers">${choices.map((d) => html`
      <button type="button" class="answer ${d}" aria-describedby=${`ask-${ask.id}`} ref=${d === before.current ? begun : null}
        onClick=${() => setChosen(d)}>${name(d)} …</button>`)}</p>`;
  }
  const typed = (/** @type {"note" | "conditions"} */ field) => (/** @type {any} */ event) => {
    const now = { ...words, [field]: event.target.value };
    drafts.set(ask.id, now);
    setWords(now);
  };
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    const conditions = chosen === "grant" ? visible(words.conditions).split("\n").map((c) => c.trim()).filter(Boolean) : [];
    setBusy(true);
    const wrong = await answer(ask, conditions.length ? "grant-with-conditions" : chosen, { note: visible(words.note), conditions });
    setBusy(false);
    if (wrong) return setFailure(wrong);
    setChosen(null);
    document.getElementById(`ask-${ask.id}`)?.focus({ preventScroll: true });
  };
  return html`<form class="reply" onSubmit=${send}>
    ${chosen === "grant" && ask.kind === "consent" && html`<label>${t("answer.conditions")}
      <textarea rows="2" maxlength="2000" value=${words.conditions} onInput=${typed("conditions")}></textarea></label>`}
    <label>${t("answer.note")} <input type="text" maxlength="500" value=${words.note} onInput=${typed("note")} /></label>
    <p class="failure" role="alert" hidden=${!failure}>${failure}</p>
    <p class="answers">
      <button type="submit" class="answer ${chosen} sure" aria-describedby=${`ask-${ask.id}`} aria-disabled=${busy} ref=${sure}>${t("answer.sure", { answer: name(chosen) })}</button>
      <button type="button" onClick=${() => setChosen(null)}>${t("answer.back")}</button></p>
  </form>`;
}
