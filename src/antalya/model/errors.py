"""The one error catalogue: a stable code, an HTTP status, what happened and what to do next (RFC 9457).

Every refusal in the system is an `AntalyaError` made from a `Code` of this catalogue. Doors render it; nothing else maps
errors to statuses. docs/reference/errors.md is generated from here and a test fails where it differs.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: `name` is stable for ever; `exit_code` is what the command line ends with."""

    name: str
    status: int
    title: str
    next_step: str
    exit_code: int = 2


class AntalyaError(Exception):
    """A refusal that its reader can act on.

    `code` is the catalogue's entry, `detail` what happened this time (never plan contents of another party), `at` the
    place in the input (`volumes[0].outline`), `extra` members added to the problem document.
    """

    def __init__(self, code: Code, detail: str, *, at: str = "", **extra: object) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code, self.detail, self.at, self.extra = code, detail, at, extra

    def problem(self, instance: str = "") -> dict[str, object]:
        """The RFC 9457 problem document."""
        body: dict[str, object] = {
            "type": f"urn:antalya:error:{self.code.name}",
            "title": self.code.title,
            "status": self.code.status,
            "detail": self.detail,
            "code": self.code.name,
            "next_step": self.code.next_step,
        }
        if self.at:
            body["at"] = self.at
        if instance:
            body["instance"] = instance
        return body | self.extra


def _catalogue(*codes: Code) -> dict[str, Code]:
    names = [c.name for c in codes]
    if len(set(names)) != len(names):
        raise ValueError("a code stands twice in the catalogue")
    return {c.name: c for c in codes}


