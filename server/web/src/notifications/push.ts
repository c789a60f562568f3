/** The only module that asks the browser for push messages (Push API): whether it can, and where it takes them. */
import { toBase64Url } from "../app/base64";

export type Standing = "cannot" | "denied" | "off" | "on";

const here = (): Promise<ServiceWorkerRegistration | undefined> => navigator.serviceWorker.getRegistration();

const isAble = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** How this browser stands towards the server whose key this is; a subscription to another key is none. */
export async function standing(key: string): Promise<Standing> {
  if (!isAble() || (await here()) === undefined) return "cannot";
  if (Notification.permission === "denied") return "denied";
  const held = await (await here())?.pushManager.getSubscription();
  return held && keyOf(held) === key ? "on" : "off";
}

/** Ask the browser, which asks the person; null when one of them says no. Throws what the browser throws. */
export async function subscribe(key: string): Promise<{ endpoint: string; p256dh: string; auth: string } | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const manager = (await navigator.serviceWorker.ready).pushManager;
  const held = await manager.getSubscription();
  if (held && keyOf(held) !== key) await held.unsubscribe();
  const made = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  return endpoint === undefined || keys?.["p256dh"] === undefined || keys["auth"] === undefined
    ? null
    : { endpoint, p256dh: keys["p256dh"], auth: keys["auth"] };
}

/** Let this browser take no more. */
export async function unsubscribe(): Promise<void> {
  if (isAble()) await (await (await here())?.pushManager.getSubscription())?.unsubscribe();
}

function keyOf(held: PushSubscription): string {
  const bytes = held.options.applicationServerKey;
  return bytes === null ? "" : toBase64Url(bytes);
}
