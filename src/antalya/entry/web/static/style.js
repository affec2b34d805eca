/** How things look on the map. Colours come from the page's style sheet; parties differ by colour, dash and pattern. */

const DASHES = [[], [12, 5], [3, 5], [12, 4, 3, 4], [18, 6], [6, 6], [12, 4, 3, 4, 3, 4], [2, 8]];
const ANGLES = [1, -1, 0, 2, 1, -1, 0, 2];
export const PARTY_COLOURS = 8;

/** Reads a colour of the style sheet. @param {string} name */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A party's place among the styles. @param {string[]} order sorted ids @param {string} party */
export const slot = (order, party) => Math.max(0, order.indexOf(party)) % PARTY_COLOURS;

/** @type {Map<string, any>} */
const cache = new Map();

/** Forgets every style, after the colours changed. */
export const forget = () => cache.clear();

/** @param {string} key @param {() => any} make */
function kept(key, make) {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key);
}

/**
 * A hatch as a canvas pattern.
 * @param {string} stroke @param {number} kind 1 rising, -1 falling, 0 dots, 2 upright @param {number} gap pixels
 */
function hatch(stroke, kind, gap) {
  const size = gap * devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.strokeStyle = pen.fillStyle = stroke;
  pen.lineWidth = 1.5 * devicePixelRatio;
  pen.beginPath();
  if (kind === 0) {
    pen.arc(size / 2, size / 2, 1.6 * devicePixelRatio, 0, 7);
    pen.fill();
  } else {
    const rising = kind === 1;
    const lines = kind === 2
      ? [[size / 2, 0, size / 2, size]]
      : [-size, 0, size].map((x) => (rising ? [x, size, x + size, 0] : [x, 0, x + size, size]));
    for (const [x1, y1, x2, y2] of lines) { pen.moveTo(x1, y1); pen.lineTo(x2, y2); }
    pen.stroke();
  }
  return pen.createPattern(canvas, "repeat");
}

/** A colour with transparency. @param {string} hex `#rrggbb` @param {number} alpha */
const veil = (hex, alpha) => `${hex}${Math.round(alpha * 255).toString(16).padStart(2, "0")}`;

/** Words on the map with a halo.
 * @param {string} text @param {{ ink?: string, bold?: boolean, size?: number, y?: number, along?: boolean, always?: boolean }} [how]
 * `always`: nothing else's words may take its place. */
export function label(text, { ink = colour("ink"), bold = false, size = 12, y = 0, along = false, always = false } = {}) {
  return new ol.style.Text({
    text, font: `${bold ? "600 " : ""}${size}px system-ui, "Segoe UI", "Noto Sans", "Noto Sans Arabic", sans-serif`,
    fill: new ol.style.Fill({ color: ink }), stroke: new ol.style.Stroke({ color: colour("halo"), width: 3.5 }),
    offsetY: y, overflow: true, placement: along ? "line" : "point", declutterMode: always ? "obstacle" : undefined, padding: [2, 3, 2, 3],
  });
}

/** The offline base map. @param {string} kind @param {string} name of a river */
export function base(kind, name) {
  return kept(`base ${kind} ${name}`, () => {
    const line = (/** @type {string} */ c, /** @type {number} */ width, /** @type {number[]} */ lineDash = []) =>
      new ol.style.Stroke({ color: colour(c), width, lineDash });
    const styles = {
      land: { fill: new ol.style.Fill({ color: colour("land") }), stroke: line("coast", 1) },
      lake: { fill: new ol.style.Fill({ color: colour("water") }), stroke: line("river", 0.75) },
      river: { stroke: line("river", 1.75), text: name ? label(name, { ink: colour("river-ink"), size: 11, along: document.dir !== "rtl" }) : undefined },
      province: { stroke: line("province", 0.75, [2, 3]) },
      border: { stroke: line("border", 1.5, [8, 3, 2, 3]) },
    };
    return new ol.style.Style(styles[/** @type {keyof typeof styles} */ (kind)] ?? {});
  });
}

/** A place. @param {string} name @param {number} rank */
export function place(name, rank) {
  return kept(`place ${rank} ${name}`, () => new ol.style.Style({
    image: new ol.style.Circle({
      radius: rank === 1 ? 3 : 2, fill: new ol.style.Fill({ color: colour("place") }),
      stroke: new ol.style.Stroke({ color: colour("halo"), width: 1 }), declutterMode: "none",
    }),
    text: label(name, { ink: colour("place"), size: rank === 1 ? 12 : 11, y: -9 }),
    zIndex: 4 - rank,
  }));
}

/** The middle of a feature's upper or lower edge, where its words do not cover it. @param {boolean} upper */
const edgeOf = (upper) => (/** @type {any} */ feature) => {
  const [west, south, east, north] = feature.getGeometry().getExtent();
  return new ol.geom.Point([(west + east) / 2, upper ? north : south]);
};

/**
 * An operation: in full as a tinted outline in its party's dash; as an envelope as hatched cells without a firm edge.
 * @param {number} number the party's slot @param {boolean} full @param {string} words @param {boolean} chosen
 */
