/** The top of the page: who looks, how fresh the picture is, which language. */

import { html } from "./vendor/htm-preact.js";
import { LANGUAGES, language, t } from "./i18n.js";
import { hms } from "./time.js";

/** @typedef {import("./state.js").State} State */

/** @param {{ state: State, look: (id: string) => void, speak: (language: string) => void, leave: () => void }} props */
export function Header({ state, look, speak, leave }) {
  const { picture, viewers, viewer } = state;
  return html`<header class="top">
    <h1>Antalya</h1>
    ${viewers.length ? html`<fieldset class="seen-by">
      <legend>${t("viewer.seenBy")}</legend>
      ${viewers.map((v, i) => html`<label key=${v.id} class=${v.id === viewer ? "on" : ""}>
        <input type="radio" name="viewer" value=${v.id} checked=${v.id === viewer} onChange=${() => look(v.id)} aria-keyshortcuts=${String(i + 1)} />
        <bdi>${v.name}</bdi> <kbd aria-hidden="true">${i + 1}</kbd></label>`)}
    </fieldset>` : picture && html`<p class="seen-by"><span>${t("viewer.seenBy")}</span> <b><bdi>${picture.viewer.name}</bdi></b>
      <button type="button" class="plain" onClick=${leave}>${t("token.forget")}</button></p>`}
    ${picture ? link(state) : html`<p class="link"></p>`}
    <label class="language"><span class="hidden">${t("language")}</span>
      <select value=${language()} onChange=${(/** @type {any} */ e) => speak(e.target.value)}>
        ${Object.entries(LANGUAGES).map(([code, name]) => html`
          <option key=${code} value=${code} lang=${code} selected=${code === language()}>${name}</option>`)}
      </select></label>
  </header>`;
}

/** @param {State} state */
function link(state) {
  const time = `${hms(state.asOf)}Z`;
  const words = state.link === "live" ? t("link.live", { time }) : state.link === "lost" ? t("link.lostShort") : t("link.connecting", { time });
  return html`<p class="link ${state.link}"><span class="dot" aria-hidden="true"></span>${words}</p>`;
}

/** What must not be missed: an outage is never clear. @param {{ state: State, retry: () => void }} props */
export function Outage({ state, retry }) {
  if (state.link !== "lost" || !state.picture) return "";
  return html`<div class="outage" role="alert"><strong>${t("link.lost", { time: `${hms(state.asOf)}Z` })}</strong>
    <span>${t("link.notCleared")}</span> <button type="button" onClick=${retry}>${t("link.retry")}</button></div>`;
}
