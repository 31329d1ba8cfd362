// What the server says of copies, in the words that these pages use for it.
import type { Schemas } from '$lib/api';

export type Alert = Schemas['AlertInfo'];
export type CaredCopy = Schemas['CaredCopy'];
export type Copies = Schemas['CopiesInfo'];
export type Coverage = Schemas['CoverageInfo'];
export type Damage = Schemas['DamageInfo'];
export type Drill = Schemas['DrillInfo'];
export type DrillReport = Schemas['DrillReportInfo'];
export type Review = Schemas['ReviewInfo'];
export type Rule = Schemas['RuleInfo'];

/** What the server calls its own store among the names of copies. */
export const LIBRARY = 'library';

export const openOf = (alerts: Alert[]): Alert[] =>
  alerts
    .filter((alert) => !alert.resolved_at)
    .sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.raised_at.localeCompare(b.raised_at));

export const overOf = (alerts: Alert[]): Alert[] =>
  alerts
    .filter((alert) => alert.resolved_at)
    .sort((a, b) => (b.resolved_at ?? '').localeCompare(a.resolved_at ?? ''));

export type Standing = 'good' | 'warn' | 'bad';

/** What is broken is bad; what only is not there yet is a warning. */
export function standing({ copy, failing_since: failing }: CaredCopy): Standing {
  if (copy.damaged + copy.missing > 0) return 'bad';
  return failing || copy.waiting > 0 ? 'warn' : 'good';
}

/** How much of what the library has is in a copy, whole: 0 to 1. */
export function share({ copy }: CaredCopy): number {
  const all = copy.held + copy.waiting + copy.damaged + copy.missing;
  return all === 0 ? 1 : copy.held / all;
}