CATALOGUE: dict[str, Code] = _catalogue(
    # Input that can't be read
    Code("bad_json", 400, "The body or file is not JSON", "Send one JSON document in UTF-8, without NaN or Infinity."),
    Code("bad_field", 422, "A field is missing, unknown or out of range", "Correct the field named in `at`."),
    Code("bad_text", 422, "A text has characters that could mislead a reader",
         "Remove control characters, NUL and text-direction overrides."),
    Code("too_large", 413, "The body is larger than this exchange accepts", "Send less at once; see /v1/limits."),
    Code("bad_media_type", 415, "The content type is not one this door reads",
         "Send application/json, or application/jose for a signed filing."),
    # Geometry, altitude, time
    Code("ring_not_closed", 422, "A ring is not closed", "Repeat the first position of the ring at its end."),
    Code("ring_crosses_itself", 422, "A ring crosses itself or another ring", "Redraw the ring without crossings."),
    Code("ring_too_short", 422, "A ring has fewer than three different corners", "Give at least three corners."),
    Code("not_a_position", 422, "A position is outside longitude ±180 or latitude ±90",
         "Give [longitude, latitude] in degrees on WGS84."),
    Code("swapped_position", 422, "Longitude and latitude look swapped",
         "GeoJSON wants [longitude, latitude]: swap the two numbers."),
    Code("outline_too_wide", 422, "An outline is wider than one volume may be", "Split it into several volumes."),
    Code("area_too_large", 422, "An outline covers more than this exchange accepts", "Split it, or file less area."),
    Code("too_many_vertices", 422, "An outline has too many vertices", "Simplify it; see /v1/limits."),
    Code("too_many_volumes", 422, "An operation has too many volumes", "File several operations; see /v1/limits."),
    Code("bad_band", 422, "The altitude band is empty or upside down", "Give lower_m below upper_m."),
    Code("unknown_datum", 422, "The altitude datum is not known",
         "Use WGS84, MSL, AGL or FL; metres unless `unit` says ft."),
    Code("datum_needs_terrain", 422, "Heights above ground need the ground's height",
         "Give ground_lower_m and ground_upper_m (WGS84) for the outline, or another datum."),
    Code("bad_window", 422, "The window ends before it starts", "Give starts_at not after ends_at."),
    Code("naive_time", 422, "A time has no zone", "Write it in RFC 3339 with Z, for example 2017-03-07T06:00:00Z."),
    Code("beyond_horizon", 422, "A window lies outside what this exchange plans for",
         "File nearer the time; see /v1/limits."),
    Code("window_past", 422, "The window is already over", "File operations before they happen."),
    # References and state
    Code("not_found", 404, "There is no such thing, or you may not see it", "Check the id."),
    Code("unknown_reference", 422, "The filing names something the exchange does not know",
         "Register it first, or correct the id."),
    Code("duplicate_id", 409, "That id is taken", "Use a new UUID, or PUT with If-Match to change your own."),
    Code("bad_id", 422, "The id has the wrong form", "Use a UUID of version 4 or 7."),
    Code("precondition_required", 428, "A change must say what it changes",
         "Send If-Match with the current ETag; on the command line, --update."),
    Code("stale_etag", 412, "Somebody changed it since you read it", "Read it again, then repeat your change."),
    Code("idempotency_conflict", 409, "That Idempotency-Key was used for something else", "Use a new key."),
    Code("wrong_state", 409, "That is not possible in its present state", "Read it again; `detail` says why."),
    Code("is_reference", 409, "The operation is a USS's intent or constraint", "Change or delete its reference at /dss/v1."),
    Code("missing_ovns", 409, "The key does not prove knowledge of everything relevant",
         "Read the details of what is missing at its `uss_base_url`, add the OVNs found there to `key`, and repeat."),
    Code("stale_ovn", 409, "That is not its current version", "Read it again, then repeat your change with its current version."),
    Code("uss_down", 412, "The USS is marked as down", "Have the availability arbitrator mark it Normal first."),
    Code("no_telemetry", 412, "There is no telemetry", "Ask its operator directly; the volumes are all that is known here."),
    Code("search_too_wide", 413, "More is there than one answer may hold", "Search a smaller area, band or time."),
    Code("method_not_allowed", 405, "This address has no such method", "See /openapi.json."),
    # Who you are, what you may do
    Code("no_token", 401, "No bearer token", "Send Authorization: Bearer and a token made by `antalya token`.", 4),
    Code("bad_token", 401, "The token is not valid", "Get a new token from whoever issued this one.", 4),
    Code("no_scope", 403, "The token lacks a scope", "Ask the exchange's operator for a token with that scope.", 4),
    Code("not_yours", 403, "That belongs to another party", "Only its owner may change it.", 4),
    Code("unknown_party", 403, "The exchange does not know that party",
         "Ask its operator to register it, or to let its issuer's parties in.", 4),
    Code("foreign_party", 403, "The token's issuer may not name that party",
         "Get a token of the party's own issuer, or ask the operator to name the party in this issuer's `parties`.", 4),
    Code("bad_signature", 401, "The signature does not fit", "Sign the RFC 8785 bytes with a key the exchange has.", 4),
    Code("signature_required", 401, "This party's filings must be signed", "Send the filing as a JWS.", 4),
    # Bounds
    Code("rate_exceeded", 429, "Too many requests", "Wait for as long as Retry-After says.", 5),
    Code("budget_exceeded", 429, "The party's area budget is used up",
         "Wait until tomorrow (UTC), withdraw nothing: withdrawing frees no budget.", 5),
    Code("too_many_subscriptions", 429, "A USS has too many subscriptions there",
         "Delete some of your own there, or have many intents rest on one of them.", 5),
    # The house
    Code("store_full", 507, "The store has no room left", "Free disk space; nothing of this filing was kept.", 6),
    Code("store_read_only", 503, "The store cannot be written", "Check the disk and permissions of the store.", 6),
    Code("store_busy", 503, "The store is busy", "Try again in a moment.", 6),
    Code("store_broken", 500, "The store is damaged, or is no store", "Stop, keep the file, and restore a backup.", 6),
    Code("store_newer", 500, "The store was made by a newer version", "Use that version, or restore a backup.", 6),
    Code("clock_unsure", 503, "The exchange's clock went backwards", "Have the clock set right, then repeat.", 6),
    Code("log_broken", 500, "The log does not verify", "Stop, keep the file, and compare it with a witness's.", 7),
    Code("not_ready", 503, "The exchange is not ready", "Wait, and look at /readyz.", 6),
    Code("internal", 500, "The exchange failed", "Report it with the request's id; nothing was stored.", 70),
    # The command line
    Code("bad_usage", 400, "The command was called wrongly", "See the command's --help."),
    Code("bad_input_file", 422, "The file can't be used", "Correct the place named in `at`."),
    Code("bad_setting", 422, "A setting or option is wrong",
         "Correct it; --help says what a command takes, `antalya config show --origin` where each setting comes from."),
    Code("port_in_use", 409, "The port is in use", "Choose another with --port, or stop the other program.", 3),
    Code("not_installed", 501, "An optional part is not installed", "Install it with the command named in `detail`.", 3),
    Code("workers_lost", 503, "The workers of the check can't be reached",
         "Start the cluster's workers again, or check without --engine.", 6),
    Code("old_python", 500, "This Python is too old", "Use Python 3.11 or newer.", 3),
)


def error(name: str, detail: str, *, at: str = "", **extra: object) -> AntalyaError:
    """An error of the catalogue by its name; an unknown name is a defect and raises KeyError."""
    return AntalyaError(CATALOGUE[name], detail, at=at, **extra)
