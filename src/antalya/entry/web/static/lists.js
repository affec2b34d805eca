/** The lists beside the map: findings and operations, each with who, what, where, when, why and what would remove it. */

import { html, useRef, useState } from "./vendor/htm-preact.js";
import { knows, language, t } from "./i18n.js";
import { clearanceMark, numberMark, partyMark, severityMark, shape } from "./marks.js";
import { activeAt } from "./state.js";
import { at, dateTime } from "./time.js";
import {
  activityOf, extent, first, named, number, paired, partyOf, place, remedy, side, subjectOf, titleOf, told as toldWords, when, where, whose, why,
} from "./words.js";

const PAGE = 50;
/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest
 *  @typedef {{ state: State, facts: Digest, select: (s: Chosen) => void }} Props */

/** Shows fifty more of a long list. @param {{ rest: number, more: () => void }} props */
const More = ({ rest, more }) => rest > 0
  && html`<button type="button" class="plain more" onClick=${more}>${t("list.more", { count: rest })}</button>`;

/** A section with its count, its things, and what to do when there are none. Long lists come fifty at a time, and as far as the one
 * that is chosen.
 * @param {{ id: string, title: string, empty: string, items: any[], card: (item: any) => any, selected?: string, open?: boolean }} props */
export function Section({ id, title, empty, items, card, selected, open = true }) {
  const [wanted, setWanted] = useState(PAGE);
  const reached = useRef(PAGE);
  const shown = reached.current = Math.max(reached.current, wanted, 1 + items.findIndex((item) => item.id === selected));
  return html`<section class="list" aria-labelledby=${id}>
    <details open=${open}>
      <summary><h2 id=${id}>${title}</h2> <span class="count">${items.length}</span></summary>
      ${items.length ? items.slice(0, shown).map(card) : html`<p class="quiet">${empty}</p>`}
      <${More} rest=${items.length - shown} more=${() => setWanted(shown + PAGE)} />
    </details>
  </section>`;
}

/** Whether the map leaves a thing out at its moment. @param {Props} props @param {string} id */
const isAway = ({ state, facts }, id) => !activeAt(facts, id, state.clock);

/** @param {Props} props @param {string} id */
const awayTag = (props, id) => isAway(props, id) && html`<span class="tag" title=${t("time.away")}>${t("time.awayTag")}</span>`;

/** The frame of a card. @param {Props} props @param {Chosen} selection @param {any} content */
function card(props, selection, content) {
  const chosen = props.state.selected?.id === selection.id;
  const away = isAway(props, selection.id);
  return html`<article key=${selection.id} id=${`card-${selection.id}`} class="card ${chosen ? "chosen" : ""} ${away ? "away" : ""}"
    aria-current=${chosen ? "true" : undefined}>${content}</article>`;
}

/** What sort of finding: for a breach with the kind of rule, or which built-in one. @param {FindingView} finding */
function kindOf(finding) {
  const rule = `rule.${finding.rule_kind ?? finding.why}`;
  return t(`kind.${finding.kind}`) + (finding.kind === "breach" && knows(rule) ? ` (${t(rule)})` : "");
}

/** What a finding does to its operation's clearance: a refusal blocks it until a new answer. @param {Digest} facts @param {FindingView} finding */
function effectOf(facts, finding) {
  if (finding.settled) return t("effect.settled");
  return t(finding.effect === "hold" && facts.refused.has(finding.id) ? "asked.refused" : `effect.${finding.effect}`);
}

/** @param {Props & { finding: FindingView }} props */
export function FindingCard(props) {
  const { facts, finding, select } = props;
  const selection = /** @type {Chosen} */ ({ kind: "finding", id: finding.id });
  const agreed = finding.understanding ? facts.understandings.get(finding.understanding) : undefined;
  return card(props, selection, html`
    <p class="marks">${severityMark(finding.severity)}
      <span class="tag">${effectOf(facts, finding)}</span>
      ${awayTag(props, finding.id)}${numberMark(facts, finding)}</p>
    <h3><button type="button" class="title" onClick=${() => select(selection)}>
      ${kindOf(finding)}: ${first(facts, finding, finding.operation)}${paired(finding) && html` × ${side(facts, finding.other)}`}</button></h3>
    <dl>
      <dt>${t("field.where")}</dt><dd>${where(facts, finding)}</dd>
      <dt>${t("field.when")}</dt><dd>${when(facts.windows.get(finding.id) ?? [])}</dd>
      <dt>${t("field.why")}</dt><dd>${why(finding.why, finding.text)}
        ${agreed ? html` <cite dir="auto">${agreed.title}</cite>` : ""}</dd>
      ${finding.stance && html`<dt>${t("field.stance")}</dt><dd>${t(`stance.${finding.stance}`)}</dd>`}
      ${finding.remedies.length > 0 && html`<dt>${t("field.remedies")}</dt>
        <dd><ul>${finding.remedies.map((r) => html`<li>${whose(facts, finding, r)}${remedy(facts, r)}</li>`)}</ul></dd>`}
    </dl>
    ${finding.more && language() !== "en" && html`<p class="quiet">${t("where.first")}</p>`}
    ${finding.kind === "hazard" && html`<p class="quiet">${t("sites.notice")}</p>`}
    ${finding.level === "overlap" && finding.kind === "clash" && html`<p class="held-back">${t("level.overlapNote")}</p>`}`);
}

