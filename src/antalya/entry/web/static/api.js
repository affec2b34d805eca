/** The HTTP door, as the page uses it: the picture, answers, and the stream of events. */

/** A refusal or an outage, with the problem document where there is one. */
export class Failure extends Error {
  /** @param {string} message @param {Problem | null} problem @param {boolean} outage nobody answered, or only a gateway did */
  constructor(message, problem, outage) {
    super(message);
    this.problem = problem;
    this.outage = outage;
  }
}

/** How long an answer may take. */
const PATIENCE_MS = 30_000;

/** @typedef {{ method?: string, body?: unknown, known?: string }} Options `known`: the ETag of what is there already */

/** @param {string} token @param {string} path @param {Options} [options] @returns {Promise<any>} */
export async function call(token, path, options) {
  return (await send(token, path, options)).answer;
}

/** The picture with its ETag and the exchange's clock; no picture where it is still the one that is `known`.
 * @param {string} token @param {string} [known] @returns {Promise<{ picture: Picture | null, tag: string, now: string }>} */
export async function see(token, known = "") {
  const { answer, headers } = await send(token, "/v1/picture", { known });
  return { picture: answer, tag: headers.get("etag") ?? "", now: answer?.now ?? headers.get("antalya-now") };
}

/** @param {string} token @param {string} path @param {Options} [options] */
async function send(token, path, { method = "GET", body, known } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  if (known) headers["if-none-match"] = known;
  let response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(path, { method, headers, signal, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (cause) {
    throw new Failure(String(cause), null, true);
  }
  if (response.status === 304) return { answer: null, headers: response.headers };
  const kind = response.headers.get("content-type") ?? "";
  const answer = kind.includes("json") ? await response.json().catch(() => null) : null;
  if (!response.ok || answer === null) {
    throw new Failure(`${response.status}`, answer?.code ? answer : null, !answer?.code || response.status >= 502);
  }
  return { answer, headers: response.headers };
}

/** How long a stream may be silent; the server pings every 15 s. */
const SILENCE_MS = 40_000;

/**
 * Follows /v1/events until the signal; EventSource cannot send a token, so it is read by fetch.
 * @param {string} token
 * @param {{ event: (type: string, data: any) => void, up: () => void, alive: () => void, down: (denied: boolean) => void }} on
 * @param {AbortSignal} signal
 */
export async function follow(token, on, signal) {
  let [last, wait] = ["", 1000];
  while (!signal.aborted) {
    const silence = new AbortController();
    const stop = () => silence.abort();
    signal.addEventListener("abort", stop, { once: true });
    let timer = setTimeout(stop, SILENCE_MS);
    try {
      const response = await fetch("/v1/events", {
        headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...(last ? { "last-event-id": last } : {}) },
        signal: silence.signal, cache: "no-store",
      });
      if (!response.ok || !response.body) {
        on.down(response.status === 401 || response.status === 403);
      } else {
        on.up();
        wait = 1000;
        for await (const { id, type, data } of messages(response.body)) {
          clearTimeout(timer);
          timer = setTimeout(stop, SILENCE_MS);
          if (id) last = id;
          if (type) on.event(type, data);
          on.alive();
        }
        if (!signal.aborted) on.down(false);
      }
    } catch {
      if (!signal.aborted) on.down(false);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    if (!signal.aborted) await new Promise((go) => setTimeout(go, wait));
    wait = Math.min(wait * 2, 15_000);
  }
}

/**
 * Server-sent events of a body (WHATWG HTML, 9.2.6); comments come as a message without a type.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{ id: string, type: string, data: any }>}
 */
export async function* messages(body) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const held = buffer.endsWith("\r") ? "\r" : "";  // half of a line end, perhaps
    const blocks = buffer.slice(0, buffer.length - held.length).replace(/\r\n?/g, "\n").split("\n\n");
    buffer = (blocks.pop() ?? "") + held;
    for (const block of blocks) yield message(block);
  }
}

/** @param {string} block */
function message(block) {
  let [id, type, text] = ["", "", ""];
  for (const line of block.split("\n")) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    else if (field === "event") type = value;
    else if (field === "data") text += (text ? "\n" : "") + value;
  }
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { data = text; }
  return { id, type: type || (text ? "message" : ""), data };
}
