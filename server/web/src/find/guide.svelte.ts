/**
 * One case guided on this phone: what comes now and what was answered.
 *
 * Everything is kept before anything is shown as done. A step that needs nobody else goes through the outbox, which keeps it
 * without a connection and sends it in its order, whatever screen is open by then; a step of two persons needs the
 * connection, since the second one's secret is kept nowhere.
 */
import { sentenceOf } from "../account/passkeys";
import { ApiError, asPerson, call, client, type ShownText } from "../api/client";
import type { CaseCreated, CaseDetail, LocalText, SecondPerson } from "../api/types";
import { newId } from "../app/ids";
import { saidOf } from "../app/outbox-file";
import { isMine, outbox } from "../app/outbox.svelte";
import { session } from "../app/session.svelte";
import { isStep, type TakenStep } from "../app/storage";
import { placeOnWay } from "../desk/case-state";
import { districts } from "../desk/districts.svelte";
import type { Step } from "../desk/step-fields";
import { flowOf, wrongTurn, type Answers, type Flow, type Known, type Page } from "./flow";
import { meaningOf112, messageTo112, newestFirst } from "./message-112";
import type { State } from "./states";
import { ahead, keepProgress, readProgress, seenOf, START, withStep, type Progress, type Refused } from "./progress";
import { say, words, type FindKey } from "./words";

