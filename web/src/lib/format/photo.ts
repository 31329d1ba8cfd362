import type { Exposure } from '$lib/api';

/** `1/250 s · f/2.8 · ISO 400 · 35 mm`. */
export function exposure(told: Exposure | undefined): string {
  if (!told) return '';
  const parts: string[] = [];
  const { seconds, f_number: f, iso, focal_length: focal } = told;
  if (seconds) parts.push(seconds < 0.3 ? `1/${Math.round(1 / seconds)} s` : `${round(seconds)} s`);
  if (f) parts.push(`f/${round(f)}`);
  if (iso) parts.push(`ISO ${iso}`);
  if (focal) parts.push(`${round(focal)} mm`);
  return parts.join(' · ');
}

const round = (n: number) => Math.round(n * 10) / 10;

/** `FUJIFILM X100V`, without saying the maker twice. */
export function camera(make: string | null | undefined, model: string | null | undefined): string {
  const first = make?.split(' ')[0]?.toLowerCase() ?? '';
  if (!make || (model && first && model.toLowerCase().startsWith(first))) return model ?? '';
  return model ? `${make} ${model}` : make;
}

/** `48.8584° N, 2.2945° E`. */
export function place(latitude: number, longitude: number): string {
  const degrees = (n: number) => `${Math.abs(n).toFixed(4)}°`;
  return `${degrees(latitude)} ${latitude < 0 ? 'S' : 'N'}, ${degrees(longitude)} ${longitude < 0 ? 'W' : 'E'}`;
}
