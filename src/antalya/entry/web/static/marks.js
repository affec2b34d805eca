/** Small marks that say by shape what the word beside them says: clearance, severity, party. */

import { html } from "./vendor/htm-preact.js";
import { t } from "./i18n.js";
import { slot } from "./style.js";

const SHAPES = {
  clear: html`<circle cx="8" cy="8" r="6.5" /><path class="cut" d="M4.6 8.2 7 10.6 11.4 5.6" />`,
  held: html`<path d="M8 .8 15.2 8 8 15.2 .8 8Z" /><path class="cut" d="M6.3 5.4v5.2M9.7 5.4v5.2" />`,
  blocked: html`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" /><path class="cut" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" />`,
  unsure: html`<path class="hollow" d="M2 2h12v12H2Z" /><path class="stroke" d="M6 6.3a2 2 0 1 1 2.6 2q-.6.3-.6 1.1M8 11.4v.4" />`,
  critical: html`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" /><path class="cut" d="M8 4v5M8 11v1.2" />`,
  warning: html`<path d="M8 1 15.5 14.5H.5Z" /><path class="cut" d="M8 6v4M8 11.8v.9" />`,
  caution: html`<path d="M8 1 15.5 14.5H.5Z" class="hollow" /><path class="stroke" d="M8 6v4M8 11.8v.9" />`,
  info: html`<circle cx="8" cy="8" r="6.5" class="hollow" /><path class="stroke" d="M8 7v4M8 4.4v.8" />`,
  granted: html`<path class="stroke" d="M3 8.5 6.5 12 13 4.5" />`,
  open: html`<path class="hollow" d="M8 .8 15.2 8 8 15.2 .8 8Z" />`,
  shield: html`<path class="hollow" d="M8 1 14 3v4.5C14 11 11.5 13.6 8 15 4.500 13.6 2 11 2 7.500V3Z" /><path class="stroke" d="M8 5v5M5.500 7.500h5" />`,
};

/** @param {keyof typeof SHAPES} name */
export const shape = (name) => html`<svg class="shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${SHAPES[name]}</svg>`;

/** A clearance; while the connection is lost, a `clear` is not confirmed. @param {Clearance | null} clearance @param {boolean} lost */
export function clearanceMark(clearance, lost) {
  if (!clearance) return html`<span class="mark unsure">${shape("unsure")}${t("clearance.none")}</span>`;
  if (clearance === "clear" && lost) return html`<span class="mark unsure">${shape("unsure")}${t("clearance.unconfirmed")}</span>`;
  return html`<span class="mark ${clearance}">${shape(clearance)}${t(`clearance.${clearance}`)}</span>`;
}

/** @param {Severity} severity */
export const severityMark = (severity) => html`<span class="mark ${severity}">${shape(severity)}${t(`severity.${severity}`)}</span>`;

/** The number by which the list and the map mean the same finding. @param {import("./state.js").Digest} facts @param {FindingView} finding */
export function numberMark(facts, finding) {
  const number = facts.number.get(finding.id) ?? "";
  return html`<span class="number ${finding.severity}" aria-label=${t("findings.number", { number })}>${number}</span>`;
}

/** A party as its colour, its line and its id, the way the map draws it, with its name.
 * @param {import("./state.js").Digest} facts @param {string} party */
export function partyMark(facts, party) {
  const number = slot(facts.order, party);
  const name = facts.parties.get(party)?.name;
  return html`<span class="party">${swatch(html`<path class="ink-${number} dash-${number}" d="M0 6h26" />`)} <bdi>${party}</bdi>${name && name !== party && html` <bdi class="quiet">${name}</bdi>`}</span>`;
}

/** A sample of how something is drawn. @param {any} drawn */
export const swatch = (drawn) =>
  html`<svg class="swatch" viewBox="0 0 26 12" aria-hidden="true" focusable="false">${drawn}</svg>`;
