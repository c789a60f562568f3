/** A place that an eye has to look at; a glint that is seen there leads the hand. */
import { local } from "../../i18n/translate.svelte";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function look({ look: asked, lookZone, lookedS, lead, zoneName }: Scene): Imperative {
  if (asked === null) return { sentence: "", caption: "" };
  const where = local(asked.where);
  const picture = { caption: "", ...(asked.spot && lookZone !== undefined ? { picture: "wall" as const } : {}) };
  const unseen = asked.is_close ? `${where}. ` : "";
  if (lead !== null) return { sentence: say(`near_${lead.guide}`), unseen, ...picture };
  const seconds = say("aim_seconds", { s: Math.ceil(asked.longest_s - lookedS) });
  const sentence = asked.is_close ? local(asked.text) : where;
  // Of a place in the zone where one stands, the zone's name is for the ear only.
  const known = zoneName !== null && sentence.startsWith(`${zoneName} `) ? `${zoneName} ` : "";
  return { sentence: sentence.slice(known.length), unseen: known + unseen, seconds, ...picture };
}

const AHEAD_DEG = 5;

/** The whole task of the look that is asked for, a line each; null where none is. */
export function taskOf({ look: asked, feed }: Scene): string | null {
  if (asked === null) return null;
  const { bearing_deg: bearing, range_m: range } = asked;
  const lines = [local(asked.text)];
  if (bearing !== null) {
    const deg = Math.round(Math.abs(bearing));
    const turn = say(deg < AHEAD_DEG ? "eye_ahead" : bearing > 0 ? "eye_right" : "eye_left", { deg });
    lines.push(range === null ? turn : `${turn} · ${range.toFixed(1)} m`);
  }
  if (asked.is_known) lines.push(say("eye_known"));
  if (feed.eyeLooks.length > 1) lines.push(say("eye_more", { n: feed.eyeLooks.length - 1 }));
  return lines.join("\n");
}
