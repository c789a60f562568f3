/**
 * Whether a service worker keeps the page's files in this browser for a place without a connection: it is there, or on its way.
 * Over plain http on a local network the browser offers none; the page then keeps what it has fetched, and nothing else.
 */
import { registerSW } from "virtual:pwa-register";

export const keepsShell = new Promise<boolean>((settle) => {
  if (!("serviceWorker" in navigator)) settle(false);
  else
    registerSW({
      immediate: true,
      onRegisteredSW: (_, registration) => {
        settle(registration !== undefined);
      },
      onRegisterError: () => {
        settle(false);
      },
    });
});
