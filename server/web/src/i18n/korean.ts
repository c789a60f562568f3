/**
 * What is kept in Korean as English shows it: the numbers that stand for persons, and addresses as the Revised Romanization
 * spells them. Shown only: what is sent, kept or typed stays as it is stored.
 */
import { numbered } from "../api/tables.json";
import { settings } from "../app/settings.svelte";

const ROLES: Readonly<Record<string, string>> = numbered;

/** `점검자-02` as `Inspector-02`; any other name as it is. */
export function personName(name: string): string {
  if (settings.language === "ko") return name;
  const [, role = "", number = ""] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const english = ROLES[role];
  return english === undefined ? name : `${english}-${number}`;
}

/** The name that is kept for one that was typed: `Inspector-02` is `점검자-02`. */
export function keptName(typed: string): string {
  const [, english = "", number = ""] = /^(.+)-(\d+)$/.exec(typed) ?? [];
  const role = Object.keys(ROLES).find((one) => ROLES[one] === english);
  return role === undefined ? typed : `${role}-${number}`;
}

/** Of the Korean National Police, as it names them in English itself. */
const RANKS: Readonly<Record<string, string>> = {
  순경: "Police Officer",
  경장: "Senior Police Officer",
  경사: "Assistant Inspector",
  경위: "Inspector",
  경감: "Senior Inspector",
};

/** `경위` as `Inspector (경위)`, since it stays as they say it; any other rank as it is. */
export function rankName(rank: string): string {
  const english = RANKS[rank];
  return settings.language === "ko" || english === undefined ? rank : `${english} (${rank})`;
}

export function personNames(names: readonly string[]): string {
  return names.map(personName).join(", ");
}

const FIRST = ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
const VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split(" ");
/** A final consonant by itself, and before a vowel. */
const LAST = " k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split(" ");
const LINKED = " g kk ks n nj n d r lg lm lb ls lt lp r m b bs s ss ng j ch k t p ".split(" ");
const NASAL: Readonly<Record<string, string>> = { k: "ng", t: "n", p: "m" };
const BLOCK = 0xac00;

/** Syllables in Latin letters, with what finals and initials do to each other. */
function romanized(word: string): string {
  let out = "";
  let last = 0;
  for (const letter of word) {
    const at = letter.charCodeAt(0) - BLOCK;
    if (at < 0 || at >= 11_172) {
      out += `${LAST[last] ?? ""}${letter}`;
      last = 0;
      continue;
    }
    const first = FIRST[Math.floor(at / 588)] ?? "";
    out += `${joined(last, first)}${VOWELS[Math.floor((at % 588) / 28)] ?? ""}`;
    last = at % 28;
  }
  out += LAST[last] ?? "";
  return out.charAt(0).toUpperCase() + out.slice(1);
}

function joined(last: number, first: string): string {
  const end = LAST[last] ?? "";
  if (first === "") return LINKED[last] ?? "";
  if (first === "r" && (end === "l" || end === "n")) return "ll";
  if (first === "n" && end === "l") return "ll";
  if (first === "r" && end !== "") return `${NASAL[end] ?? end}n`;
  if (first === "n" || first === "m") return `${NASAL[end] ?? end}${first}`;
  return `${end}${first}`;
}

const PARTS: readonly (readonly [RegExp, (name: string, number: string) => string])[] = [
  [/^([가-힣]+)(?:특별|광역)시$/, (name) => romanized(name)],
  [/^([가-힣]+)로(\d+)번?길$/, (name, number) => `${romanized(name)}-ro ${number}-gil`],
  [/^([가-힣\d]+)시$/, (name) => `${romanized(name)}-si`],
  [/^([가-힣\d]+)도$/, (name) => `${romanized(name)}-do`],
  [/^([가-힣\d]+)군$/, (name) => `${romanized(name)}-gun`],
  [/^([가-힣\d]+)구$/, (name) => `${romanized(name)}-gu`],
  [/^([가-힣\d]+)읍$/, (name) => `${romanized(name)}-eup`],
  [/^([가-힣\d]+)면$/, (name) => `${romanized(name)}-myeon`],
  [/^([가-힣\d]+)리$/, (name) => `${romanized(name)}-ri`],
  [/^([가-힣\d]+)동$/, (name) => `${romanized(name)}-dong`],
  [/^([가-힣\d]+)로$/, (name) => `${romanized(name)}-ro`],
  [/^([가-힣\d]+)길$/, (name) => `${romanized(name)}-gil`],
];

/** `한빛구 새싹로 11` as `11 Saessak-ro, Hanbit-gu`; one that holds anything else than such names and a number as it is. */
export function addressShown(address: string): string {
  return settings.language === "ko" ? address : englishAddress(address);
}

export function englishAddress(address: string): string {
  const [, names = "", number = ""] = /^(.*?)(?: (\d+(?:-\d+)?))?$/.exec(address.trim()) ?? [];
  const parts = names.split(" ").map((word) => {
    for (const [pattern, english] of PARTS) {
      const found = pattern.exec(word);
      if (found !== null) return english(found[1] ?? "", found[2] ?? "");
    }
    return null;
  });
  if (parts.includes(null)) return address;
  const [street = "", ...wider] = parts.reverse();
  return [number === "" ? street : `${number} ${street}`, ...wider].join(", ");
}
