/** The page: header, map, lists, day. */

import { AskCard } from "./asks.js";
import { Header, Outage } from "./header.js";
import { FindingCard, OperationCard, Section, SiteCard, Told } from "./lists.js";
import { t } from "./i18n.js";
import { shape, swatch } from "./marks.js";
import { activeAt } from "./state.js";
import { Timeline } from "./timeline.js";
import { Component, html } from "./vendor/htm-preact.js";

/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest */
/** @typedef {{ state: State, facts: Digest, select: (s: Chosen) => void }} ListProps */
/** @typedef {object} Actions
 * @property {(id: string) => void} look @property {(language: string) => void} speak @property {() => void} leave
 * @property {() => void} retry @property {(token: string) => void} present @property {(s: Chosen | null) => void} select
 * @property {(element: Element | null) => void} mount @property {(layer: string, on: boolean) => void} layer @property {() => void} fit
 */

/** @param {{ state: State, facts: Digest | null, actions: Actions }} props */
export function App({ state, facts, actions }) {
  return html`<div class="page ${state.phase}">
    <${Header} state=${state} look=${actions.look} speak=${actions.speak} leave=${actions.leave} />
    <${Outage} state=${state} retry=${actions.retry} />
    ${state.phase === "token" ? html`<${Token} state=${state} present=${actions.present} />` : html`
      <main class="map-area" aria-label=${t("map.title")}>
        <div id="map" class="map" ref=${actions.mount} tabindex="0" role="application" aria-label=${t("map.help")}></div>
        ${facts && html`<${Legend} state=${state} actions=${actions} />`}
        <p class="credit" dir="ltr">Natural Earth · GeoNames (CC BY 4.0)</p>
      </main>
      <aside class="lists" aria-label=${t("lists.title")}>
        ${state.failure && html`<p class="failure" role="alert">${state.failure}
          ${!state.picture && html` <button type="button" onClick=${actions.retry}>${t("link.retry")}</button>`}</p>`}
        ${facts && html`<${Lists} state=${state} facts=${facts} select=${actions.select} />`}
        ${!facts && !state.failure && html`<p class="quiet" role="status">${t("loading")}</p>`}
      </aside>
      ${facts ? html`<${Timeline} state=${state} facts=${facts} select=${actions.select} />`
        : html`<div class="time waiting"></div>`}`}
    <p class="hidden news" role="status" aria-live="polite">${state.news}</p>
  </div>`;
}

/** The lists; drawn anew only when something in them changed (a step of the slider mostly changes nothing). */
class Lists extends Component {
  /** @param {ListProps} next */
  shouldComponentUpdate(next) {
    const [a, b] = [this.props.state, next.state];
    const same = this.props.facts === next.facts && a.language === b.language && a.selected === b.selected && a.link === b.link
      && a.me === b.me && minute(a) === minute(b);
    return !same || this.away !== away(next);
  }

  render() {
    this.away = away(this.props);
    return lists(this.props);
  }
}

/** Deadlines are told to the minute. @param {State} state */
const minute = (state) => Math.floor(state.asOf / 60_000);

/** Which things the map leaves out now. @param {ListProps} props */
const away = ({ state, facts }) => [...facts.windows.keys()].filter((id) => !activeAt(facts, id, state.clock)).join();

/** @param {ListProps} props */
function lists(props) {
  const { facts } = props;
  const { picture } = facts;
  const { broker, party } = picture.viewer;
  const selected = props.state.selected?.id;
  const mine = picture.asks.filter((a) => a.of === party && a.state === "open");
  const others = picture.asks.filter((a) => !mine.includes(a) && a.state !== "closed");
  const full = facts.sorted.filter((o) => o.level === "details").length;
  return html`
    <p class="summary">${t(broker ? "seen.broker" : "seen.party", { full, envelope: facts.sorted.length - full })}
      ${picture.truncated && html` <strong>${t("seen.truncated")}</strong>`}</p>
    ${!broker && html`<${Section} id="asks" title=${t("asks.mine")} empty=${t("asks.none")} items=${mine}
      card=${(/** @type {AskView} */ ask) => html`<${AskCard} key=${ask.id} ...${props} ask=${ask} />`} />`}
    <${Section} id="findings" selected=${selected} title=${t("findings.title")} empty=${t("findings.none")} items=${facts.open}
      card=${(/** @type {FindingView} */ finding) => html`<${FindingCard} key=${finding.id} ...${props} finding=${finding} />`} />
    <${Section} id="operations" selected=${selected} title=${t("operations.title")} empty=${t("operations.none")} items=${facts.sorted}
      card=${(/** @type {OperationView} */ view) => html`<${OperationCard} key=${view.id} ...${props} view=${view} />`} />
    ${others.length > 0 && html`<${Section} id="waiting" title=${t(broker ? "asks.all" : "asks.others")} empty="" items=${others}
      card=${(/** @type {AskView} */ ask) => html`<${AskCard} key=${ask.id} ...${props} ask=${ask} />`} />`}
    ${picture.sites.length > 0 && html`<${Section} id="sites" selected=${selected} title=${t("sites.title")} empty="" items=${picture.sites}
      card=${(/** @type {Site} */ site) => html`<${SiteCard} key=${site.id} ...${props} site=${site} />`} />
      <p class="quiet notice-only">${t("sites.notice")}</p>`}
    <${Told} told=${picture.told} facts=${facts} />`;
}

/** @param {{ state: State, present: (token: string) => void }} props */
function Token({ state, present }) {
  const submit = (/** @type {any} */ event) => { event.preventDefault(); present(event.target.elements.token.value); };
  return html`<main class="token" aria-label=${t("token.title")}><form onSubmit=${submit}>
    <h2>${t("token.title")}</h2><p>${t("token.help")}</p>
    <label for="token">${t("token.label")}</label>
    <input id="token" name="token" type="password" autocomplete="off" spellcheck=${false} required />
    ${state.failure && html`<p class="failure" role="alert">${state.failure}</p>`}
    <button type="submit">${t("token.use")}</button></form></main>`;
}

/** @param {{ state: State, actions: Actions }} props */
function Legend({ state, actions }) {
  return html`<details class="legend"><summary>${t("legend.title")}</summary>
    ${Object.entries(state.layers).map(([name, on]) => html`<label class="check" key=${name}><input type="checkbox" checked=${on}
      onChange=${(/** @type {any} */ e) => actions.layer(name, e.target.checked)} /> ${t(`layer.${name}`)}</label>`)}
    <ul class="key">
      <li>${swatch(html`<path class="ink-0" d="M0 6h26" />`)}${t("legend.full")}</li>
      <li>${swatch(html`<path class="ink-0 envelope" d="M1 11 9 1M9 11 17 1M17 11 25 1" />`)}${t("legend.envelope")}</li>
      <li>${swatch(html`<rect class="where" x="2" y="1.5" width="22" height="9" />`)}${t("legend.finding")}</li>
      <li>${shape("shield")} ${t("legend.site")}</li>
    </ul>
    <button type="button" class="plain" onClick=${actions.fit}>${t("map.fit")}</button></details>`;
}
