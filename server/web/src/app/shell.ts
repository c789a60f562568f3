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
