/**
 * A screen's title stays in sight, above the dock, whatever comes later above it or in the dock: until a person first
 * touches, scrolls or types, who then has the screen. Large letters on a small phone leave room for the title alone.
 */
const TAKEN_UP = ["pointerdown", "touchstart", "wheel", "keydown", "input"] as const;

/** Gives what ends it. */
export function keepInSight(title: HTMLElement): () => void {
  const main = title.closest("main");
  let dock: Element | null = null;
  const watcher = new ResizeObserver(look);

  function look(): void {
    const latest = main?.querySelector(".dock") ?? null;
    if (latest !== null && latest !== dock) watcher.observe(latest);
    dock = latest;
    const { top, bottom } = title.getBoundingClientRect();
    if (top < 0 || bottom > (dock?.getBoundingClientRect().top ?? innerHeight)) title.scrollIntoView();
  }

  function end(): void {
    watcher.disconnect();
    for (const event of TAKEN_UP) removeEventListener(event, end, true);
  }

  for (const event of TAKEN_UP) addEventListener(event, end, { capture: true, passive: true });
  for (const one of main?.parentElement?.children ?? []) watcher.observe(one); // the head above it, and `main`
  return end;
}
