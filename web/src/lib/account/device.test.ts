import { expect, it } from 'vitest';
import { deviceOf } from './device';

it('devices are told apart', () => {
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
  expect(deviceOf(phone)).toEqual({ kind: 'phone', name: 'Safari, iPhone' });
  const laptop =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  expect(deviceOf(laptop)).toEqual({ kind: 'computer', name: 'Chrome, Linux' });
  expect(deviceOf('ourphoto/0.1')).toEqual({ kind: 'program', name: 'ourphoto/0.1' });
});
