// Passkeys, as the browser keeps them. Only where the server's description says that it knows them.
import { askUndescribed } from '$lib/api';

export const passkeysPossible = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

interface Ceremony<T> {
  ceremony: string;
  options: { publicKey: T };
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function credential(made: Credential | null): PublicKeyCredentialJSON {
  if (!(made instanceof PublicKeyCredential)) throw new Error('No passkey was chosen.');
  return made.toJSON() as PublicKeyCredentialJSON;
}

export interface PasskeyProof {
  ceremony: string;
  credential: PublicKeyCredentialJSON;
}

/** Has the person choose a passkey; `null` where the server knows none. */
export async function presentPasskey(): Promise<PasskeyProof | null> {
  const begun = await askUndescribed<Ceremony<PublicKeyCredentialRequestOptionsJSON>>(
    '/api/v1/session/passkey',
    json({}),
  );
  if (!begun) return null;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options.publicKey);
  return { ceremony: begun.ceremony, credential: credential(await navigator.credentials.get({ publicKey })) };
}

/** Signs in with a passkey. */
export async function signInWithPasskey(): Promise<boolean> {
  const proof = await presentPasskey();
  if (!proof) return false;
  await askUndescribed(`/api/v1/session/passkey/${proof.ceremony}`, json({ credential: proof.credential }));
  return true;
}

/** Adds a passkey to the account; gives recovery codes with the first second factor. */
export async function addPasskey(name: string): Promise<string[] | null> {
  const begun = await askUndescribed<Ceremony<PublicKeyCredentialCreationOptionsJSON>>(
    '/api/v1/passkeys',
    json({ name }),
  );
  if (!begun) throw new Error('This server knows no passkeys yet.');
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options.publicKey);
  const made = credential(await navigator.credentials.create({ publicKey }));
  const told = await askUndescribed<{ recovery_codes: string[] | null }>(
    `/api/v1/passkeys/${begun.ceremony}/confirm`,
    json({ credential: made }),
  );
  return told?.recovery_codes ?? null;
}
