/** Svelte actions that show an element beside the page instead of inside it. */

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