/** @param {Props & { view: OperationView }} props */
export function OperationCard(props) {
  const { state, facts, view, select } = props;
  const selection = /** @type {Chosen} */ ({ kind: "operation", id: view.id });
  const full = view.level === "details";
  const operation = full ? view.operation : view;
  const names = operation.forces.map((f) => facts.forces.get(f)?.name ?? f).join(", ");
  return card(props, selection, html`
    <p class="marks">${full && clearanceMark(view.clearance, state.link === "lost")}
      ${!full && html`<span class="tag envelope">${t("level.envelope")}</span>`}
      <span class="tag">${t(`state.${operation.state}`)}</span>${awayTag(props, view.id)} ${partyMark(facts, partyOf(view))}</p>
    <h3><button type="button" class="title" onClick=${() => select(selection)}><bdi>${titleOf(view)}</bdi></button></h3>
    <dl>
      <dt>${t("field.what")}</dt><dd>${activityOf(view)}${names ? html` · <bdi>${names}</bdi>` : ""}</dd>
      <dt>${t("field.where")}</dt><dd>${extent(view)}</dd>
      <dt>${t("field.when")}</dt><dd>${when(facts.windows.get(view.id) ?? [])}</dd>
      ${full && view.operation.note && html`<dt>${t("field.note")}</dt><dd dir="auto">${view.operation.note}</dd>`}
      ${full && html`<dt>${t("field.filed")}</dt><dd>${[dateTime(at(view.filed_at), language()), t(view.signed ? "filed.signed" : "filed.unsigned"),
        t("filed.version", { version: view.version })].join(" · ")}</dd>`}
    </dl>
    ${!full && html`<p class="held-back">${t("level.envelopeNote")}</p>`}`);
}

/** @param {Props & { site: Site }} props */
export function SiteCard({ state, facts, site, select }) {
  const selection = /** @type {Chosen} */ ({ kind: "site", id: site.id });
  const chosen = state.selected?.id === site.id;
  return html`<article key=${site.id} id=${`card-${site.id}`} class="card ${chosen ? "chosen" : ""}" aria-current=${chosen ? "true" : undefined}>
    <p class="marks"><span class="mark site">${shape("shield")}${t(`site.${site.kind}`)}</span> ${partyMark(facts, site.owner)}</p>
    <h3><button type="button" class="title" onClick=${() => select(selection)}><bdi>${site.name}</bdi></button></h3>
    <dl>
      <dt>${t("field.where")}</dt><dd>${place(site.outline)} · ${t("site.standOff", { metres: number(site.stand_off_m) })}</dd>
      <dt>${t("field.when")}</dt><dd>${when([[at(site.valid_from), at(site.expires_at)]])}</dd>
      ${site.inspected_by && html`<dt>${t("field.inspected")}</dt><dd dir="auto">${site.inspected_by}</dd>`}
    </dl></article>`;
}

/** Who was told what, latest first. @param {{ told: Picture["told"], facts: Digest }} props */
export function Told({ told, facts }) {
  const [shown, setShown] = useState(PAGE);
  const latest = [...told].reverse().slice(0, shown);
  return html`<section class="list" aria-labelledby="told"><details>
    <summary><h2 id="told">${t("told.title")}</h2> <span class="count">${told.length}</span></summary>
    <ol class="told">${latest.map((x) => html`<li><time datetime=${x.at}>${dateTime(at(x.at), language())}</time> <b>${named(facts, x.party)}</b>${" "}
      ${toldWords(x.type)} <span class="subject">${subjectOf(facts, x.subject)}</span></li>`)}</ol>
    <${More} rest=${told.length - shown} more=${() => setShown(shown + PAGE)} />
    ${!latest.length && html`<p class="quiet">${t("told.empty")}</p>`}
  </details></section>`;
}
