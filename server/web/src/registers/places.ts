/** Facilities and rooms as the registers have them. */
import type { components } from "../api/schema";
import { session } from "../app/session.svelte";

export type Facility = components["schemas"]["FacilityRow"];
export type Room = components["schemas"]["RoomRow"];

/** Who changes them, as the server has it. */
const PLANNERS: ReadonlySet<string> = new Set(["supervisor", "district_officer", "admin"]);
export const mayPlan = (): boolean => PLANNERS.has(session.user?.role ?? "");

export const named = (ko: string, en: string) => ({ ko: ko.trim(), en: en.trim() === "" ? ko.trim() : en.trim() });
