/** The month of the access log that was asked for: each look at it is a line of it, so it is asked for once. */
import type { components } from "../api/schema";
import { call, client } from "../api/client";
import { Resource } from "../app/resource.svelte";

export type Access = components["schemas"]["AccessLine"];

class Accesses {
  #of = "";
  month = $state("");
  reason = $state("");
  readonly list = new Resource(
    async () =>
      this.month === "" || this.reason === ""
        ? { accesses: [], is_cut: false }
        : call(client.GET("/api/access-log", { params: { query: { month: this.month, reason: this.reason } } })),
    true,
  );

  /** What was asked for by somebody else on this page is not theirs to see. */
  begin(username: string): void {
    if (this.#of !== username) {
      [this.#of, this.month, this.reason] = [username, "", ""];
      this.list.forget();
    }
    if (this.month === "" || this.list.data === null) void this.list.reload();
  }
}

export const accesses = new Accesses();
