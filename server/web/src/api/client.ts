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
