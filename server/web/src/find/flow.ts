/**
 * The way through a case as screens: what has been answered so far gives the screens of the step that comes now, and
 * what the last of them records. Pure: no screen, no server; which step may follow which is the server's to say.
 */
import type { Step } from "../desk/step-fields";
import { mayBeNone, mayHearPolice, type State } from "./states";
import { say, words, type FindKey } from "./words";

/** What is recorded is Korean, in whichever language it was answered. */
const recorded = (number: string): string => (number === words.receipt_none.en ? words.receipt_none.ko : number);

export type Seen = "nothing" | "hole" | "object";
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
  readonly kind: "do" | "choose" | "ask" | "second" | "photo" | "call" | "sign" | "end";
  /** What its answer is called among the answers; afterwards it stands above as `fact_<field>`. */
  readonly field?: string;
  readonly options?: readonly Option[];
  readonly button?: FindKey;
  /** What stands above once a screen without an answer is done. */
  readonly past?: FindKey;
  readonly isNumber?: boolean;
  /** YYYY-MM-DD. */
  readonly isDate?: boolean;
  readonly atLeast?: number;
  /** Asked on the same screen, since it is said in one breath. */
  readonly more?: readonly Page[];
}

/** The screens of the step that comes now; `step` makes what is recorded after the last one, null while that is open. */
export interface Flow {
  readonly pages: readonly Page[];
  readonly step: Step | null;
  /** What both saw, when the decision brings its look along. */
  readonly seen?: Seen;
}

