/** What a transmitter is called and how it is described in a few words, in the chosen language. */
import type { MessageKey } from "../i18n/messages";
import { hasWord } from "../i18n/translate.svelte";
import { local, t } from "../i18n/translate.svelte";
import type { Reading, Transmitter } from "./transmitters";

export function transmitterName(transmitter: Transmitter): string {
  return t(`transmitter_${transmitter.modality}`, { tag: transmitter.shortTag });
}

/** Its role or kind; a kind that this page does not know yet is shown as the probe wrote it. */
export function transmitterKind(transmitter: Transmitter): string {
  const [wifi] = transmitter.wifi;
  if (wifi) return t(`transmitter_role_${(transmitter.wifi.find(({ role }) => role !== "unknown") ?? wifi).role}`);
  const kind = (transmitter.ble.find((one) => one.kind !== "unknown") ?? transmitter.ble[0])?.kind ?? "unknown";
  const key = `transmitter_kind_${kind}`;
  return isKindKey(key) ? t(key) : kind;
}

/** The vendor, or why there is none. */
export function transmitterVendor(transmitter: Transmitter): string {
  const vendor = transmitter.wifi.find((one) => one.vendor !== null)?.vendor;
  if (vendor !== undefined && vendor !== null) return vendor;
  const company = transmitter.ble.find((one) => one.company !== null)?.company;
  if (company !== undefined && company !== null) return company;
  if (transmitter.modality === "ble") return t("transmitter_company_none");
  return t(transmitter.isRandomised ? "transmitter_vendor_random" : "transmitter_vendor_unknown");
}

/** The zone; where several positions lie in it, also which of them. */
export function placeName(reading: Reading, readings: readonly Reading[]): string {
  const zone = reading.zone ? local(reading.zone.name) : reading.position.zone_id;
  const same = readings.filter((one) => one.position.zone_id === reading.position.zone_id);
  return same.length < 2 ? zone : t("transmitter_place", { zone, n: same.indexOf(reading) + 1 });
}

/** A zone whose plan is not here: what its id says in words, never the id itself; plans are laid out with these ids. */
export function zoneWords(zoneId: string): string {
  const [, kind = "", n = ""] = /^([a-z]+?)s?(?:-(\d+))?$/.exec(zoneId) ?? [];
  const key = `zone_${kind}`;
  const name = isZoneKey(key) ? t(key) : t("zone_other");
  return n === "" ? name : t("zone_numbered", { kind: name, n });
}

type ZoneKey = "zone_stall" | "zone_booth" | "zone_basin" | "zone_urinal" | "zone_entrance";

function isZoneKey(key: string): key is ZoneKey {
  return ["zone_stall", "zone_booth", "zone_basin", "zone_urinal", "zone_entrance"].includes(key);
}

type KindKey = Extract<MessageKey, `transmitter_kind_${string}`>;

function isKindKey(key: string): key is KindKey {
  return hasWord(key);
}
