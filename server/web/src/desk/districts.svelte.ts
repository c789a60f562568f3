/** Names of districts, asked for once: ids stand in records, names on the page. */
import { ApiError, call, client } from "../api/client";
import { local } from "../i18n/translate.svelte";

type District = Awaited<ReturnType<typeof ask>>["districts"][number];

function ask() {
  return call(client.GET("/api/districts"));
}

class Districts {
  all = $state.raw<readonly District[]>([]);
  #asked = false;

  async load(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      this.all = (await ask()).districts;
    } catch (error) {
      this.#asked = false;
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** Ask once more: one has another name. */
  async renew(): Promise<void> {
    this.#asked = false;
    await this.load();
  }

  /** The Korean name of a district, once it is known. */
  nameKo(id: string): string | undefined {
    return this.all.find((one) => one.district_id === id)?.name.ko;
  }

  /** The name of a district, its id until that is known. */
  name(id: string | null): string {
    const found = this.all.find((one) => one.district_id === id);
    return found ? local(found.name) : (id ?? "");
  }
}

export const districts = new Districts();
