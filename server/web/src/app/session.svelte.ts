import { call, client, onUnauthorised, setCsrfToken } from "../api/client";
import type { User } from "../api/types";

/** Who is logged in on this phone, and the token that state-changing calls carry. */
class Session {
  /** Undefined until the server was asked once. */
  user = $state<User | null | undefined>(undefined);

  constructor() {
    onUnauthorised(() => {
      this.#set(null, null);
    });
  }

  get mayInspect(): boolean {
    return this.user?.role === "inspector" || this.user?.role === "admin";
  }

  async load(): Promise<void> {
    const answer = await call(client.GET("/api/me"));
    this.#set(answer.user, answer.csrf_token);
  }

  async logIn(username: string, password: string): Promise<void> {
    const answer = await call(client.POST("/api/login", { body: { username, password } }));
    this.#set(answer.user, answer.csrf_token);
  }

  async changePassword(current: string, wanted: string): Promise<void> {
    const body = { current_password: current, new_password: wanted };
    const answer = await call(client.POST("/api/password", { body }));
    this.#set(answer.user, answer.csrf_token);
  }

  async logOut(): Promise<void> {
    await call(client.POST("/api/logout"));
    this.#set(null, null);
  }

  #set(user: User | null, token: string | null): void {
    this.user = user;
    setCsrfToken(token);
  }
}

export const session = new Session();