/** What stands for a number that nobody was told. */
const UNTOLD: ReadonlySet<string> = new Set(["", words.receipt_none.ko, words.receipt_none.en]);

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
  #writing = $state(0);

  readonly refused: readonly Refused[] = $derived([
    ...this.progress.refused,
    ...this.#kept.flatMap(({ id, aside, step }) =>
      aside === null || this.progress.read.includes(id) ? [] : [{ ...aside, said: saidOf(step) }],
    ),
  ]);
  /** What nobody has to be asked. */
  readonly known: Known = $derived.by(() => {
    const { inspectors = [], pair = [], spoken = null, receiptNo = "", lastStation = "" } = this.progress.seen ?? {};
    const { districtId = null, isHeld = false, isRepairHanded = false } = this.progress.seen ?? {};
    const me = session.user?.display_name;
    const others = inspectors.filter((name) => name !== me);
    return {
      inspectors: me === undefined ? others : [...others, me],
      saw: this.progress.seen?.saw ?? null,
      partner: me !== undefined && pair.includes(me) ? (pair.find((name) => name !== me) ?? null) : null,
      receiptNo: UNTOLD.has(receiptNo) ? "" : receiptNo,
      station: lastStation,
      office:
        districtId === null || districts.nameKo(districtId) === undefined
          ? null
          : say("office_of", { district: districts.name(districtId) }),
      photograph: this.photograph,
      repair: isHeld && isRepairHanded ? "held" : isRepairHanded ? "handed" : "to_hand",
      asksOne: spoken !== null && me !== undefined && !spoken.includes(me),
    };
  });
  /** What was answered, and before that what is proposed. */
  readonly answers: Answers = $derived.by(() => {
    const { partner, receiptNo, station, office } = this.known;
    const proposed = {
      ...(this.state === "camera" && partner !== null ? { guarded_by: partner } : {}),
      ...(this.state === "police_called" && receiptNo !== "" ? { receipt_no: receiptNo } : {}),
      ...(this.state === "police_called" && station !== "" ? { station } : {}),
      ...(this.state === "handed_over" && office !== null ? { to: office } : {}),
      ...(this.state === "defect" ? { due: this.progress.seen?.due ?? "" } : {}),
    };
    return this.progress.answers["aside"] === undefined
      ? { ...proposed, ...this.progress.answers }
      : this.progress.answers;
  });
  readonly flow: Flow | null = $derived.by(() => {
    if (this.state === null) return null;
    return flowOf(this.state, this.answers, this.known);
  });
  readonly page: Page | null = $derived.by(() => {
    const pages = this.flow?.pages ?? [];
    return pages[Math.min(this.progress.page, pages.length - 1)] ?? null;
  });
  readonly isLast: boolean = $derived(this.flow !== null && this.progress.page >= this.flow.pages.length - 1);

  /** What is said to 112. */
  readonly message: string = $derived(
    messageTo112({
      facility: this.progress.seen?.facility ?? "",
      room: this.progress.seen?.room ?? "",
      where: this.progress.where.ko,
      ...this.#reporting(),
    }),
  );
  /** What it means, in English. */
  readonly meaning: string = $derived(
    meaningOf112({
      place: this.progress.seen?.place.en ?? "",
      where: this.progress.where.en,
      ...this.#reporting(),
    }),
  );

  constructor(readonly caseId: string) {}

  #reporting() {
    return {
      address: this.progress.address,
      who: session.user?.display_name ?? "",
      isClosed: this.state !== null && placeOnWay(this.state) >= placeOnWay("room_closed"),
    };
  }

  // What is asked for after an answer came: getters, since what a screen derives ends with it, and a recording does not.
  /** Own steps of this case in the outbox, oldest first: those that wait and those that were set aside. */
  get #kept() {
    return outbox.kept.filter(isStep).filter((item) => item.caseId === this.caseId && isMine(item));
  }

  get waiting() {
    return this.#kept.filter(({ aside }) => aside === null);
  }

  get state(): State | null {
    return this.progress.seen?.state ?? null;
  }

  /** Read what was kept, then what the server says. */
  async open(): Promise<void> {
    this.progress = await readProgress(this.caseId);
    await outbox.refresh();
    this.#goAhead();
    if (this.progress.seen !== null) this.#settle();
    if (this.progress.page > 0 || this.waiting.length > 0) this.told = "continued";
    await outbox.flush();
    await this.load();
  }

  #goAhead(): void {
    for (const { step } of this.waiting)
      if (this.progress.seen !== null) this.progress.seen = ahead(this.progress.seen, step);
  }

  async load(): Promise<void> {
    try {
      const one = await call(client.GET("/api/cases/{case_id}", { params: { path: { case_id: this.caseId } } }));
      const mine = one.events.at(-1)?.person === session.user?.display_name;
      const before = this.progress.state;
      const again = one.seen_again ?? null;
      const isMoved = again !== null && this.progress.whereIn !== again.sweep_id;
      if (isMoved && again.zone !== null) this.progress.where = again.zone; // at once: somebody may call now
      this.progress.seen = seenOf(one);
      this.#goAhead();
      this.error = null;
      this.#settle();
      if (before !== null && before !== this.state && !mine) this.told = "elsewhere";
      if (isMoved) {
        this.progress.where = newestFirst(again.zone, await this.#whereOf(one), one.opened);
        this.progress.whereIn = again.sweep_id;
      }
      if (this.progress.where.ko === "") this.progress.where = await this.#whereOf(one);
      if (this.progress.address === "") await this.#readAddress();
      void districts.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = error;
    }
    this.isReady = true;
    await this.keep();
  }

  /** What is known of its place; empty where nothing is. */
  async #whereOf({ sweep_id: sweepId, finding_id: findingId, zone, events }: CaseDetail): Promise<LocalText> {
    const first = events[0]?.step;
    if (first?.step === "reported") return { ko: first.what, en: first.what };
    const known = zone ?? { ko: "", en: "" };
    if (sweepId === null || findingId === null) return known;
    try {
      const sweep = await call(client.GET("/api/sweeps/{sweep_id}", { params: { path: { sweep_id: sweepId } } }));
      return sweep.finding_places?.find(({ finding_id }) => finding_id === findingId)?.where ?? known;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return known; // without it the person who calls says where
    }
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
    this.progress.answers = {};
    this.progress.stepId = null;
    this.wrong = null;
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
  aside(step: "not_camera" | "photograph" | "police_asked" | "police_result" | "hand" | "repaired" | null): void {
    const due = this.progress.seen?.due ?? "";
    this.progress.answers = step === null ? {} : step === "hand" ? { aside: step, due } : { aside: step };
    this.turn(0);
  }

  /** The next screen, or a sentence that says what is missing. */
  next(): boolean {
    if (this.page === null) return false;
    this.wrong = wrongTurn(this.page, this.answers);
    if (this.wrong !== null) return false;
    if (!this.isLast) this.turn(this.progress.page + 1);
    return true;
  }

  /** Record the step; `second` gives the second person where one is needed. True when it is recorded or kept. */
  async record(second: (() => Promise<SecondPerson>) | null): Promise<boolean> {
    const { step = null, seen } = this.flow ?? {};
    if (step === null || this.isBusy) return false;
    this.isBusy = true;
    this.wrong = null;
    try {
      this.progress.stepId ??= newId();
      await this.keep();
      const done =
        second === null
          ? await outbox.step(this.#taken(step), this.progress.stepId)
          : await this.#byTwo(step, seen, this.progress.stepId, second);
      await (done === null ? this.#goesLater(step, this.progress.stepId) : this.#moveOn(step, done));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.mayWorkLater) {
        this.wrong = this.state === "police_called" ? "needs_connection_to_hand_over" : "needs_connection";
        return false;
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
      const step: Step = { step: "witnessed", agency, name, rank, shown_hash: hash, strokes };
      await outbox.step(this.#taken(step), this.progress.stepId);
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

  #taken(step: Step): TakenStep {
    const place = this.progress.seen?.place ?? { ko: "", en: "" };
    return { caseId: this.caseId, called: words[`step_${step.step}`], place: $state.snapshot(place), step };
  }

  /** A step of two persons is recorded with a connection only, and after what waits of the case. */
  async #byTwo(
    step: Step,
    seen: Flow["seen"],
    stepId: string,
    second: () => Promise<SecondPerson>,
  ): Promise<CaseCreated> {
    if (this.waiting.length > 0) await outbox.flush();
    if (this.waiting.length > 0) throw new ApiError("network", words.needs_connection, null);
    return call(
      client.POST("/api/cases/{case_id}/steps", {
        params: { path: { case_id: this.caseId } },
        headers: asPerson(session.user?.username ?? ""),
        body: { step, seen: seen ?? null, second_person: await second(), step_id: stepId },
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

  /** The screen of the next step without an answer. */
  async #goesLater(step: Step, stepId: string): Promise<void> {
    this.told = null;
    this.progress.answers = {};
    this.progress.stepId = null;
    if (this.progress.seen !== null) this.progress.seen = ahead(this.progress.seen, step);
    this.progress.state = null;
    this.#settle();
    await this.keep();
    if (!this.waiting.some(({ id }) => id === stepId)) await this.load(); // it has arrived behind others
  }

  /** Somebody has read what was not taken. */
  haveRead(): void {
    this.progress.refused = [];
    this.progress.read = this.#kept.filter(({ aside }) => aside !== null).map(({ id }) => id);
    void this.keep();
  }
}
