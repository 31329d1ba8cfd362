// Keywords are given and taken away one by one, so that two people or two tabs who describe the same photo keep each other's.
import { api, ask, type AssetDetail } from '$lib/api';

/** What a photo shall have more, and what it shall not have any more. */
export interface Change {
  add: readonly string[];
  remove: readonly string[];
}

/** The keywords after a change, each once, in the order in which they were given. */
export function changed(words: readonly string[], { add, remove }: Change): string[] {
  return [...new Set([...words, ...add])].filter((word) => !remove.includes(word));
}

/** What somebody typed, with a comma between keywords. */
export const typedWords = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
  ),
];

/** Changes the keywords that a photo has by now, whatever was shown of them; gives the photo as it is then. */
export const changeKeywords = (
  id: string,
  add: readonly string[],
  remove: readonly string[],
): Promise<AssetDetail> =>
  ask(
    api.PATCH('/api/v1/assets/{id}', {
      params: { path: { id } },
      body: { add_keywords: [...add], remove_keywords: [...remove] },
    }),
  );
