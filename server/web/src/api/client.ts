/**
 * The only caller of the server: openapi-fetch over the generated schema, the CSRF header, and errors in both languages.
 * Input is a call that `client` made; output is its data, or an `ApiError` that can be shown.
 */
import createClient from "openapi-fetch";
import { app } from "../i18n/words/app";
import type { paths } from "./schema";

export interface ShownText {
  readonly ko: string;
  readonly en: string;
}

export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly shown: ShownText,
    readonly status: number | null,
  ) {
    super(shown.en);
  }

  /** The server was not reached at all. */
  get isOffline(): boolean {
    return this.status === null;
  }

  /** The server was not reached or could not answer: the same call may work later. */
  get mayWorkLater(): boolean {
    return this.status === null || this.status >= 500 || this.status === 429;
  }
}

const PERSON_HEADER = "X-Ansim-Person";
let username: string | null = null;
let csrfToken: string | null = null;
let unauthorised: () => void = () => undefined;

export function setSession(person: string | null, token: string | null): void {
  username = person;
  csrfToken = token;
}

/** Headers of a call that may be done in nobody else's session, whoever is logged in when it is sent. */
export function asPerson(person: string): Record<string, string> {
  return { [PERSON_HEADER]: person };
}

export function onUnauthorised(callback: () => void): void {
  unauthorised = callback;
}

export const client = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });

client.use({
  onRequest({ request }) {
    if (request.method === "GET" || csrfToken === null) return request;
    request.headers.set("X-CSRF-Token", csrfToken);
    if (username !== null && !request.headers.has(PERSON_HEADER)) request.headers.set(PERSON_HEADER, username);
    return request;
  },
});

const SEEN_HEADER = "X-Ansim-Seen";
/**
 * Up to where this page has seen what was written, by what answers say; null after one that says nothing, or other news.
 * A server with a replica answers from it only once that has come as far, and from its primary whoever says nothing.
 */
let seen: number | null = null;
/** Which news it was before: an answer that was asked for earlier says nothing of them. */
let news = 0;
const asked = new WeakMap<Request, number>();

/** Something was heard of that the next answer has to show. */
export function heardNews(): void {
  seen = null;
  news += 1;
}

client.use({
  onRequest({ request }) {
    asked.set(request, news);
    if (seen !== null && request.method === "GET") request.headers.set(SEEN_HEADER, String(seen));
    return request;
  },
  onResponse({ request, response }) {
    const shown = response.headers.get(SEEN_HEADER);
    if (shown === null) heardNews();
    else if (asked.get(request) === news) seen = Math.max(seen ?? 0, Number(shown));
  },
});

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of an answer; throws `ApiError` for anything else, an unreachable server included. */
export async function call<Data>(pending: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await pending;
  } catch {
    throw new ApiError("network", app.error_network, null);
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  const error = errorOf(answer.error, answer.response.status);
  // A second person's wrong PIN is 401, too, and ends nobody's session.
  if (error.code === "login_needed") unauthorised();
  throw error;
}

function errorOf(body: unknown, status: number): ApiError {
  if (isRecord(body) && isRecord(body["error"])) {
    const { code, message } = body["error"];
    if (typeof code === "string" && isRecord(message)) {
      const { ko, en } = message;
      if (typeof ko === "string" && typeof en === "string") return new ApiError(code, { ko, en }, status);
    }
  }
  const fill = (text: string) => text.replace("{status}", String(status));
  const { ko, en } = app.error_unreadable;
  return new ApiError("unreadable", { ko: fill(ko), en: fill(en) }, status);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
