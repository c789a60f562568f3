/** Where to point the probe from where one stands. */
import { netOf, type Net } from "../../walls/net";
import { say } from "../say.svelte";
import type { Imperative } from "./imperative";
import type { Scene } from "./scene.svelte";

export function aim(scene: Scene): Imperative {
  const { aim: turn, spot, isBlind, zoneName } = scene;
  return {
    heard: !isBlind && spot === null ? `${say("aim_done")}. ` : "",
    sentence: isBlind ? say("aim_eyes") : say(spot === null ? "aim_hold" : `spot_${spot}`),
    caption: zoneName === null ? say("aim_title") : `${zoneName} · ${say("aim_title")}`,
    seconds: !isBlind && typeof turn?.leftS === "number" ? say("aim_seconds", { s: turn.leftS }) : "",
    ...(spot !== null && netNow(scene)?.aimed ? { picture: "net" as const } : {}),
  };
}

/** The zone where one stands folded open; null where nobody can say which wall one faces. */
export function netNow(scene: Scene): Net | null {
  const { zone, plan, spot, isRunning, isLost } = scene;
  if (zone === undefined || plan === null) return null;
  return netOf(zone, plan, scene.wallsOf(zone.zone_id), { isPainted: isRunning && !isLost, spot });
}
