/**
 * The way through a case as screens: what has been answered so far gives the screens of the step that comes now, and
 * what the last of them records. Pure: no screen, no server; which step may follow which is the server's to say.
 */
import type { CaseDetail } from "../api/types";
import type { Step } from "../desk/step-fields";
import type { FindKey } from "./words";

export type State = CaseDetail["state"];
export type Answers = Readonly<Record<string, string>>;

export interface Option {
  readonly value: string;
  /** A word of the guide, or null: the value is what it says, like a person's number. */
  readonly word: FindKey | null;
  readonly tone?: "danger" | "quiet";
}

/** One screen. Its words are `<id>_title`, `<id>_lead` and, for a wrong turn, `<id>_wrong`. */
export interface Page {
  readonly id: string;
  readonly kind: "do" | "choose" | "ask" | "second" | "photo" | "call" | "review" | "sign" | "end";
  /** What its answer is called among the answers. */
  readonly field?: string;
  readonly options?: readonly Option[];
  readonly button?: FindKey;
  readonly isNumber?: boolean;
  /** YYYY-MM-DD. */
  readonly isDate?: boolean;
  readonly atLeast?: number;
}

/** The screens of the step that comes now; `step` makes what is recorded after the last one, null while that is open. */
export interface Flow {
  readonly pages: readonly Page[];
  readonly step: Step | null;
}

export const PROCEDURE: readonly State[] = [
  "camera",
  "room_closed",
  "photographed",
  "police_called",
  "handed_over",
  "reported_to_city",
];
/** After the police have it, until they said what it was. */
const MAY_BE_ANSWERED: ReadonlySet<State> = new Set([
  "police_called",
  "handed_over",
  "reported_to_city",
  "police_camera",
  "police_none",
]);

export function mayHearPolice(state: State): boolean {
  return MAY_BE_ANSWERED.has(state);
}

/** Where a step without a second person leads, for the guide to go on while it waits; null: the case stays as it is. */
export function leadsTo(step: Step): State | null {
  switch (step.step) {
    case "room_closed":
    case "photographed":
    case "police_called":
    case "handed_over":
    case "reported_to_city":
    case "not_reached":
    case "repaired":
      return step.step;
    case "unchanged":
      return "not_camera";
    case "defect_found":
      return "defect";
    case "rechecked":
      return step.holds ? "hole_repaired" : "defect";
    case "reopened":
      return "candidate";
    case "police_result":
      return step.result === "unknown" ? null : `police_${step.result}`;
    default:
      return null;
  }
}
/** Nothing was handed over yet: 112 stays in reach. */
export const AT_RISK: ReadonlySet<State> = new Set(["camera", "room_closed", "photographed", "police_called"]);
/** From the call on, the file of the case may go to the police. */
export const WITH_POLICE: ReadonlySet<State> = new Set([
  "police_called",
  "handed_over",
  "reported_to_city",
  "police_camera",
]);
/** When a picture of the object, a hole or a repair may be worth taking beside the steps. */
export const WORTH_A_PICTURE: ReadonlySet<State> = new Set([
  "candidate",
  "not_reached",
  "looked_at",
  "photographed",
  "defect",
  "repaired",
]);
const MAY_BE_NONE: ReadonlySet<State> = new Set(["camera", "room_closed", "photographed"]);

export function mayBeNone(state: State): boolean {
  return MAY_BE_NONE.has(state);
}

const choose = (id: string, field: string, ...options: Option[]): Page => ({ id, kind: "choose", field, options });
const ask = (id: string, field: string, suggestions: readonly FindKey[] = [], atLeast = 1): Page => ({
  id,
  kind: "ask",
  field,
  atLeast,
  options: suggestions.map((word) => ({ value: word, word })),
});
const option = (value: string, word: FindKey, tone?: "danger" | "quiet"): Option =>
  tone === undefined ? { value, word } : { value, word, tone };
const SECOND: Page = { id: "second", kind: "second" };
const RANKS = ["순경", "경장", "경사", "경위", "경감"].map((value) => ({ value, word: null }));

