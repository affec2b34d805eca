/** The map: an offline base, and what the viewer may see at the clock's moment. */

import { centre, narrowest, polygons } from "./geo.js";
import { t } from "./i18n.js";
import * as style from "./style.js";
import { at, isActive } from "./time.js";
import { isOver } from "./words.js";

const THEATRE = [36.0, 34.6, 41.6, 37.4];
const MAP_ENDS = 84.5;
const PLACE_ZOOM = { 1: 0, 2: 7.6, 3: 9.2 };

/** @typedef {import("./state.js").State} State @typedef {import("./state.js").Digest} Digest */

/** @param {Outline} outline */
function geometry(outline) {
  return new ol.geom.MultiPolygon(polygons(outline)).transform("EPSG:4326", "EPSG:3857");
}

/** Latitude and longitude under the pointer. @param {number[]} at */
const position = ([lon, lat]) => `${lat.toFixed(3)}°, ${lon.toFixed(3)}°`;

/** The middle of an outline, where there is a map: it ends before the poles. @param {Outline} outline */
function middle(outline) {
  const [lon, lat] = centre(outline);
  return new ol.geom.Point(ol.proj.fromLonLat([lon, Math.max(-MAP_ENDS, Math.min(MAP_ENDS, lat))]));
}

export class TheatreMap {
  /** @param {HTMLElement} target @param {(selection: Chosen | null) => void} onSelect */
  constructor(target, onSelect) {
    /** @type {State | null} */
    this.state = null;
    /** @type {Digest | null} */
    this.facts = null;
    /** @type {Record<string, any[]>} */
    this.features = { controls: [], areas: [], sites: [], operations: [], findings: [], badges: [], captions: [] };
    /** @type {Record<string, any>} */
    this.layers = {};
    this.places = this.vector("places", (f, r) => this.placeStyle(f, r), 5, true);
    const base = this.vector("base", (f) => style.base(f.get("kind"), this.named(f.get("names"))), 0, true);
    for (const [i, name] of Object.keys(this.features).entries()) {
      this.layers[name] = this.vector(name, (f, r) => this.thingStyle(f, r), 1 + i + (i > 1 ? 10 : 0), name !== "findings");
    }
    this.base = base;
    this.map = new ol.Map({
      target, layers: [base, ...Object.values(this.layers), this.places],
      controls: [
        new ol.control.Zoom({ zoomInTipLabel: t("map.in"), zoomOutTipLabel: t("map.out") }), new ol.control.ScaleLine(),
        new ol.control.MousePosition({ projection: "EPSG:4326", placeholder: "", coordinateFormat: position }),
      ],
      view: new ol.View({ maxZoom: 16, minZoom: 1, enableRotation: false }),
    });
    this.view = this.map.getView();
    Object.assign(target, { theatre: this });  // for the console and the tests
    this.view.fit(ol.proj.transformExtent(THEATRE, "EPSG:4326", "EPSG:3857"));
    this.map.on("click", (/** @type {any} */ event) => onSelect(this.hit(event.pixel)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }

  /** @param {string} name @param {(feature: any, resolution: number) => any} look @param {number} zIndex
   * @param {boolean} [declutter] its words take no place that words of a higher layer have */
  vector(name, look, zIndex, declutter = false) {
    const className = declutter ? `ol-layer-${name}` : "ol-layer";
    const layer = new ol.layer.Vector({ source: new ol.source.Vector(), style: look, zIndex, declutter, className });
    layer.set("name", name);
    return layer;
  }

  /** @param {Place[]} places */
  async load(places) {
    const read = new ol.format.GeoJSON({ featureProjection: "EPSG:3857" });
    this.base.getSource().addFeatures(read.readFeatures(await (await fetch("/static/data/basemap.geojson")).json()));
    this.places.getSource().addFeatures(places.map((place) => new ol.Feature({
      geometry: new ol.geom.Point(ol.proj.fromLonLat([place.lon, place.lat])), place })));
  }

  /** Takes the page's state in; only what changed is done again. @param {State} state @param {Digest | null} facts */
  update(state, facts) {
    const before = this.state;
    this.state = state;
    if (facts !== this.facts || before?.language !== state.language) {
      this.facts = facts;
      this.build();
      this.places.changed();
      this.base.changed();
    } else if (before?.clock === state.clock && before?.layers === state.layers && before?.selected === state.selected) return;
    this.layers.captions.setZIndex(state.selected?.kind === "operation" ? 12 : 20);  // a chosen operation's words come first
    for (const [name, features] of Object.entries(this.features)) {
      const source = this.layers[name].getSource();
      const shown = this.visible(name) ? features.filter((f) => this.present(f)) : [];
      source.clear(true);
      source.addFeatures(shown);
    }
    if (facts && (!before?.picture || before.picture.viewer.party !== state.picture?.viewer.party) && !this.fitted) this.fitAll();
  }

  /** @param {string} layer */
  visible(layer) {
    return this.state?.layers[["badges", "captions"].includes(layer) ? "findings" : layer] ?? true;
  }

  /** Whether a feature is there at the clock's moment; what is over is there only while it is chosen. @param {any} feature */
  present(feature) {
    const { clock, selected } = /** @type {State} */ (this.state);
    const windows = feature.get("windows");
    if (!windows || selected?.id === feature.get("id")) return true;
    return !feature.get("over") && isActive(windows, clock);
  }

  /** Makes the features of a new picture. */
  build() {
    const facts = this.facts;
    for (const name of Object.keys(this.features)) this.features[name] = [];
    if (!facts) return;
    const add = (/** @type {string} */ layer, /** @type {any} */ shape, /** @type {object} */ properties) =>
      this.features[layer].push(new ol.Feature({ geometry: shape, ...properties }));
    for (const area of facts.picture.areas) add("areas", geometry(area.outline), { kind: "area", id: area.id, thing: area });
    for (const control of facts.picture.controls) {
      const area = facts.areas.get(control.area);
      const windows = [[at(control.since), control.until ? at(control.until) : Infinity]];
      if (area) add("controls", geometry(area.outline), { kind: "control", id: control.id, thing: control, windows });
    }
    for (const site of facts.picture.sites) {
      const windows = [[at(site.valid_from), at(site.expires_at)]];
      add("sites", geometry(site.outline), { kind: "site", id: site.id, thing: site, windows });
      add("sites", middle(site.outline), { kind: "site", id: site.id, thing: site, windows, mark: true });
    }
    for (const view of facts.picture.operations) {
      const volumes = view.level === "details" ? view.operation.volumes : [view.envelope];
      volumes.forEach((v, i) => add("operations", geometry(v.outline), {
        kind: "operation", id: view.id, thing: view, first: i === 0, over: isOver(view), windows: [[at(v.starts_at), at(v.ends_at)]] }));
    }
    /** @type {Map<string, number>} how many numbers stand at a spot already */
    const crowd = new Map();
    for (const finding of facts.open) {
      const met = finding.met.filter((m) => m.region);
      /** @type {Map<string, number[][]>} when a finding's number stands at a spot: once, however many meetings it has there */
      const marked = new Map();
      for (const m of met) {
        const windows = [[at(m.starts_at), at(m.ends_at)]];
        const region = /** @type {Outline} */ (m.region);
        add("findings", geometry(region), { kind: "finding", id: finding.id, thing: finding, windows: [...windows] });
        const spot = centre(region).map((degrees) => Math.round(degrees * 40)).join();
        const same = marked.get(spot);
        if (same) {
          same.push(...windows);
          continue;
        }
        marked.set(spot, windows);
        const beside = crowd.get(spot) ?? 0;
        crowd.set(spot, beside + 1);
        add("badges", middle(region), { kind: "finding", id: finding.id, thing: finding, windows, beside });
        if (finding.kind === "clash" && finding.level === "overlap" && !finding.other) {
          add("captions", middle(region), { kind: "finding", id: finding.id, thing: finding, windows, caption: true });
        }
      }
    }
  }

  /** @param {any} feature @param {number} resolution */
  thingStyle(feature, resolution) {
    const { thing, kind, id } = feature.getProperties();
    const facts = /** @type {Digest} */ (this.facts);
    const chosen = this.state?.selected?.id === id;
    if (kind === "area") return style.area(resolution < 250 || chosen ? this.named(thing.names) || thing.name : "", chosen);
    if (kind === "control") {
      const words = resolution < 250 ? t("map.claim", { force: thing.force, party: thing.claimant }) : "";
      return style.control(style.slot(facts.order, thing.claimant), words);
    }
    if (kind === "site" && feature.get("mark")) return style.siteMark();
    if (kind === "site") return style.site(this.pixels(feature, thing.stand_off_m, resolution), resolution < 300 || chosen ? thing.name : "", chosen);
    if (kind === "operation") return this.operationStyle(feature, thing, chosen);
    if (feature.getGeometry().getType() !== "Point") return style.finding(thing.severity, thing.settled, chosen);
    if (feature.get("caption")) return style.caption(t("map.another"), thing.severity, chosen);
    return style.badge(String(facts.number.get(id) ?? ""), thing.severity, chosen, feature.get("beside"));
  }

  /** @param {any} feature @param {OperationView} view @param {boolean} chosen */
  operationStyle(feature, view, chosen) {
    const facts = /** @type {Digest} */ (this.facts);
    const full = view.level === "details";
    const party = full ? view.operation.party : view.party;
    const activity = t(`activity.${full ? view.operation.activity : view.activity}`);
    const words = feature.get("first") ? `${party} · ${full ? activity : `${activity} · ${t("level.envelope")}`}` : "";
    return style.operation(style.slot(facts.order, party), full, words, chosen);
  }

  /** Metres on the ground as pixels at a feature. @param {any} feature @param {number} metres @param {number} resolution */
  pixels(feature, metres, resolution) {
    return metres / ol.proj.getPointResolution("EPSG:3857", resolution, ol.extent.getCenter(feature.getGeometry().getExtent()));
  }

  /** @param {any} feature @param {number} resolution */
  placeStyle(feature, resolution) {
    const { names, name, rank } = feature.get("place");
    const zoom = this.view.getZoomForResolution(resolution) ?? 0;
    return zoom >= PLACE_ZOOM[/** @type {1 | 2 | 3} */ (rank)] ? style.place(this.named(names) || name, rank) : undefined;
  }

  /** @param {Names | undefined} names */
  named(names) {
    return names?.[/** @type {keyof Names} */ (this.state?.language ?? "en")] ?? names?.en ?? "";
  }

  /** What was clicked: a finding before an operation before a site before an area. @param {number[]} pixel @returns {Chosen | null} */
  hit(pixel) {
    const layerFilter = (/** @type {any} */ layer) => layer.get("name") in this.layers && layer.get("name") !== "controls";
    const found = this.map.getFeaturesAtPixel(pixel, { hitTolerance: 4, layerFilter });
    const order = ["finding", "operation", "site", "area"];
    found.sort((/** @type {any} */ a, /** @type {any} */ b) => order.indexOf(a.get("kind")) - order.indexOf(b.get("kind")));
    return found.length ? { kind: found[0].get("kind"), id: found[0].get("id") } : null;
  }

  /** Brings a thing into view. @param {Chosen} selection */
  zoomTo({ kind, id }) {
    const all = kind === "finding" ? [...this.features.findings, ...this.features.badges] : this.features[`${kind}s`] ?? [];
    this.fit(all.filter((f) => f.get("id") === id));
  }

  /** Brings everything filed and found into view. */
  fitAll() {
    const all = [...this.features.operations.filter((f) => !f.get("over")), ...this.features.findings];
    this.fitted = all.length > 0;
    this.fit(all);
  }

  /** @param {any[]} features */
  fit(features) {
    if (!features.length) return;
    this.map.updateSize();
    const extents = features.map((feature) => feature.getGeometry().getExtent());
    const [west, east] = narrowest(extents.map(([from, , to]) => [from, to]), ol.extent.getWidth(this.view.getProjection().getExtent()));
    this.view.fit([west, Math.min(...extents.map((e) => e[1])), east, Math.max(...extents.map((e) => e[3]))], { padding: [48, 48, 48, 48], maxZoom: 12 });
  }

  /** Draws everything anew, after the colours changed. */
  repaint() {
    style.forget();
    this.map.getLayers().forEach((/** @type {any} */ layer) => layer.changed());
  }
}
