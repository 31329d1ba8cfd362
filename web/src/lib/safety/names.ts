import { t } from '$lib/i18n/index.svelte';
import { LIBRARY } from './kinds';

/** What a copy is called for people. */
export const copyName = (name: string): string => (name === LIBRARY ? t().home.copyLibrary : name);

/** `This server, Attic and NAS`. */
export const copyNames = (names: string[], language: string): string =>
  new Intl.ListFormat(language, { type: 'conjunction' }).format(names.map(copyName));
