/** The places of a desk in their order: the one list that stands at its left, and above it on a phone. */
import { links, type Route } from "../app/router.svelte";
import { session } from "../app/session.svelte";
import { t } from "../i18n/translate.svelte";
import { say } from "./say.svelte";

export interface Place {
  readonly word: string;
  readonly link: string;
  /** Screens, or pages of the desk (`desk/day`), that belong to it. */
  readonly screens: readonly string[];
}

export interface Section extends Place {
  /** Empty where the section is one place. */
  readonly places: readonly Place[];
}

const AT_ROOM = ["rooms", "room", "start", "inspect", "practice", "plan", "sweep", "transmitter", "visit"] as const;

const page = (word: string, name: string, also: readonly string[] = []): Place => ({
  word,
  link: links.desk(name),
  screens: [`desk/${name}`, ...also],
});
const place = (word: string, link: string, ...screens: readonly string[]): Place => ({ word, link, screens });

/** What this person has, in order. */
export function sections(): readonly Section[] {
  const role = session.user?.role;
  const keepsAccounts = role === "district_officer" || role === "admin";
  const seesAccesses = session.user?.district_id === null && (role === "admin" || role === "auditor");
  const isPlanning = session.isAtDesk;
  const files = keepsAccounts || role === "supervisor" || role === "auditor";
  return [
    ...(isPlanning ? [one(page(say("page_day"), "day"))] : []),
    one(page(say("page_cases"), "cases", ["desk/case", "find", "photos", ...(isPlanning ? [] : ["desk/day"])])),
    ...(isPlanning ? [one(page(say("page_due"), "due")), one(page(say("page_map"), "map"))] : []),
    several(say("page_history"), [
      page(say("page_rooms"), "rooms", ["visits"]),
      place(t("nav_rooms"), links.rooms, ...AT_ROOM),
      place(t("nav_live"), links.live(), "live"),
    ]),
    ...severalOrNone(say("menu_documents"), [
      ...(session.mayExport ? [place(t("nav_exports"), links.exports, "exports")] : []),
      ...(isPlanning ? [page(say("page_statistics"), "statistics")] : []),
      ...(files ? [page(say("page_filing"), "filing")] : []),
    ]),
    ...severalOrNone(say("menu_registers"), [
      ...(role === "city_officer" || role === "district_officer" || role === "admin"
        ? [page(say("page_import"), "import")]
        : []),
      ...(isPlanning
        ? [
            page(say("page_facilities"), "facilities"),
            page(say("page_register"), "register"),
            page(say("page_pairs"), "pairs"),
            page(say("page_instruments"), "instruments"),
          ]
        : []),
      ...(keepsAccounts ? [page(say("page_accounts"), "accounts"), page(say("page_badges"), "badges")] : []),
    ]),
    several(say("menu_manage"), [
      ...(isPlanning ? [page(say("page_rules"), "rules")] : []),
      ...(seesAccesses ? [page(say("page_access"), "access")] : []),
      ...(keepsAccounts ? [page(say("page_signon"), "signon")] : []),
      ...(role === "evidence_officer" ? [page(say("page_evidence"), "evidence")] : []),
      page(say("page_log"), "log"),
      ...(role === "admin" ? [place(t("settings_keys"), links.keys, "keys")] : []),
      ...(isPlanning ? [place(t("checks_title"), links.checks(), "checks")] : []),
      place(t("nav_settings"), links.settings, "settings", "account", "notifications"),
    ]),
  ];
}

const one = (only: Place): Section => ({ ...only, places: [] });

function several(word: string, places: readonly Place[]): Section {
  return { word, link: places[0]?.link ?? links.home, screens: places.flatMap(({ screens }) => screens), places };
}

const severalOrNone = (word: string, places: readonly Place[]): readonly Section[] =>
  places.length === 0 ? [] : [several(word, places)];

export function isAt({ screens }: Place, route: Route): boolean {
  return screens.includes(route.screen === "desk" ? `desk/${route.page}` : route.screen);
}

/** On a phone the tab bar has the rest. */
export function ofDeskAlone(all: readonly Section[]): readonly Section[] {
  return all.flatMap((section) => {
    if (section.places.length === 0) return [section];
    const places = section.places.filter(({ link }) => link.startsWith(links.desk()));
    return places.length === 0 ? [] : [several(section.word, places)];
  });
}
