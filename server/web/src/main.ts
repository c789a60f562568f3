import { mount } from "svelte";
import { settings } from "./app/settings.svelte";
import { speak } from "./i18n/translate.svelte";
import "./style/theme.css";
import "./style/base.css";
import "./style/cards.css";

const NOT_REACHED = "서버에 닿지 않습니다. 새로 고치십시오. The server cannot be reached; load the page again.";

async function show(target: HTMLElement): Promise<void> {
  try {
    const [{ default: App }] = await Promise.all([import("./App.svelte"), speak(settings.language)]);
    mount(App, { target });
  } catch (error) {
    target.textContent = NOT_REACHED;
    throw error;
  }
}

const target = document.getElementById("app");
if (target !== null) void show(target);
