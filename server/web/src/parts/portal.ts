/** Svelte action: shows the element at the end of the document, beside the page instead of inside it. */
export function portal(node: HTMLElement): { destroy: () => void } {
  document.body.append(node);
  return {
    destroy() {
      node.remove();
    },
  };
}
