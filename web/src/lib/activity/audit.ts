export interface Entry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  detail: unknown;
  space: string | null;
}

export interface AuditPage {
  entries: Entry[];
  /** Whether the chain of entries holds; `null` where it was not looked at. */
  intact: boolean | null;
}

/** What actions begin with. */
export const kinds = [
  'asset',
  'album',
  'member',
  'invitation',
  'session',
  'token',
  'factor',
  'space',
] as const;
