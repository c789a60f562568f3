/**
 * Every word of the page in its two languages, one typed table: a key without Korean or English, or an English text
 * whose {placeholders} differ from the Korean ones, does not pass svelte-check. Only types of it reach the page: the
 * build makes one pack of words for each language (one-language.ts), of which a phone loads the one that it speaks.
 */
import type { PlaceholdersOf } from "./text";
import { account } from "./words/account";
import { app } from "./words/app";
import { ble } from "./words/ble";
import { checks } from "./words/checks";
import { condition } from "./words/condition";
import { exports } from "./words/exports";
import { finding } from "./words/finding";
import { keys } from "./words/keys";
import { lens } from "./words/lens";
import { live } from "./words/live";
import { login } from "./words/login";
import { record } from "./words/record";
import { responseTest } from "./words/response-test";
import { rooms } from "./words/rooms";
import { settings } from "./words/settings";
import { start } from "./words/start";
import { sweep } from "./words/sweep";
import { today } from "./words/today";
import { transmitters } from "./words/transmitters";
import { verdicts } from "./words/verdicts";
import { visit } from "./words/visit";
import { wifi } from "./words/wifi";

export const messages = {
  ...app,
  ...login,
  ...account,
  ...rooms,
  ...today,
  ...verdicts,
  ...sweep,
  ...finding,
  ...lens,
  ...transmitters,
  ...wifi,
  ...ble,
  ...record,
  ...start,
  ...live,
  ...condition,
  ...responseTest,
  ...exports,
  ...settings,
  ...keys,
  ...checks,
  ...visit,
} as const;

export type Language = "ko" | "en";
export type MessageKey = keyof typeof messages;
export type ParametersOf<K extends MessageKey> = PlaceholdersOf<(typeof messages)[K]["ko"]>;
