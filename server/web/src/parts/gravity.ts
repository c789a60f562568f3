/** How much a result asks of whoever reads it, as the printed form has it, and the icon that says so beside a colour. */
import type { EquipmentResult, PersonsResult } from "../api/types";
import type { IconName } from "./icons";

export type Gravity = "grave" | "look" | "unsure" | "absent" | "plain";

const GRAVITY: Readonly<Partial<Record<PersonsResult | EquipmentResult, Gravity>>> = {
  confirmed: "grave",
  found: "grave",
  suspected: "look",
  to_inspect: "look",
  recheck: "unsure",
  partly: "unsure",
  not_assessable: "unsure",
  not_done: "unsure",
  not_recorded: "absent",
  no_report: "absent",
  not_measured: "absent",
};
export const GRAVITY_ICON: Readonly<Record<Gravity, IconName>> = {
  grave: "flag",
  look: "eye",
  unsure: "question",
  absent: "minus",
  plain: "ring",
};

export function gravityOf(result: PersonsResult | EquipmentResult): Gravity {
  return GRAVITY[result] ?? "plain";
}

/** A tick is for what is clear alone: nothing detected is a ring. */
export function iconOf(result: PersonsResult | EquipmentResult): IconName {
  return result === "clear" || result === "nothing_unusual" ? "check" : GRAVITY_ICON[gravityOf(result)];
}
