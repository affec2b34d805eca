/** The map library, loaded as a classic script: window.ol. */
declare const ol: any;

type Ring = [number, number][];
interface PolygonOutline { type: "Polygon"; coordinates: Ring[] }
interface MultiPolygonOutline { type: "MultiPolygon"; coordinates: Ring[][] }
interface CircleOutline { type: "Circle"; center: [number, number]; radius_m: number }
type Outline = PolygonOutline | MultiPolygonOutline | CircleOutline;

type Clearance = "clear" | "held" | "blocked";
type Severity = "info" | "caution" | "warning" | "critical";
type Names = Partial<Record<"en" | "tr" | "ru" | "ar", string>>;

interface Volume { outline: Outline; lower_m: number; upper_m: number; starts_at: string; ends_at: string }
interface Operation {
  id: string; party: string; activity: string; volumes: Volume[]; forces: string[]; state: string; title: string; note: string;
  priority: number; emergency: boolean; source?: string;
}
interface DetailsView {
  level: "details"; id: string; version: number; etag: string; filed_at: string; signed: boolean; clearance: Clearance | null;
  operation: Operation;
}
interface EnvelopeView {
  level: "envelope"; id: string; party: string; forces: string[]; activity: string; state: string; envelope: Volume;
}
type OperationView = DetailsView | EnvelopeView;
interface Met { region: Outline | null; starts_at: string; ends_at: string; lower_m: number; upper_m: number; distance_m?: number }
interface Remedy {
  kind: string; operation: string; text: string; instant: string | null; altitude_m: number | null; distance_m: number | null;
  parties: string[]; force: string | null;
}
interface FindingView {
  id: string; level: "overlap" | "envelope" | "details"; kind: string; severity: Severity; effect: "none" | "hold" | "block";
  opened_at: string; closed_at: string | null; why: string; text: string; params: Record<string, unknown>; rule: string | null;
  rule_kind: string | null; understanding: string | null; operation: string | null; other: string | null; site: string | null;
  met: Met[]; more: boolean; starts_at: string | null; ends_at: string | null; remedies: Remedy[]; stance: string | null; settled: boolean;
}
interface AnswerView { id: string; party: string | null; decision: string; conditions: string[]; note: string; at: string | null }
interface AskView {
  id: string; kind: string; finding: string; operation: string | null; of: string | null; text: string; asked_at: string;
  deadline: string; state: string; valid_until: string | null; conditions: string[]; answers: AnswerView[];
}
interface Site {
  id: string; owner: string; name: string; kind: string; outline: Outline; stand_off_m: number; valid_from: string;
  expires_at: string; inspected_by?: string; inspected_at?: string | null;
}
interface Area { id: string; name: string; names?: Names; outline: Outline }
interface Control { id: string; claimant: string; force: string; area: string; since: string; until?: string | null; source?: string }
interface Picture {
  now: string; viewer: { party: string; name: string; broker: boolean }; parties: { id: string; name: string }[];
  forces: { id: string; name: string; answers: string }[]; areas: Area[]; stances: unknown[]; controls: Control[]; sites: Site[];
  understandings: { id: string; title: string; status: string }[]; operations: OperationView[]; findings: FindingView[];
  asks: AskView[]; told: { at: string; party: string; type: string; subject: string; delivered_at?: string | null }[];
  truncated?: boolean;
}
interface Me { party: string; name: string; scopes: string[]; broker: boolean; now: string; demo: boolean }
interface DemoViewer { id: string; name: string; token: string }
interface Problem { title: string; status: number; detail: string; code: string; next_step: string; at?: string }
interface Place { name: string; names: Names; lon: number; lat: number; rank: number }
interface Chosen { kind: "operation" | "finding" | "site" | "area"; id: string }
/** What the map shows: a moment (a quarter of an hour of a day), all of that day, or all days. */
interface Clock { day: number; quarter: number; span: "moment" | "day" | "all" }
