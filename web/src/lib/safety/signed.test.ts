import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { bytesOf, filesOf } from './signed';

test('the three files say together that the report is genuine, and not of another', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const signed = '{"copy":"Schrank – 2","passed":true}';
  const [report, signature, key] = filesOf({
    signed,
    signature: sign(null, Buffer.from(signed), privateKey).toString('hex'),
    public_key: raw.toString('hex'),
  });
  const read = async (file: typeof report) => Buffer.from(await new Blob(file?.parts).arrayBuffer());
  const made = createPublicKey({ key: await read(key), type: 'spki', format: 'der' });
  expect(verify(null, await read(report), made, await read(signature))).toBe(true);
  expect(verify(null, Buffer.from('{}'), made, await read(signature))).toBe(false);
  expect([...bytesOf('00ff10')]).toEqual([0, 255, 16]);
});
