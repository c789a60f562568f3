import { settings } from "../app/settings.svelte";
import { messages, type MessageKey, type ParametersOf } from "./messages";

type Parameters<K extends MessageKey> = [ParametersOf<K>] extends [never]
  ? []
  : [parameters: Readonly<Record<ParametersOf<K>, string | number>>];

/** The text of `key` in the chosen language with its {placeholders} filled in. */
export function t<K extends MessageKey>(key: K, ...parameters: Parameters<K>): string {
  const values: Readonly<Record<string, string | number>> = parameters[0] ?? {};
  return messages[key][settings.language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

/** The chosen language of a text that the server or the probe wrote in both. */
export function local(text: { readonly ko: string; readonly en: string }): string {
  return text[settings.language];
}
