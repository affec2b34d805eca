/** Positions and outlines for people to look at; nothing is decided by it (the server's geometry is exact). */

const RADIUS = 6_371_008.8;
const RAD = Math.PI / 180;
const COMPASS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
const AT_M = 1_500;
const FAR_M = 200_000;

/** @typedef {[number, number]} Position longitude, latitude in degrees */

/** Great-circle distance in metres. @param {Position} a @param {Position} b */
export function distance([lon1, lat1], [lon2, lat2]) {
  const h = Math.sin(((lat2 - lat1) * RAD) / 2) ** 2
    + Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.sin(((lon2 - lon1) * RAD) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** First azimuth from a to b, degrees from north. @param {Position} a @param {Position} b */
export function azimuth([lon1, lat1], [lon2, lat2]) {
  const d = (lon2 - lon1) * RAD;
  const y = Math.sin(d) * Math.cos(lat2 * RAD);
  const x = Math.cos(lat1 * RAD) * Math.sin(lat2 * RAD) - Math.sin(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.cos(d);
  return (Math.atan2(y, x) / RAD + 360) % 360;
}

/** Where one gets from a position. @param {Position} from @param {number} bearing degrees @param {number} metres @returns {Position} */
export function forward([lon, lat], bearing, metres) {
  const [d, b] = [metres / RADIUS, bearing * RAD];
  const sin = Math.sin(lat * RAD) * Math.cos(d) + Math.cos(lat * RAD) * Math.sin(d) * Math.cos(b);
  const east = Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(lat * RAD), Math.cos(d) - Math.sin(lat * RAD) * sin);
  return [lon + east / RAD, Math.asin(sin) / RAD];
}

/** An outline as polygons, each a list of rings; circles become rings of 96 corners. Over the antimeridian longitudes go on
 * beyond 180; what is round a pole reaches up to it, all the way round. @param {Outline} outline @returns {Position[][][]} */
export function polygons(outline) {
  const parts = outline.type === "Polygon" ? [outline.coordinates] : outline.type === "Circle" ? [[round(outline)]] : outline.coordinates;
  return parts.map((rings) => rings.map((ring) => dense(ring, parts[0][0][0])));
}

/** A circle as a ring. At a pole itself there are no bearings. @param {{ center: Position, radius_m: number }} circle @returns {Position[]} */
function round({ center: [lon, lat], radius_m }) {
  const from = /** @type {Position} */ ([lon, Math.max(-89.9999, Math.min(89.9999, lat))]);
  return Array.from({ length: 97 }, (_, i) => forward(from, (i % 96) * 3.75, radius_m));
}

/** The narrowest span of a world that goes round which holds all of these, each from its west to its east, in one unit.
 * @param {[number, number][]} spans @param {number} world how far it is round @returns {[number, number]} */
export function narrowest(spans, world) {
  const sorted = spans.map(([west, east]) => [((west % world) + world) % world, east - west]).sort((a, b) => a[0] - b[0]);
  let reach = Math.max(...sorted.map(([west, width]) => west + width)) - world;
  let [start, gap] = [sorted[0][0], -Infinity];
  for (const [west, width] of sorted) {
    if (west - reach > gap) [start, gap] = [west, west - reach];
    reach = Math.max(reach, west + width);
  }
  const width = Math.min(world, world - gap);
  const middle = start + width / 2;
  const west = start - world * Math.round(middle / world);
  return [west, west + width];
}

/** A position within half the way round of another. @param {Position} position @param {Position} other @returns {Position} */
const beside = ([lon, lat], [other]) => [lon + 360 * Math.round((other - lon) / 360), lat];

/** A ring whose long edges follow the great circle (a corner about every 20 km), each point beside the one before and the first
 * beside the outline's first. @param {Position[]} ring @param {Position} origin @returns {Position[]} */
function dense(ring, origin) {
  /** @type {Position[]} */
  const points = [beside(ring[0], origin)];
  const push = (/** @type {Position} */ point) => points.push(beside(point, points[points.length - 1]));
  for (let i = 1; i < ring.length; i++) {
    const [a, b] = [ring[i - 1], ring[i]];
    const whole = distance(a, b);
    const steps = Math.min(200, Math.ceil(whole / 20_000));
    for (let k = 1; k < steps; k++) push(forward(a, azimuth(a, b), (whole * k) / steps));
    push(b);
  }
  const [start, end] = [points[0], points[points.length - 1]];
  if (Math.abs(end[0] - start[0]) > 180) {
    const pole = points.reduce((sum, [, lat]) => sum + lat, 0) < 0 ? -90 : 90;
    points.push([end[0], pole], [start[0], pole], start);
  }
  return points;
}

/** An angle within half the way round. @param {number} angle degrees */
const turn = (angle) => ((((angle + 180) % 360) + 360) % 360) - 180;

/** The middle of a ring; of one that goes round a pole, the pole. @param {Position[]} ring @returns {{ area: number, at: Position }} */
function centroid(ring) {
  const [lon0, lat0] = ring[0];
  const round = ring.slice(1).reduce((sum, [lon], i) => sum + turn(lon - ring[i][0]), 0);
  if (Math.abs(round) > 180) {
    const lat = ring.reduce((sum, position) => sum + position[1], 0) / ring.length;
    return { area: 360 * (90 - Math.abs(lat)), at: [0, lat < 0 ? -90 : 90] };
  }
  const corners = ring.map(([lon, lat]) => [turn(lon - lon0), lat - lat0]);
  let [area, east, north] = [0, 0, 0];
  for (let i = 1; i < corners.length; i++) {
    const [[x, y], [x2, y2]] = [corners[i - 1], corners[i]];
    const cross = x * y2 - x2 * y;
    area += cross; east += (x + x2) * cross; north += (y + y2) * cross;
  }
  const mean = (/** @type {number} */ k) => corners.reduce((sum, c) => sum + c[k], 0) / corners.length;
  const [x, y] = Math.abs(area) < 1e-12 ? [mean(0), mean(1)] : [east / (3 * area), north / (3 * area)];
  return { area: Math.abs(area) / 2, at: beside([lon0 + x, lat0 + y], [0, 0]) };
}

/** A middle of an outline, as the command line has it (entry/places.py). @param {Outline} outline @returns {Position} */
export function centre(outline) {
  if (outline.type === "Circle") return outline.center;
  const parts = outline.type === "Polygon" ? [outline.coordinates] : outline.coordinates;
  return parts.map((rings) => centroid(rings[0])).reduce((best, next) => (next.area > best.area ? next : best)).at;
}

/** The nearest place to a position. @param {Position} position @param {Place[]} places */
export function nearest(position, places) {
  let [best, metres] = [/** @type {Place | null} */ (null), Infinity];
  for (const place of places) {
    const far = distance(position, [place.lon, place.lat]);
    if (far < metres) [best, metres] = [place, far];
  }
  return { place: best, metres };
}

/** `36.53°N 37.95°E`. @param {Position} position */
export const degrees = ([lon, lat]) =>
  `${Math.abs(lat).toFixed(2)}°${lat >= 0 ? "N" : "S"} ${Math.abs(lon).toFixed(2)}°${lon >= 0 ? "E" : "W"}`;

/**
 * "12 km NE of Manbij" in the reader's language.
 * @param {Position} position @param {Place[]} places @param {string} language
 * @param {(key: string, values?: Record<string, unknown>) => string} t
 */
export function whereabouts(position, places, language, t) {
  const { place, metres } = nearest(position, places);
  if (!place || metres > FAR_M) return degrees(position);
  const name = place.names[/** @type {keyof Names} */ (language)] ?? place.name;
  if (metres < AT_M) return t("where.at", { place: name });
  const point = COMPASS[Math.round(azimuth([place.lon, place.lat], position) / 45) % 8];
  return t("where.from", { km: Math.round(metres / 1000), point: t(`compass.${point}`), place: name });
}
