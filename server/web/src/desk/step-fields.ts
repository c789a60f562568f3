/** Which fields each step of a case has; what the server asks for beside them is two persons for four of them. */
import type { CaseStep } from "../api/types";
import type { PlainKey } from "./say.svelte";

export type Step = CaseStep;
export type StepName = Exclude<Step["step"], "witnessed">;

interface Choice {
  readonly value: string;
  readonly word: PlainKey;
}
export interface Field {
  readonly name: string;
  readonly word: PlainKey;
  readonly kind: "text" | "choice" | "yes_no" | "tick" | "number" | "date" | "several" | "room";
  readonly choices?: readonly Choice[];
  readonly isOptional?: boolean;
}

const words = (prefix: string, names: readonly string[]): readonly Choice[] =>
  names.map((value) => ({ value, word: `${prefix}_${value}` as PlainKey }));
const line = (name: string): Field => ({ name, word: `field_${name}` as PlainKey, kind: "text" });

export const FIELDS: Readonly<Record<StepName, readonly Field[]>> = {
  looked_at: [
    { name: "seen", word: "field_seen", kind: "choice", choices: words("seen", ["nothing", "hole", "object"]) },
  ],
  not_reached: [line("why")],
  not_camera: [line("what")],
  unchanged: [],
  defect_found: [
    {
      name: "defect",
      word: "field_defect",
      kind: "choice",
      choices: words("defect", [
        "hole",
        "emergency_bell",
        "floor_gap",
        "ceiling_gap",
        "vent",
        "ceiling",
        "light",
        "socket",
        "door_lock",
        "partition",
        "toilet_bin",
        "basin",
      ]),
    },
    { name: "measured_mm", word: "field_measured_mm", kind: "number", isOptional: true },
    { name: "installed", word: "field_installed", kind: "date", isOptional: true },
    { name: "is_door", word: "field_is_door", kind: "tick" },
    { name: "has_own_ventilation", word: "field_has_own_ventilation", kind: "tick" },
  ],
  repair_handed: [line("handed_to"), { name: "due", word: "field_due", kind: "date" }],
  repaired: [line("by")],
  rechecked: [{ name: "holds", word: "field_holds", kind: "yes_no" }],
  camera: [
    { name: "was_touched", word: "field_was_touched", kind: "yes_no", choices: words("touched", ["yes", "no"]) },
  ],
  room_closed: [line("guarded_by")],
  photographed: [line("why_not")],
  police_called: [line("receipt_no")],
  handed_over: ["officer", "rank", "station", "receipt_no", "seal_no"].map(line),
  police_asked: [
    line("document_no"),
    line("officer"),
    {
      name: "wanted",
      word: "field_wanted",
      kind: "several",
      choices: words("wanted", ["addresses", "wifi_timeline", "photographs"]),
    },
  ],
  police_result: [
    {
      name: "result",
      word: "field_result",
      kind: "choice",
      choices: words("police_says", ["camera", "none", "unknown"]),
    },
    { name: "dated", word: "field_dated", kind: "date" },
    line("document_no"),
  ],
  reported_to_city: [line("to")],
  reopened: [line("why")],
  room_corrected: [{ name: "room_id", word: "field_room_id", kind: "room" }, line("why")],
};

export const YES_NO: readonly Choice[] = [
  { value: "yes", word: "answer_yes" },
  { value: "no", word: "answer_no" },
];

export const NEEDS_TWO: ReadonlySet<string> = new Set(["looked_at", "not_camera", "camera", "handed_over"]);

export function isStep(name: string): name is StepName {
  return name in FIELDS;
}

export type Values = Record<string, string | boolean | readonly string[]>;

/** The step as the server takes it; the form has checked that nothing needed is empty. `photograph`: what it cites. */
export function stepOf(name: StepName, values: Values, photograph: string | null = null): Step {
  const step: Record<string, unknown> = { step: name };
  for (const field of FIELDS[name]) {
    const value = values[field.name];
    if (field.kind === "yes_no") step[field.name] = value === "yes";
    else if (field.kind === "tick") step[field.name] = value === true;
    else if (field.kind === "several") step[field.name] = value ?? [];
    else if (value === "" || value === undefined) step[field.name] = null;
    else step[field.name] = field.kind === "number" ? Number(value) : String(value).trim();
  }
  if (name === "photographed") step["commitment"] = photograph;
  // The table above names just the fields of each step, which TypeScript cannot follow through a record.
  return step as unknown as Step;
}
