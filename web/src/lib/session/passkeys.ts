// Passkeys, as the browser keeps them. The description leaves open what goes between the server and the browser: it is the
// JSON form of WebAuthn.
import { api, ask, type Schemas } from '$lib/api';
import { t } from '$lib/i18n/index.svelte';

export const passkeysPossible = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

type Shown = Schemas['PasskeyShown'];

/** What the browser is asked, out of what the server says. */
const asked = <T>({ options }: Schemas['PasskeyAsked']): T =>
  (options as unknown as { publicKey: T }).publicKey;

function credential(made: Credential | null): Shown['credential'] {
  if (!(made instanceof PublicKeyCredential)) throw new Error(t().door.noPasskey);
  return made.toJSON() as Shown['credential'];
}

async function chosen(purpose: Schemas['PasskeyPurpose']): Promise<Shown> {
  const begun = await ask(api.POST('/api/v1/session/passkey', { body: { for: purpose } }));
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked(begun));
  return { ceremony: begun.ceremony, credential: credential(await navigator.credentials.get({ publicKey })) };
}

/** Has the person choose a passkey, to prove again who they are. */
export const presentPasskey = (): Promise<Shown> => chosen('proof');

/** Has somebody who is not signed in choose a passkey of theirs. */
export const choosePasskey = (): Promise<Shown> => chosen('sign-in');

/** Signs in with a passkey. */
export async function signInWithPasskey(): Promise<void> {
  const { ceremony, credential } = await chosen('sign-in');
  const params = { path: { ceremony } };
  await ask(
    api.POST('/api/v1/session/passkey/{ceremony}', { params, body: { credential, agent: 'browser' } }),
  );
}

/** Adds a passkey to the account; gives recovery codes with the first second factor. */
export async function addPasskey(name: string): Promise<string[] | null> {
  const begun = await ask(api.POST('/api/v1/passkeys', { body: { name } }));
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked(begun));
  const made = credential(await navigator.credentials.create({ publicKey }));
  const params = { path: { ceremony: begun.ceremony } };
  const body = { credential: made };
  const told = await ask(api.POST('/api/v1/passkeys/{ceremony}/confirm', { params, body }));
  return told.recovery_codes ?? null;
}
