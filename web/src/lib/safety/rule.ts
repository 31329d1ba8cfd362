// Rules that are asked for by name.
import type { Rule } from './kinds';

export type Preset = 'usual' | 'strict' | 'stricter';
type Counts = Pick<Rule, 'copies' | 'media' | 'offsite'>;

export const PRESETS: Record<Preset, Counts> = {
  usual: { copies: 3, media: 2, offsite: 1 },
  strict: { copies: 4, media: 2, offsite: 2 },
  stricter: { copies: 5, media: 3, offsite: 2 },
};

export function presetOf(rule: Counts): Preset | 'own' {
  const same = (preset: Counts) =>
    preset.copies === rule.copies && preset.media === rule.media && preset.offsite === rule.offsite;
  return (Object.keys(PRESETS) as Preset[]).find((name) => same(PRESETS[name])) ?? 'own';
}
