/** The page's words, from catalogues in four languages. */

export const LANGUAGES = /** @type {const} */ ({ en: "English", tr: "Türkçe", ru: "Русский", ar: "العربية" });
/** @typedef {keyof typeof LANGUAGES} Language */

/** @type {Record<string, Record<string, string>>} */
const catalogues = {};
/** @type {Language} */
let current = "en";

/** The language in use. */
export const language = () => current;

/** @param {string} wanted @returns {Promise<void>} */
export async function useLanguage(wanted) {
  const next = /** @type {Language} */ (wanted in LANGUAGES ? wanted : "en");
  for (const code of new Set(["en", next])) catalogues[code] ??= await (await fetch(`/static/i18n/${code}.json`)).json();
  current = next;
  document.documentElement.lang = next;
  document.documentElement.dir = next === "ar" ? "rtl" : "ltr";
}

/** The reader's own choice, or the browser's. */
export function preferred() {
  const stored = sessionStorage.getItem("antalya.language");
  const offered = [stored, ...navigator.languages].map((l) => (l ?? "").slice(0, 2));
  return offered.find((l) => l in LANGUAGES) ?? "en";
}

/** Whether the language has such words. @param {string} key */
export const knows = (key) => Boolean(catalogues[current]?.[key]);

/** The words for a key, `{name}` filled in; English where a catalogue lacks it, the key where all do.
 * @param {string} key @param {Record<string, unknown>} [values] */
export function t(key, values = {}) {
  const words = catalogues[current]?.[key] ?? catalogues.en?.[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
