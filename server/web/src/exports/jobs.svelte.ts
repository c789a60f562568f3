import { ApiError, call, client } from "../api/client";
import type { ExportJob, ExportRequest } from "../api/types";
import { saveFile } from "../app/saving";

export const LOOK_MS = 700; // guessed: often enough that a bar seems to move

/** The documents that this person asked for in the last hour. */
export class ExportJobs {
  list = $state.raw<readonly ExportJob[]>([]);
  error = $state.raw<ApiError | null>(null);
  #wanted: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /** `onready` hears of each document that was asked for here, once it can be downloaded. */
  constructor(private readonly onready: (job: ExportJob) => void) {}

  get areRunning(): boolean {
    return this.list.some((job) => !isOver(job));
  }

  async ask(body: ExportRequest): Promise<void> {
    const job = await call(client.POST("/api/exports", { body }));
    this.#wanted = [...this.#wanted, job.job_id];
    await this.look();
  }

  async forget(job: ExportJob): Promise<void> {
    this.#wanted = this.#wanted.filter((id) => id !== job.job_id);
    await call(client.DELETE("/api/exports/{job_id}", { params: { path: { job_id: job.job_id } } }));
    await this.look();
  }

  /** Look now, and again while something is being made. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.list = (await call(client.GET("/api/exports"))).exports;
      this.error = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = error;
    }
    const over = this.list.filter((job) => isOver(job) && this.#wanted.includes(job.job_id));
    this.#wanted = this.#wanted.filter((id) => !over.some((job) => job.job_id === id));
    for (const job of over) if (job.state === "ready") this.onready(job);
    if (this.#isStopped) return;
    if (this.areRunning || this.error !== null) this.#timer = setTimeout(() => void this.look(), LOOK_MS);
  }

  /** Whoever asked has left. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}

export function isOver(job: ExportJob): boolean {
  return job.state === "ready" || job.state === "failed";
}

export async function download(job: ExportJob): Promise<void> {
  const path = { job_id: job.job_id };
  const file = await call(client.GET("/api/exports/{job_id}/file", { params: { path }, parseAs: "blob" }));
  saveFile(file as Blob, job.file_name);
}
