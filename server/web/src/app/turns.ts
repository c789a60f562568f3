/**
 * Long work in short tasks: what is asked for here is done one after the other, each in a task of its own, so that a press
 * on the stop never waits for more than one of them.  They are timers: a page that nobody sees has no frames.
 */
const waiting: (() => void)[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function next(): void {
  const one = waiting.shift();
  timer = waiting.length === 0 ? undefined : setTimeout(next);
  one?.();
}

let isPrinting = false;
addEventListener("beforeprint", () => (isPrinting = true));
addEventListener("afterprint", () => (isPrinting = false));

/** Do it when all that was asked for before is done, or at once on its way to paper; returns what takes it back. */
export function inTurn(work: () => void): () => void {
  if (isPrinting) {
    work();
    return () => undefined;
  }
  waiting.push(work);
  timer ??= setTimeout(next);
  return () => {
    const at = waiting.indexOf(work);
    if (at !== -1) waiting.splice(at, 1);
  };
}

/** The rest of this work is another task. */
export function anotherTask(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done);
  });
}
