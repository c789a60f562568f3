/** Svelte actions that show an element beside the page instead of inside it. */

/** In the context of a part that keeps its notes to itself: a page that stands beside another. */
export const IS_BESIDE = Symbol("beside another page");

/** At the end of the document. */
export function portal(node: HTMLElement): { destroy: () => void } {
  return placed(node, () => {
    document.body.append(node);
  });
}

/** Before everything else. */
export function onTop(node: HTMLElement): { destroy: () => void } {
  return placed(node, () => {
    document.body.prepend(node);
  });
}

function placed(node: HTMLElement, place: () => void): { destroy: () => void } {
  place();
  return {
    destroy() {
      node.remove();
    },
  };
}
