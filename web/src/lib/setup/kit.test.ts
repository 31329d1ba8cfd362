import { describe, expect, it } from 'vitest';
import { endsWith, groups, readKit } from './kit';

const key = 'AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQQPZRY9X8GF2TVDW0S3JN54';
const text = `# OurPhoto recovery kit\n#\n# made        2026-11-23T11:54:00Z\n# for         ana@example.org\n# library     0192\n#\n${key}\n`;

describe('a recovery kit', () => {
  it('is read as the server writes it', () => {
    expect(readKit(text)).toMatchObject({ key, email: 'ana@example.org', made: '2026-11-23T11:54:00Z' });
  });

  it('without a key is refused', () => {
    expect(() => readKit('# nothing')).toThrow(/without a key/);
  });

  it('loses no character when it is put into groups, and ends with whole ones', () => {
    expect(groups(key).join('')).toBe(key);
    expect(
      new Set(
        groups(key)
          .slice(2)
          .map((group) => group.length),
      ),
    ).toEqual(new Set([4]));
  });

  it('is proved by its last two groups, as they are printed', () => {
    const [one, two] = groups(key).slice(-2);
    expect(endsWith(key, `${one} ${two}`)).toBe(true);
    expect(endsWith(key, ` ${one}${two} `.toLowerCase())).toBe(true);
    expect(endsWith(key, two ?? '')).toBe(false);
    expect(endsWith(key, '')).toBe(false);
  });
});