/** `inspectors`: numbers of the persons who are there, for who guards the door; `asksOne`: whether nothing changed. */
export function flowOf(
  state: State,
  answers: Answers,
  inspectors: readonly string[],
  photograph: string | null,
  asksOne = false,
): Flow {
  const of = (name: string): string => answers[name] ?? "";
  if (answers["aside"] === "not_camera" && mayBeNone(state)) return notCamera(of);
  if (answers["aside"] === "police_asked") return policeAsked(of);
  if (answers["aside"] === "police_result" && mayHearPolice(state)) return policeResult(of);
  switch (state) {
    case "candidate":
    case "not_reached":
      return asksOne ? again(of) : look(of);
    case "looked_at":
      return decide(of);
    case "camera":
      return {
        pages: [
          { id: "leave", kind: "do" },
          { id: "clear", kind: "do" },
          {
            ...ask("guard", "guarded_by", [], 2),
            options: inspectors.map((value) => ({ value, word: null })),
          },
        ],
        step: { step: "room_closed", guarded_by: of("guarded_by") },
      };
    case "room_closed": {
      const without = ask("why_not", "why_not", ["why_not_no_key", "why_not_unsafe", "why_not_camera"]);
      const isWithout = of("without") === "yes";
      return {
        pages: [{ id: "photo", kind: "photo" }, ...(isWithout ? [without] : [])],
        step: isWithout
          ? { step: "photographed", commitment: null, why_not: of("why_not") }
          : { step: "photographed", commitment: photograph, why_not: null },
      };
    }
    case "photographed":
      return {
        pages: [{ id: "call", kind: "call", button: "call_done" }, ask("receipt", "receipt_no", ["receipt_none"])],
        step: { step: "police_called", receipt_no: of("receipt_no") },
      };
    case "police_called":
      return handOver(of);
    case "handed_over":
      return {
        pages: [{ id: "sign", kind: "sign" }, ask("report", "to", ["report_district", "report_city"])],
        step: { step: "reported_to_city", to: of("to") },
      };
    case "reported_to_city":
      return { pages: [{ id: "done", kind: "end" }], step: null };
    case "police_camera":
    case "police_none":
      return { pages: [{ id: state, kind: "end" }], step: null };
    case "not_camera":
    case "hole_repaired": {
      const end: Page = { id: state === "not_camera" ? "closed" : "repair_closed", kind: "end", button: "reopen" };
      return { pages: [end, ask("reopen", "why")], step: { step: "reopened", why: of("why") } };
    }
    case "defect":
      return { pages: [ask("repaired", "by", ["repaired_facility"])], step: { step: "repaired", by: of("by") } };
    case "repaired":
      return {
        pages: [choose("recheck", "holds", option("yes", "yes"), option("no", "no"))],
        step: { step: "rechecked", holds: of("holds") === "yes" },
      };
  }
}

type Of = (name: string) => string;

/** One question to one person; whoever sees any change goes on with a second one. */
function again(of: Of): Flow {
  const first = choose("again", "changed", option("no", "again_unchanged"), option("yes", "again_changed", "quiet"));
  if (of("changed") !== "yes") return { pages: [first], step: of("changed") === "no" ? { step: "unchanged" } : null };
  const rest = look(of);
  return { pages: [first, ...rest.pages], step: rest.step };
}

function look(of: Of): Flow {
  const first = choose(
    "look",
    "seen",
    option("object", "seen_object"),
    option("hole", "seen_hole"),
    option("nothing", "seen_nothing"),
    option("unreachable", "seen_unreachable", "quiet"),
  );
  const seen = of("seen");
  if (seen === "unreachable")
    return {
      pages: [first, ask("unreachable", "why", ["unreachable_high", "unreachable_used", "unreachable_closed"])],
      step: { step: "not_reached", why: of("why") },
    };
  const isSeen = seen === "object" || seen === "hole" || seen === "nothing";
  return { pages: [first, SECOND], step: isSeen ? { step: "looked_at", seen } : null };
}

function decide(of: Of): Flow {
  const first = choose(
    "decide",
    "verdict",
    option("camera", "is_camera", "danger"),
    option("defect", "is_defect"),
    option("not_camera", "is_not_camera"),
  );
  switch (of("verdict")) {
    case "camera":
      return {
        pages: [
          first,
          choose("touched", "was_touched", option("no", "touched_no"), option("yes", "touched_yes")),
          SECOND,
        ],
        step: { step: "camera", was_touched: of("was_touched") === "yes" },
      };
    case "not_camera": {
      const rest = notCamera(of);
      return { pages: [first, ...rest.pages], step: rest.step };
    }
    case "defect": {
      const rest = defect(of);
      return { pages: [first, ...rest.pages], step: rest.step };
    }
    default:
      return { pages: [first], step: null };
  }
}

function notCamera(of: Of): Flow {
  return {
    pages: [
      ask("what", "what", ["what_screw", "what_sensor", "what_glint", "what_light", "what_radio", "what_none"]),
      SECOND,
    ],
    step: { step: "not_camera", what: of("what"), reopens: null },
  };
}

