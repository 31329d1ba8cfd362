import { describe, expect, it } from 'vitest';
import { fromHash, toHash } from './claim';

const claim = {
  secret: 'opr_ab-_c.17900.x-y_z',
  phrase: 'apple river stone moon',
  email: 'ana+x@example.org',
};

describe('a claim', () => {
  it('is the same after it was an address', () => {
    expect(fromHash(`#${toHash(claim)}`)).toEqual(claim);
  });

  it('is none without a secret, and needs no more than that', () => {
    expect(fromHash('')).toBeNull();
    expect(fromHash('#')).toBeNull();
    expect(fromHash('#opr_x')).toEqual({ secret: 'opr_x', phrase: '', email: '' });
    expect(fromHash('#opr_x~a-b~%E0%A4%A')).toEqual({ secret: 'opr_x', phrase: 'a b', email: '' });
  });
});
