import { heardNews } from "../api/client";
import { links, router } from "./router.svelte";

/**
 * Whether a service worker keeps the page's files in this browser for a place without a connection: it is there, or on its way.
 * Over plain http on a local network the browser offers none; the page then keeps what it has fetched, and nothing else.
 */
export const keepsShell: Promise<boolean> =
  "serviceWorker" in navigator
    ? navigator.serviceWorker
        .register("/sw.js")
        .then(({ scope }) => scope !== "")
        .catch(() => false) // also of a browser that was told to keep none, and answers with nothing
    : Promise.resolve(false);

/** Screens that nobody is led away from. */
const IN_HAND: ReadonlySet<string> = new Set(["live", "find", "start", "inspect", "plan", "visit"]);

/** A notification was pressed while the page was open: the service worker asks for the page of notifications. */
if ("serviceWorker" in navigator)
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    heardNews();
    const isAsked = typeof data === "object" && data !== null && "open" in data;
    if (isAsked && !IN_HAND.has(router.route.screen)) router.go(links.notifications);
  });
