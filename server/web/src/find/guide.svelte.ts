/**
 * One case guided on this phone: what comes now, what was answered, and what has to be sent.
 *
 * Everything is kept before anything is shown as done. A step that needs nobody else is recorded without a connection,
 * too, and sent in its order; a step of two persons is not, since the second one's secret is kept nowhere.
 */
import { sentenceOf } from "../account/passkeys";
import { ApiError, asPerson, call, client, type ShownText } from "../api/client";
import type { CaseCreated, SecondPerson } from "../api/types";
import { newId } from "../app/ids";
import { session } from "../app/session.svelte";
import { NEEDS_TWO, type Step } from "../desk/step-fields";
import { flowOf, LEADS, wrongTurn, type Flow, type Page, type State } from "./flow";
import { keepProgress, readProgress, seenOf, START, withStep, type Progress } from "./progress";
import type { FindKey } from "./words";

const RETRY_MS = 10_000; // guessed
/** Refusals of a session, after which the same step may be taken. */
const LATER = new Set(["csrf", "another_person", "login_needed", "password_change_needed"]);

export class Guide {
  progress = $state<Progress>(structuredClone(START));
  isReady = $state(false);
  error = $state.raw<ApiError | null>(null);
  isBusy = $state(false);
  /** What went wrong on this screen: a word of the guide, or what the server says. */
  wrong = $state.raw<FindKey | ShownText | null>(null);
  /** The refusal behind `wrong`, for whoever asks for what the server wants beside. */
  failure: unknown = null;
  told = $state<"continued" | "elsewhere" | null>(null);
  photograph = $state<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  #writing = $state(0);

  readonly state: State | null = $derived.by(() => {
    const last = this.progress.waiting.at(-1);
    const led = last === undefined ? undefined : LEADS[last.step.step];
    return led ?? this.progress.seen?.state ?? null;
  });
  readonly flow: Flow | null = $derived.by(() => {
    if (this.state === null) return null;
    const me = session.user?.display_name;
    const others = (this.progress.seen?.crew ?? []).filter((name) => name !== me);
    return flowOf(this.state, this.progress.answers, me === undefined ? others : [...others, me], this.photograph);
  });
  readonly page: Page | null = $derived.by(() => {
    const pages = this.flow?.pages ?? [];
    return pages[Math.min(this.progress.page, pages.length - 1)] ?? null;
  });
  readonly isLast: boolean = $derived(this.flow !== null && this.progress.page >= this.flow.pages.length - 1);

  constructor(readonly caseId: string) {}

  /** Read what was kept, then what the server says. */
  async open(): Promise<void> {
    this.progress = await readProgress(this.caseId);
    if (this.progress.seen !== null) this.#settle();
    if (this.progress.page > 0 || this.progress.waiting.length > 0) this.told = "continued";
    await this.send();
    await this.load();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async load(): Promise<void> {
    try {
      const one = await call(client.GET("/api/cases/{case_id}", { params: { path: { case_id: this.caseId } } }));
      const mine = one.events.at(-1)?.person === session.user?.display_name;
      const before = this.progress.state;
      this.progress.seen = seenOf(one);
      this.error = null;
      this.#settle();
      if (before !== null && before !== this.state && !mine) this.told = "elsewhere";
      if (this.progress.address === "") await this.#readAddress();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = error;
    }
    this.isReady = true;
    await this.keep();
  }

  async #readAddress(): Promise<void> {
    const roomId = this.progress.seen?.roomId;
    if (roomId === undefined) return;
    try {
      const room = await call(client.GET("/api/rooms/{room_id}", { params: { path: { room_id: roomId } } }));
      this.progress.address = room.address;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the message does without
    }
  }

  async keep(): Promise<void> {
    this.#writing += 1;
    try {
      await keepProgress(this.caseId, $state.snapshot(this.progress));
    } finally {
      this.#writing -= 1;
    }
  }

  /** Whether all that was answered is on the disk by now. */
  get isKept(): boolean {
    return this.#writing === 0;
  }

  /** Answers belong to the state in which they were given. */
  #settle(): void {
    if (this.progress.state === this.state) return;
    this.progress.state = this.state;
    this.progress.page = 0;
    this.progress.strokes = [];
    this.progress.answers = this.state === "police_called" ? { receipt_no: this.#receipt() } : {};
    this.progress.stepId = null;
    this.wrong = null;
  }

