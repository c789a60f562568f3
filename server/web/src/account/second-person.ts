/** What the second person of an act gives on the first one's device, as the server takes it. */
import { call, client } from "../api/client";
import type { SecondPerson } from "../api/types";
import { answer } from "./passkeys";

/** Letters of a badge, which no user name has. */
const BADGE = /^[A-Z][0-9A-Z]{7}$/;

/** As the server takes a user name; what was given instead is mostly a number of an inspector. */
const USER_NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/;

export function isUserName(who: string): boolean {
  return USER_NAME.test(who);
}

export function isBadge(who: string): boolean {
  return BADGE.test(who.trim());
}

/** A password is longer. */
const PIN = /^\d{6}$/;
const NOT_GIVEN = { username: null, badge: null, password: null, code: null, pin: null, passkey: null };

/** By a passkey on this very device; `about`: the id of what both agree to. */
export async function byPasskey(about: string): Promise<SecondPerson> {
  const options = await call(client.POST("/api/second-person/options", { body: { about } }));
  return { ...NOT_GIVEN, passkey: await answer(options) };
}

/** By user name or badge and PIN, or by user name and password; `code`: of the second factor, where one is asked for. */
export function bySecret(name: string, secret: string, code: string | null): SecondPerson {
  const who = isBadge(name) ? name.trim() : name.trim().toLowerCase(); // keyboards of phones begin with a capital
  return {
    ...NOT_GIVEN,
    ...(isBadge(who) ? { badge: who } : { username: who }),
    ...(PIN.test(secret) ? { pin: secret } : { password: secret }),
    ...(code === null ? {} : { code: code.trim() }),
  };
}