/** What is known before anybody is asked. What somebody saw, touched or did is never among it. */
export interface Known {
  /** Numbers of the persons who are there, for who guards the door. */
  readonly inspectors: readonly string[];
  /** Who proved to have decided with this person; null: nobody yet. */
  readonly partner: string | null;
  /** What both saw, where that was recorded before their decision. */
  readonly saw: Seen | null;
  /** Of 112; empty while there is none. */
  readonly receiptNo: string;
  /** The station that came last; empty on the first time. */
  readonly station: string;
  /** The district's own office, as it is told; null while nobody knows which district it is. */
  readonly office: string | null;
  /** The last photograph of the case; null without one. */
  readonly photograph: string | null;
  /** Whether nothing changed is for this person alone to say. */
  readonly asksOne: boolean;
  /** How far a repair is: nobody has it, whoever keeps the building has it, or a find keeps everybody from it. */
  readonly repair: "to_hand" | "handed" | "held";
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
const CITY = option("report_city", "report_city");
const office = (known: Known): Option =>
  known.office === null ? option("report_district", "report_district") : { value: known.office, word: null };
const SECOND: Page = { id: "second", kind: "second" };
const RANKS = ["순경", "경장", "경사", "경위", "경감"].map((value) => ({ value, word: null }));

export function flowOf(state: State, answers: Answers, known: Known): Flow {
  const of = (name: string): string => answers[name] ?? "";
  if (answers["aside"] === "not_camera" && mayBeNone(state)) return notCamera(of);
  if (answers["aside"] === "photograph" && state === "police_called") return photograph(known);
  if (answers["aside"] === "police_asked") return policeAsked(of);
  if (answers["aside"] === "police_result" && mayHearPolice(state)) return policeResult(of);
  if (answers["aside"] === "hand" && state === "defect") return handRepair(of);
  switch (state) {
    case "candidate":
    case "not_reached":
      return known.asksOne ? again(of) : look(of);
    case "looked_at":
      return decide(of, known.saw);
    case "camera":
      return close(of, known);
    case "room_closed":
      return {
        pages: [
          { id: "call", kind: "call", button: "call_done", past: "call_past" },
          ask("receipt", "receipt_no", ["receipt_none"]),
        ],
        step: { step: "police_called", receipt_no: recorded(of("receipt_no")) },
      };
    case "police_called":
      return handOver(of, known);
    case "handed_over":
      return {
        pages: [
          { id: "sign", kind: "sign" },
          { ...ask("report", "to"), options: [office(known), CITY] },
        ],
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
      if (known.repair === "to_hand" && answers["aside"] !== "repaired") return handRepair(of);
      if (known.repair === "held") return { pages: [{ id: "held", kind: "end" }], step: null };
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
  return after(first, look(of));
}

function after(first: Page, rest: Flow): Flow {
  return { ...rest, pages: [first, ...rest.pages] };
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
  if (seen !== "object" && seen !== "hole" && seen !== "nothing") return { pages: [first], step: null };
  // Both looked, and both decide: the second proves once, at the decision.
  const rest = decide(of, seen);
  const isProven = rest.pages.includes(SECOND) || rest.step === null;
  return { ...after(first, isProven ? rest : { ...rest, pages: [...rest.pages, SECOND] }), seen };
}

/** Where nothing is to be seen there is nothing to name: it cannot be ruled out, or nothing was found. */
function decide(of: Of, saw: Seen | null): Flow {
  const isNothing = saw === "nothing";
  const first = choose(
    "decide",
    "verdict",
    option("camera", "is_camera", "danger"),
    ...(isNothing
      ? [option("not_camera", "what_none")]
      : [option("defect", "is_defect"), option("not_camera", "is_not_camera")]),
  );
  if (isNothing && of("verdict") === "not_camera")
    return { pages: [first, SECOND], step: { step: "not_camera", what: say("what_none"), reopens: null } };
  if (isNothing && of("verdict") !== "camera") return { pages: [first], step: null };
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
    case "not_camera":
      return after(first, notCamera(of));
    case "defect":
      return after(first, defect(of));
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
    option("door_lock", "defect_door_lock"),
    option("partition", "defect_partition"),
    option("ceiling", "defect_ceiling"),
  );
  const millimetres: Page = { ...ask("mm", "mm"), isNumber: true };
  const common = { step: "defect_found", installed: null, due: null } as const;
  const plain = (["hole", "emergency_bell", "door_lock", "partition", "ceiling"] as const).find((one) => one === kind);
  if (plain !== undefined)
    return {
      pages: [first],
      step: { ...common, defect: plain, measured_mm: null, is_door: false, has_own_ventilation: false },
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

/** To whom the repair is given, and by when it is wanted: the day stands there already. */
function handRepair(of: Of): Flow {
  const due: Page = { ...ask("due", "due"), isDate: true };
  return {
    pages: [{ ...ask("hand", "handed_to", ["repaired_facility"]), more: [due] }],
    step: { step: "repair_handed", handed_to: of("handed_to"), due: of("due") },
  };
}

/** Not touched, cleared, closed and guarded; who guards is asked only where nobody knows. */
function close(of: Of, known: Known): Flow {
  const leave: Page = { id: "leave", kind: "do", past: "leave_past", button: "leave_done" };
  const isKnown = known.partner !== null && of("other_guard") !== "yes";
  const guard: Page = {
    ...ask("guard", "guarded_by", [], 2),
    options: known.inspectors.map((value) => ({ value, word: null })),
  };
  const clear: Page = { id: "clear", kind: "do", past: "clear_past", ...(isKnown ? { button: "clear_done" } : {}) };
  return {
    pages: isKnown ? [leave, clear] : [leave, clear, guard],
    step: { step: "room_closed", guarded_by: of("guarded_by") },
  };
}

/** The object in its place, before it is handed over; nobody has to. */
function photograph({ photograph: commitment }: Known): Flow {
  return {
    pages: [{ id: "photo", kind: "photo" }],
    step: commitment === null ? null : { step: "photographed", commitment, why_not: null },
  };
}

function handOver(of: Of, known: Known): Flow {
  const station = ask("station", "station");
  const isStationKnown = known.station !== "";
  const officer: Page = {
    ...ask("officer", "officer", [], 2),
    more: [{ ...ask("rank", "rank"), options: RANKS }, ...(isStationKnown ? [station] : [])],
  };
  return {
    pages: [
      { id: "wait", kind: "do", button: "wait_done" },
      officer,
      ...(isStationKnown ? [] : [station]),
      ...(known.receiptNo === "" ? [ask("given", "receipt_no", ["receipt_none"])] : []),
      ask("seal", "seal_no", ["seal_none"]),
      { id: "review", kind: "second" },
    ],
    step: {
      step: "handed_over",
      officer: of("officer"),
      rank: of("rank"),
      station: of("station"),
      receipt_no: recorded(of("receipt_no")),
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

/** Fields that say what they are by their answer, and those that need a name before it. */
const FACTS: Readonly<Record<string, FindKey | null>> = {
  seen: null,
  verdict: null,
  was_touched: null,
  what: null,
  defect: null,
  officer: "fact_officer",
  rank: "fact_rank",
  station: "fact_station",
  seal_no: "fact_seal_no",
};

/** What was done and answered on the screens before this one: a word of the guide, what was said, or both. */
export function doneOn(pages: readonly Page[], answers: Answers): readonly { name: FindKey | null; said: Option }[] {
  return pages
    .flatMap((page) => [page, ...(page.more ?? [])])
    .flatMap(({ past, field = "", options = [] }) => {
      if (past !== undefined) return [{ name: null, said: option("", past) }];
      const [name, value] = [FACTS[field], answers[field] ?? ""];
      if (name === undefined || value === "") return [];
      return [{ name, said: options.find((one) => one.value === value) ?? { value, word: null } }];
    });
}

/** Why a screen's answer does not do, as the word of its sentence; null when one may go on. */
export function wrongTurn(page: Page, answers: Answers): FindKey | null {
  const more = (page.more ?? []).map((one) => wrongTurn(one, answers)).find((one) => one !== null) ?? null;
  if (page.field === undefined) return more;
  const answer = (answers[page.field] ?? "").trim();
  const isWrong =
    answer.length < (page.atLeast ?? 1) ||
    (page.isNumber === true && !/^\d{1,4}$/.test(answer)) ||
    (page.isDate === true && !/^\d{4}-\d\d-\d\d$/.test(answer));
  // Every screen with an answer has a sentence under this name; a test asks each for its own.
  return isWrong ? (`${page.id}_wrong` as FindKey) : more;
}
