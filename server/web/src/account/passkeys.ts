/**
 * The only module that calls the browser's passkeys (WebAuthn): from the server's options to the device and back as base64url.
 * What a person sees of a failure is a key of the page's words; nothing here decides anything, the server verifies.
 */
import { ApiError, call, client, type ShownText } from "../api/client";
import { fromBase64Url, toBase64Url } from "../app/base64";
import type { PasskeyAnswer, PasskeyChallenge, PasskeyOptions } from "../api/types";
import { shown } from "../i18n/translate.svelte";
import { t } from "../i18n/translate.svelte";

export class PasskeyError extends Error {
  constructor(readonly key: "passkey_cancelled" | "passkey_known" | "passkey_failed") {
    super(key);
  }
}

/** Why passkeys are off on this page, as a sentence; null when they are on. `origin`: where the server has them. */
export function whyOff(origin: string | null): string | null {
  if (!isSecureContext) return t("passkey_insecure");
  if (typeof PublicKeyCredential === "undefined") return t("passkey_unsupported");
  if (origin === null) return t("passkey_no_address");
  return origin === location.origin ? null : t("passkey_elsewhere", { origin });
}

let origin: Promise<string | null> | null = null;

/** Whether this browser has passkeys and the server takes them on this page: offered only then. */
export async function areTaken(): Promise<boolean> {
  if (whyOff(location.origin) !== null) return false;
  origin ??= call(client.GET("/api/login")).then(({ passkey_origin: taken }) => taken);
  try {
    return whyOff(await origin) === null;
  } catch (error) {
    origin = null; // it is asked again
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
}

/** What to say of a failure of the server or of the device, in both languages; throws anything else. */
export function sentenceOf(failure: unknown): ShownText {
  if (failure instanceof ApiError) return failure.shown;
  if (failure instanceof PasskeyError) return shown(failure.key);
  throw failure;
}

/** Have the device answer a challenge. */
export async function answer(options: PasskeyChallenge): Promise<PasskeyAnswer> {
  const found = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: fromBase64Url(options.challenge),
        rpId: options.rp_id,
        timeout: options.timeout_ms,
        userVerification: "required",
        allowCredentials: options.credential_ids.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
      },
    }),
  );
  if (!(found.response instanceof AuthenticatorAssertionResponse)) throw new PasskeyError("passkey_failed");
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  // A passkey that is found without a user name always names its person.
  if (userHandle === null) throw new PasskeyError("passkey_failed");
  return {
    credential_id: toBase64Url(found.rawId),
    client_data: toBase64Url(clientDataJSON),
    authenticator_data: toBase64Url(authenticatorData),
    signature: toBase64Url(signature),
    user_handle: toBase64Url(userHandle),
  };
}

/** Have the device make a passkey. */
export async function make(options: PasskeyOptions): Promise<{ client_data: string; attestation: string }> {
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: fromBase64Url(options.challenge),
        rp: { id: options.rp_id, name: options.rp_name },
        user: { id: fromBase64Url(options.user_id), name: options.username, displayName: options.display_name },
        pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
        timeout: options.timeout_ms,
        attestation: "none",
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        excludeCredentials: options.exclude.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
      },
    }),
  );
  if (!(made.response instanceof AuthenticatorAttestationResponse)) throw new PasskeyError("passkey_failed");
  return {
    client_data: toBase64Url(made.response.clientDataJSON),
    attestation: toBase64Url(made.response.attestationObject),
  };
}

async function ask(act: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null;
  try {
    found = await act();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === "NotAllowedError" || error.name === "AbortError") throw new PasskeyError("passkey_cancelled");
    throw new PasskeyError(error.name === "InvalidStateError" ? "passkey_known" : "passkey_failed");
  }
  if (!(found instanceof PublicKeyCredential)) throw new PasskeyError("passkey_failed");
  return found;
}
