/**
 * Names and icons of modalities, from the contract's own table (`npm run types`). One that this page does not know yet
 * shows by its id.
 */
import { modalities } from "../api/tables.json";
import type { LocalText, Modality } from "../api/types";
import { local } from "../i18n/translate.svelte";
import { ICONS, type IconName } from "../parts/icons";

interface Shown {
  readonly name: LocalText;
  readonly icon: string;
  readonly is_radio: boolean;
}
const SHOWN: Readonly<Partial<Record<string, Shown>>> = modalities;
const KNOWN = Object.keys(modalities) as readonly Modality[];

/** One method, or all of them together. */
export type ModalityChoice = Modality | "all";

/** Those that this page knows, in their order, then what is told besides. */
export function modalitiesOf(told: readonly { readonly modality: Modality }[]): readonly Modality[] {
  return [...new Set([...KNOWN, ...told.map(({ modality }) => modality)])];
}

/** Names of the methods that tell of something, each once: what is said to have seen a place. */
export function methodsOf(told: readonly { readonly modality: Modality }[]): readonly string[] {
  return modalitiesOf(told)
    .filter((one) => told.some(({ modality }) => modality === one))
    .map(modalityName);
}

export function modalityName(modality: string): string {
  const shown = SHOWN[modality];
  return shown ? local(shown.name) : modality;
}

export function modalityIcon(modality: string): IconName {
  const icon = SHOWN[modality]?.icon ?? "";
  return Object.hasOwn(ICONS, icon) ? (icon as IconName) : "search";
}

/** It hears what transmits. */
export const isRadio = (modality: string): boolean => SHOWN[modality]?.is_radio ?? false;
