"""Bodies that openapi.json shows and the tests send."""

from typing import Any

OPERATION: dict[str, Any] = {
    "id": "0195712c-5f3a-7cc2-9d0e-2f6a5f6c1a01", "party": "US", "activity": "patrol", "forces": ["US-FORCES"],
    "title": "Patrol on the M4 north of Manbij",
    "volumes": [{"outline": {"type": "Polygon", "coordinates": [[[37.90, 36.56], [38.02, 36.56], [38.02, 36.62],
                                                                  [37.90, 36.62], [37.90, 36.56]]]},
                 "lower_m": 400, "upper_m": 700, "starts_at": "2017-03-08T06:00:00Z", "ends_at": "2017-03-08T10:00:00Z"}],
}
ANSWER: dict[str, Any] = {"decision": "grant-with-conditions", "conditions": ["Keep south of the Sajur river."],
                          "valid_until": "2017-03-08T10:00:00Z"}
FIX: dict[str, Any] = {"at": "2017-03-08T06:20:00Z", "position": [37.95, 36.59], "altitude_m": 520, "error_across_m": 2.5,
                       "speed_m_s": 14, "track_deg": 85, "next_at": "2017-03-08T06:20:10Z"}
FORCE: dict[str, Any] = {"id": "SDF", "name": "Syrian Democratic Forces", "answers": "US"}
PARTY: dict[str, Any] = {"id": "US", "name": "United States", "kind": "armed-force", "languages": ["en"]}
AREA: dict[str, Any] = {"id": "manbij", "name": "Manbij", "outline": {"type": "Circle", "center": [37.955, 36.528],
                                                                      "radius_m": 15000}}
STANCE: dict[str, Any] = {"id": "us-sdf", "holder": "US", "towards": "SDF", "stance": "partner",
                          "since": "2015-10-01T00:00:00Z"}
CONTROL: dict[str, Any] = {"id": "us-sdf-manbij", "claimant": "US", "force": "SDF", "area": "manbij",
                           "since": "2016-08-12T00:00:00Z"}
SITE: dict[str, Any] = {"id": "hospital-1", "owner": "AID", "name": "Hospital (illustrative)", "kind": "hospital",
                        "outline": {"type": "Circle", "center": [37.949, 36.523], "radius_m": 120},
                        "valid_from": "2017-03-01T00:00:00Z", "expires_at": "2017-09-01T00:00:00Z"}
UNDERSTANDING: dict[str, Any] = {
    "id": "manbij-consent", "title": "No move on Manbij without Russia and the United States", "signatories": ["TR", "RU", "US"],
    "since": "2017-03-06T00:00:00Z",
    "rules": [{"kind": "consent", "id": "manbij", "area": "manbij", "activities": ["ground-movement", "fires"],
               "of": ["RU", "US"]}]}
SIGNATURE: dict[str, Any] = {"content_sha256": "0" * 64}
STATUS: dict[str, Any] = {"status": "suspended"}