  #receipt(): string {
    const waiting = this.progress.waiting.find(({ step }) => step.step === "police_called")?.step;
    return waiting?.step === "police_called" ? waiting.receipt_no : (this.progress.seen?.receiptNo ?? "");
  }

  answer(field: string, value: string): void {
    this.wrong = null;
    this.progress.answers[field] = value;
    void this.keep();
  }

  turn(page: number): void {
    this.wrong = null;
    this.told = null;
    this.progress.page = Math.max(0, page);
    void this.keep();
  }

  /** Leave the way for another step, or come back to it. */
  aside(step: "not_camera" | "police_asked" | null): void {
    this.progress.answers = step === null ? {} : { aside: step };
    this.turn(0);
  }

  /** The next screen, or a sentence that says what is missing. */
  next(): boolean {
    if (this.page === null) return false;
    this.wrong = wrongTurn(this.page, this.progress.answers);
    if (this.wrong !== null) return false;
    if (!this.isLast) this.turn(this.progress.page + 1);
    return true;
  }

  /** Record the step; `second` gives the second person where one is needed. True when it is recorded or kept. */
  async record(second: (() => Promise<SecondPerson>) | null): Promise<boolean> {
    const step = this.flow?.step ?? null;
    if (step === null || this.isBusy) return false;
    this.isBusy = true;
    this.wrong = null;
    try {
      this.progress.stepId ??= newId();
      await this.keep();
      const proof = second === null ? null : await second();
      const done = await this.#post(step, this.progress.stepId, proof);
      await this.#moveOn(step, done);
      return true;
    } catch (error) {
      if (error instanceof ApiError && mayGoLater(error)) {
        if (!NEEDS_TWO.has(step.step) && LEADS[step.step] !== undefined) {
          await this.#keepStep(step);
          return true;
        }
        if (error.mayWorkLater) {
          this.wrong = "needs_connection";
          return false;
        }
      }
      if (error instanceof ApiError && error.code === "step_known") {
        // What was answered before arrived, and its answer got lost: the guide goes on from there and says so.
        this.progress.refused.push({ ...error.shown, said: saidOf(step) });
        this.progress.stepId = null;
        await this.load();
        return false;
      }
      this.failure = error;
      this.wrong = sentenceOf(error);
      if (error instanceof ApiError && error.code === "not_now") await this.load();
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** The officer's signature over the hash of the last step. */
  async sign(agency: string, name: string, rank: string): Promise<boolean> {
    const hash = this.progress.seen?.lastHash ?? null;
    if (hash === null || this.isBusy) return false;
    this.isBusy = true;
    this.wrong = null;
    try {
      this.progress.stepId ??= newId();
      await this.keep();
      const strokes = $state.snapshot(this.progress.strokes);
      await this.#post(
        { step: "witnessed", agency, name, rank, shown_hash: hash, strokes },
        this.progress.stepId,
        null,
      );
      this.progress.stepId = null;
      this.progress.strokes = [];
      this.turn(this.progress.page + 1);
      return true;
    } catch (error) {
      this.wrong = sentenceOf(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  async #post(step: Step, stepId: string, second: SecondPerson | null): Promise<CaseCreated> {
    const person = session.user?.username ?? "";
    return await call(
      client.POST("/api/cases/{case_id}/steps", {
        params: { path: { case_id: this.caseId } },
        headers: asPerson(person),
        body: { step, second_person: second, step_id: stepId },
      }),
    );
  }

  /** The screen of the next step at once, of what the answer says; what else there is to know comes after it. */
  async #moveOn(step: Step, { case: now, entry_hash: hash }: CaseCreated): Promise<void> {
    this.told = null;
    this.progress.answers = {};
    this.progress.stepId = null;
    if (this.progress.seen !== null) {
      const { state, is_found: isFound } = now;
      this.progress.seen = { ...withStep(this.progress.seen, step), state, isFound, lastHash: hash };
    }
    this.progress.state = null;
    this.#settle();
    await this.load();
  }

  async #keepStep(step: Step): Promise<void> {
    this.progress.waiting.push({ stepId: this.progress.stepId ?? newId(), step });
    this.told = null;
    this.#settle();
    await this.keep();
    this.#later();
  }

  /** Send what was kept, oldest first; what the server refuses is said, and the guide goes on from what the server has. */
  async send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (;;) {
        const first = this.progress.waiting[0];
        if (first === undefined) return;
        await this.#post($state.snapshot(first.step), first.stepId, null);
        this.progress.waiting.shift();
        await this.keep();
        if (this.progress.waiting.length === 0) await this.load();
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mayGoLater(error)) return;
      // What comes after a step that was refused would be, too.
      for (const { step } of this.progress.waiting) this.progress.refused.push({ ...error.shown, said: saidOf(step) });
      this.progress.waiting = [];
      await this.load();
    } finally {
      this.#isSending = false;
      this.#later();
    }
  }

  /** Somebody has read what was not taken. */
  haveRead(): void {
    this.progress.refused = [];
    void this.keep();
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (this.progress.waiting.length > 0) this.#timer = setTimeout(() => void this.send(), RETRY_MS);
  }
}

function mayGoLater(error: ApiError): boolean {
  return error.mayWorkLater || LATER.has(error.code);
}

/** What a person wrote in a step, so that it can be written down elsewhere. */
function saidOf(step: Step): string {
  const values = Object.entries(step).flatMap(([name, value]) =>
    name !== "step" && typeof value === "string" && value !== "" ? [value] : [],
  );
  return values.join(", ");
}
