/**
 * The row that stands open at the right of its list, by its id in the address.  A press or Enter opens it and j and k lead on
 * to others; where there is no room for a panel, a row is a link to its page.
 */
import type { Attachment } from "svelte/attachments";
import { MediaQuery } from "svelte/reactivity";
import { changed } from "../app/query";
import { router } from "../app/router.svelte";
import { filter, ROW, setFilter } from "./filters.svelte";

const RESTS_MS = 150; // guessed: a hand that goes through rows rests longer at the one it wants
const hasRoom = new MediaQuery("min-width: 1200px");
/** Of the panel, to which Enter on the open row leads. */
export const PANEL_ID = "chosen-row";

/** Empty without one. */
export const chosen = (): string => (hasRoom.current ? filter(ROW) : "");

/** Opening is a step that one may go back from; going on to another row is not. */
function choose(id: string): void {
  if (filter(ROW) === "") setFilter(ROW, id);
  else router.note(`${location.hash.split("?")[0] ?? ""}?${changed(router.query, ROW, id).toString()}`);
}

/** Whether one was open; the focus goes back to its row. */
export function closeChosen(): boolean {
  if (chosen() === "") return false;
  document.querySelector<HTMLElement>("main [data-row][aria-current='true']")?.focus();
  setFilter(ROW, "");
  return true;
}

let resting: ReturnType<typeof setTimeout> | undefined;

/** Makes a row's link open the panel beside its list. */
export const opens = (id: string): Attachment<HTMLElement> => {
  return (row) => {
    const press = (event: MouseEvent): void => {
      if (!hasRoom.current || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      clearTimeout(resting);
      if (event.detail === 0 && filter(ROW) === id) document.getElementById(PANEL_ID)?.focus();
      else choose(id);
      requestAnimationFrame(() => {
        row.scrollIntoView({ block: "nearest" });
      });
    };
    const come = (): void => {
      clearTimeout(resting);
      if (chosen() !== "" && chosen() !== id)
        resting = setTimeout(() => {
          if (row === document.activeElement && chosen() !== "") choose(id);
        }, RESTS_MS);
    };
    row.addEventListener("click", press);
    row.addEventListener("focus", come);
    return () => {
      row.removeEventListener("click", press);
      row.removeEventListener("focus", come);
    };
  };
};
