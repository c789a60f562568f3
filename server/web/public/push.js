// What a service worker does with a push message: it says that there is something to look at, and never what.
// The message's own text is not even read; what it is about is fetched by the page, after a login.
const PAGE = "/#/settings/notifications";

self.addEventListener("push", (event) => {
  event.waitUntil(
    self.registration.showNotification("안심 스윕", {
      body: "확인할 알림이 있습니다\nThere is something for you to look at",
      icon: "/icon-192.png",
      lang: "ko",
      renotify: true,
      tag: "ansim",
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

/** The page that is open, which knows whether somebody stands in a room with it; else a new one. */
async function open() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages[0] === undefined) return self.clients.openWindow(PAGE);
  pages[0].postMessage({ open: PAGE });
  return pages[0].focus();
}
