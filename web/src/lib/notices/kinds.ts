// Which notices somebody may do without outside the app. The server sends the others to every channel, whatever was chosen:
// they are how a stolen account is noticed.
import type { Schemas } from '$lib/api';

export type NoticeKind = Schemas['NoticeKind'];
export type ChannelKind = Schemas['ChannelKind'];

/** Every kind, so that a new one has to be thought of here. */
const ALWAYS: Record<NoticeKind, boolean> = {
  'sign-in': true,
  'recovery-started': true,
  'recovery-waiting': true,
  'recovery-vetoed': true,
  recovered: true,
  'vouch-asked': true,
  'contact-added': false,
  'contacts-changed': true,
  'password-changed': true,
  'factor-changed': true,
  'channel-changed': true,
  'password-known': true,
  'token-made': true,
  'member-added': true,
  'album-opened': false,
  'approval-asked': false,
  approved: false,
  declined: false,
  alert: false,
  test: true,
};

const kinds = Object.keys(ALWAYS) as NoticeKind[];

/** What can be chosen. */
export const optional = kinds.filter((kind) => !ALWAYS[kind]);

/** What is told in any case. A test is asked for, and no news. */
export const always = kinds.filter((kind) => ALWAYS[kind] && kind !== 'test');

/** What goes to a channel of what can be chosen; `null` is everything, later kinds too. */
export const chosenOf = (kinds: NoticeKind[] | null | undefined): NoticeKind[] =>
  optional.filter((kind) => kinds?.includes(kind) ?? true);

export const asAsked = (chosen: NoticeKind[]): NoticeKind[] | null =>
  optional.every((kind) => chosen.includes(kind)) ? null : chosen;