function defect(of: Of): Flow {
  const kind = of("defect");
  const first = choose(
    "defect",
    "defect",
    option("hole", "defect_hole"),
    option("emergency_bell", "defect_emergency_bell"),
    option("floor_gap", "defect_floor_gap"),
    option("ceiling_gap", "defect_ceiling_gap"),
  );
  const millimetres: Page = { ...ask("mm", "mm"), isNumber: true };
  const common = { step: "defect_found", installed: null, due: null } as const;
  if (kind === "hole" || kind === "emergency_bell")
    return {
      pages: [first],
      step: { ...common, defect: kind, measured_mm: null, is_door: false, has_own_ventilation: false },
    };
  if (kind !== "floor_gap" && kind !== "ceiling_gap") return { pages: [first], step: null };
  const isFloor = kind === "floor_gap";
  const exempt = isFloor
    ? choose("door", "door", option("no", "door_no"), option("yes", "door_yes"))
    : choose("vent", "vent", option("no", "no"), option("yes", "yes"));
  return {
    pages: [first, exempt, millimetres],
    step: {
      ...common,
      defect: kind,
      measured_mm: Math.round(Number(of("mm"))),
      is_door: isFloor && of("door") === "yes",
      has_own_ventilation: !isFloor && of("vent") === "yes",
    },
  };
}

function handOver(of: Of): Flow {
  return {
    pages: [
      { id: "wait", kind: "do", button: "wait_done" },
      { ...ask("officer", "officer", [], 2) },
      { ...ask("rank", "rank"), options: RANKS },
      ask("station", "station"),
      ask("given", "receipt_no", ["receipt_none"]),
      ask("seal", "seal_no", ["seal_none"]),
      { id: "review", kind: "review" },
    ],
    step: {
      step: "handed_over",
      officer: of("officer"),
      rank: of("rank"),
      station: of("station"),
      receipt_no: of("receipt_no"),
      seal_no: of("seal_no"),
    },
  };
}

function policeAsked(of: Of): Flow {
  const wanted = ["addresses", "wifi_timeline", "photographs"] as const;
  return {
    pages: [
      ask("asked_document", "document_no"),
      ask("asked_officer", "asked_officer", [], 2),
      choose(
        "asked_wanted",
        "wanted",
        option("addresses", "wanted_addresses"),
        option("wifi_timeline", "wanted_wifi_timeline"),
        option("photographs", "wanted_photographs"),
        option("all", "wanted_all"),
      ),
    ],
    step: {
      step: "police_asked",
      document_no: of("document_no"),
      officer: of("asked_officer"),
      wanted: of("wanted") === "all" ? [...wanted] : wanted.filter((one) => one === of("wanted")),
    },
  };
}

function policeResult(of: Of): Flow {
  const result = (["camera", "none", "unknown"] as const).find((one) => one === of("result"));
  const dated = of("dated");
  return {
    pages: [
      choose(
        "police_result",
        "result",
        option("camera", "police_says_camera", "danger"),
        option("none", "police_says_none"),
        option("unknown", "police_says_unknown", "quiet"),
      ),
      { id: "police_dated", kind: "ask", field: "dated", isDate: true },
      ask("police_document", "document_no"),
    ],
    step: result === undefined ? null : { step: "police_result", result, dated, document_no: of("document_no") },
  };
}

/** Why a screen's answer does not do, as the word of its sentence; null when one may go on. */
export function wrongTurn(page: Page, answers: Answers): FindKey | null {
  if (page.field === undefined) return null;
  const answer = (answers[page.field] ?? "").trim();
  const isWrong =
    answer.length < (page.atLeast ?? 1) ||
    (page.isNumber === true && !/^\d{1,4}$/.test(answer)) ||
    (page.isDate === true && !/^\d{4}-\d\d-\d\d$/.test(answer));
  // Every screen with an answer has a sentence under this name; a test asks each for its own.
  return isWrong ? (`${page.id}_wrong` as FindKey) : null;
}

/** What is said to 112, in Korean whatever the page speaks: the police read it. It says nothing that was not done yet. */
export function messageTo112(place: {
  readonly facility: string;
  readonly room: string;
  readonly address: string;
  readonly where: string;
  readonly who: string;
  readonly isClosed: boolean;
}): string {
  const spot = [place.facility, place.room, place.where.trim()].filter((part) => part !== "").join(" ");
  const address = place.address === "" ? "" : ` 주소: ${place.address}.`;
  const scene = place.isClosed ? "사람을 내보내고 문 앞을 지키고 있습니다." : "사람을 내보내는 중입니다.";
  return (
    `[불법촬영 의심 기기 신고] ${spot}.${address} 점검 중 카메라로 의심되는 물체를 발견했습니다. ` +
    `${scene} 물체에는 손대지 않습니다. 신고자: ${place.who}`
  );
}

/** A text message to 112 with its words; `?&` is what both Android and iOS read. */
export function textLink(message: string): string {
  return `sms:112?&body=${encodeURIComponent(message)}`;
}
