/**
 * The screen stays on while a sweep may run: a dark screen has no stop button.  The lock goes when the page is hidden and is
 * asked for again when it is seen; a phone that grants none (plain HTTP, battery saver) is told so.
 */
class Awake {
  /** Asked for and not granted. */
  isRefused = $state(false);
  #wanted = false;
  #lock: WakeLockSentinel | null = null;

  /** Keep the screen on from now on; returns the function that lets it go. */
  hold(): () => void {
    this.#wanted = true;
    const onSeen = () => {
      if (document.visibilityState === "visible") void this.#ask();
    };
    document.addEventListener("visibilitychange", onSeen);
    void this.#ask();
    return () => {
      this.#wanted = false;
      this.isRefused = false;
      document.removeEventListener("visibilitychange", onSeen);
      void this.#lock?.release();
      this.#lock = null;
    };
  }

  async #ask(): Promise<void> {
    if (this.#lock !== null && !this.#lock.released) return;
    try {
      const lock = await (navigator as { wakeLock?: WakeLock }).wakeLock?.request("screen");
      this.isRefused = this.#wanted && lock === undefined;
      if (lock === undefined) return;
      if (this.#wanted) this.#lock = lock;
      else void lock.release();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // A page that is hidden meanwhile is asked again when it is seen.
      this.isRefused = this.#wanted && document.visibilityState === "visible";
    }
  }
}

export const awake = new Awake();