export function operation(number, full, words, chosen) {
  return kept(`operation ${number} ${full} ${chosen} ${words}`, () => {
    const ink = colour(`party-${number}`);
    const edge = new ol.style.Stroke({
      color: full ? ink : veil(ink, 0.7), width: chosen ? 4 : full ? 2.25 : 1.25, lineDash: full ? DASHES[number] : [1, 6], lineCap: "round" });
    const tint = full ? veil(ink, chosen ? 0.3 : 0.16) : hatch(veil(ink, chosen ? 0.9 : 0.6), ANGLES[number] || 1, 10);
    const fill = new ol.style.Fill({ color: tint });
    const caption = label(words, { ink, bold: chosen, y: full ? -9 : 10, always: !full || chosen });
    const text = new ol.style.Style({ text: caption, geometry: edgeOf(full), zIndex: chosen ? 21 : 11 });
    const halo = new ol.style.Style({ stroke: new ol.style.Stroke({ color: colour("halo"), width: chosen ? 8 : 4 }), zIndex: 9 });
    return [...(full || chosen ? [halo] : []), new ol.style.Style({ stroke: edge, fill, zIndex: chosen ? 20 : 10 }), text];
  });
}

/** Where a finding is: a firm double edge and cross-hatching, with its number.
 * @param {Severity} severity @param {boolean} settled @param {boolean} chosen */
export function finding(severity, settled, chosen) {
  return kept(`finding ${severity} ${settled} ${chosen}`, () => {
    const ink = colour(`severity-${severity}`);
    const width = settled ? 1.5 : chosen ? 4 : 2.5;
    return [
      new ol.style.Style({ stroke: new ol.style.Stroke({ color: colour("halo"), width: width + 4 }), zIndex: 30 }),
      new ol.style.Style({
        stroke: new ol.style.Stroke({ color: ink, width, lineDash: settled ? [4, 4] : [] }),
        fill: new ol.style.Fill({ color: settled ? veil(ink, 0.08) : hatch(veil(ink, chosen ? 0.85 : 0.6), 1, 7) }), zIndex: 31,
      }),
    ];
  });
}

/** A finding's number, over everything; beside others of the same spot. No words take its place.
 * @param {string} number @param {Severity} severity @param {boolean} chosen @param {number} beside */
export function badge(number, severity, chosen, beside) {
  return kept(`badge ${number} ${severity} ${chosen} ${beside}`, () => {
    const x = 23 * beside;
    const ink = colour(`severity-${severity}`);
    const round = (/** @type {number} */ radius, /** @type {string} */ fill) => new ol.style.Style({
      image: new ol.style.Circle({ radius, displacement: [x, 0], declutterMode: "obstacle", fill: new ol.style.Fill({ color: fill }) }), zIndex: 40 });
    const figure = new ol.style.Style({
      text: new ol.style.Text({
        text: number, font: "700 12px system-ui, sans-serif", offsetX: x, declutterMode: "obstacle", fill: new ol.style.Fill({ color: colour("on-severity") }) }), zIndex: 41 });
    return [round(chosen ? 14 : 12, colour("halo")), round(chosen ? 12 : 10, ink), figure];
  });
}

/** Words beneath a finding's number. @param {string} words @param {Severity} severity @param {boolean} chosen */
export function caption(words, severity, chosen) {
  return kept(`caption ${severity} ${chosen} ${words}`, () => new ol.style.Style({
    text: label(words, { ink: colour(`severity-${severity}`), bold: true, y: 25, always: chosen }), zIndex: chosen ? 21 : 11 }));
}

/** A protected site: its stand-off as a soft wide edge of true width, its place firm.
 * @param {number} standOffPixels @param {string} words @param {boolean} chosen */
export function site(standOffPixels, words, chosen) {
  const ink = colour("site");
  return [
    new ol.style.Style({
      stroke: new ol.style.Stroke({ color: veil(ink, 0.22), width: Math.max(2, 2 * standOffPixels), lineJoin: "round" }), zIndex: 5 }),
    new ol.style.Style({
      stroke: new ol.style.Stroke({ color: ink, width: chosen ? 4 : 2 }), fill: new ol.style.Fill({ color: veil(ink, 0.35) }),
      text: label(words, { ink, bold: true, y: 20, always: true }), zIndex: 25,
    }),
  ];
}

/** The mark at the middle of a site. */
export function siteMark() {
  return kept("site mark", () => new ol.style.Style({
    image: new ol.style.RegularShape({
      points: 4, radius: 9, angle: Math.PI / 4, declutterMode: "none",
      fill: new ol.style.Fill({ color: colour("halo") }), stroke: new ol.style.Stroke({ color: colour("site"), width: 2.5 }),
    }), zIndex: 26,
  }));
}

/** A named area; a claim of control in it is dotted in the claimant's colour. @param {string} words @param {boolean} chosen */
export function area(words, chosen) {
  return kept(`area ${chosen} ${words}`, () => new ol.style.Style({
    stroke: new ol.style.Stroke({ color: colour("area"), width: chosen ? 3 : 1.25, lineDash: [6, 4] }),
    text: label(words, { ink: colour("area"), size: 11 }),
  }));
}

/** @param {number} number the claimant's slot @param {string} words */
export function control(number, words) {
  return kept(`control ${number} ${words}`, () => {
    const ink = colour(`party-${number}`);
    return new ol.style.Style({
      fill: new ol.style.Fill({ color: hatch(veil(ink, 0.4), 0, 14) }), stroke: new ol.style.Stroke({ color: veil(ink, 0.45), width: 1 }),
      text: label(words, { ink, size: 11, y: 14 }),
    });
  });
}
