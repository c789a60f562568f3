/** Secrets that a keeper of accounts hands to somebody: shown once, here, and kept nowhere. */
interface Secrets {
  readonly name: string;
  /** Null: the old one goes on. */
  readonly password: string | null;
  readonly code: string;
}

class Given {
  secrets = $state.raw<Secrets | null>(null);

  show(name: string, answer: { readonly one_time_password?: string; readonly enrolment_code: string }): void {
    this.secrets = { name, password: answer.one_time_password ?? null, code: answer.enrolment_code };
  }

  forget(): void {
    this.secrets = null;
  }
}

export const given = new Given();
