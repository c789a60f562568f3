import type { Language } from "../i18n/messages";

export type Theme = "auto" | "light" | "dark";

const STORAGE_KEY = "ansim-settings";

function stored(): { language: Language; theme: Theme } {
  const values: { language: Language; theme: Theme } = {
    language: navigator.language.startsWith("en") ? "en" : "ko",
    theme: "auto",
  };
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    if (typeof saved === "object" && saved !== null) {
      if ("language" in saved && (saved.language === "ko" || saved.language === "en")) values.language = saved.language;
      if ("theme" in saved && (saved.theme === "light" || saved.theme === "dark")) values.theme = saved.theme;
    }
  } catch {
    // Storage that is switched off or holds something else: the defaults stand.
  }
  return values;
}

/** Language and appearance of this phone; kept on the phone only. */
class Settings {
  language = $state<Language>("ko");
  theme = $state<Theme>("auto");
  #kept: string;

  constructor() {
    const values = stored();
    this.language = values.language;
    this.theme = values.theme;
    this.#kept = JSON.stringify(values);
  }

  /**
   * Write the choice to the document and, where it is another one than before, to the phone's storage; call it inside
   * an effect. A page that only opens must not undo what was chosen in another tab meanwhile.
   */
  apply(): void {
    const root = document.documentElement;
    root.lang = this.language;
    root.dataset["theme"] = this.theme;
    const chosen = JSON.stringify({ language: this.language, theme: this.theme });
    if (chosen === this.#kept) return;
    this.#kept = chosen;
    try {
      localStorage.setItem(STORAGE_KEY, chosen);
    } catch {
      // The choice then holds until the page is closed.
    }
  }
}

export const settings = new Settings();
