/** Accounts of a district or of the city, as those see them who keep them. */
import type { components } from "../api/schema";

export type Account = components["schemas"]["AccountView"];
export type Role = Account["role"];

/** Which roles belong to the whole city, and which a district gives to its own people, as the server has it. */
const OF_CITY: readonly Role[] = ["admin", "city_officer"];
const BY_CITY_ALONE: readonly Role[] = ["auditor", "evidence_officer"];
const BY_DISTRICT: readonly Role[] = ["inspector", "supervisor", "district_officer", "viewer"];
export const OF_FACILITY: readonly Role[] = ["cleaner", "facility_staff", "facility_owner"];

export const isOfCity = (role: Role): boolean => OF_CITY.includes(role);
export const isOfFacility = (role: Role): boolean => OF_FACILITY.includes(role);

/** Roles that a person may give; who sees the whole city gives all. */
export const rolesFor = (district: string | null | undefined): readonly Role[] => [
  ...BY_DISTRICT,
  ...OF_FACILITY,
  ...(district === null ? [...BY_CITY_ALONE, ...OF_CITY] : []),
];

export const STATES = ["on", "waiting", "off"] as const;
export type State = (typeof STATES)[number];

/** `waiting`: the first password was not changed yet. */
export function stateOf(one: Account): State {
  if (!one.is_active) return "off";
  return one.first_password === null ? "on" : "waiting";
}
