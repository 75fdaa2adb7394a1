import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/settings/config.ts';
import { openSecret } from './secret-file.ts';

const first = 'hunter2-hunter2-hunter2';
const second = 'swordfish-swordfish';
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-secret-'));
  file = join(folder, 'secret');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(text: string, mode = 0o600) {
  await writeFile(file, text);
  await chmod(file, mode);
  return openSecret({ secretFile: file });
}

describe('a secret file', () => {
  it.each([
    ['one secret', first],
    ['one line', `${first}\n`],
    ['a line of another system', `${first}\r\n`],
    ['blank lines and spaces', `\n  ${first} \n\n`],
  ])('with %s is that secret', async (_what, text) => {
    const plain = await open(`${first}\n`);
    const signer = await open(text);
    expect(signer?.sign('a text')).toBe(plain?.sign('a text'));
    expect(signer).toMatchObject({ acceptsUnsigned: false, warning: null });
  });

  it('with two secrets signs with the first, and takes what the second has signed', async () => {
    const old = await open(second);
    const signer = await open(`${first}\n${second}\n`);
    expect(signer?.isTagOf(old?.sign('a text') ?? '', 'a text')).toBe(true);
    expect(signer?.sign('a text')).not.toBe(old?.sign('a text'));
  });

  it.each([
    ['nothing', '', /expected one or two secrets in .*, one a line, found none/],
    ['blank lines', ' \n\n', /found none/],
    ['three secrets', `${first}\n${second}\n${first}`, /found 3/],
    [
      'a short secret',
      'hunter2\n',
      /expected at least 16 bytes, but secret 1 in .* has 7; make one with: openssl/,
    ],
    ['a short second secret', `${first}\nhunter2`, /secret 2 in .* has 7/],
    ['what is no secret', `${'hunter2\n'.repeat(2_000)}`, /found 16000 bytes/],
  ])('with %s is refused, and nothing of it is shown', async (_what, text, message) => {
    const error = await open(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      violations: [{ path: 'secretFile', message: expect.stringMatching(message) }],
    });
    expect(String(error) + JSON.stringify(error)).not.toMatch(/hunter2|swordfish/);
  });

  it.each([
    [{ secretFile: '/nowhere/secret' }, /\/nowhere\/secret cannot be read \(ENOENT\)/],
    [{ secretFile: '/' }, /cannot be read \(EISDIR\)/],
    [{ secretFile: '' }, /expected the path of a file/],
    [{ secretFile: 5 }, /expected the path of a file/],
    [{ secretAcceptUnsigned: true }, /expected a secret file beside it/],
    [{ secretAcceptUnsigned: 'yes' }, /expected true or false, got string/],
  ])('named by %j is refused', (options, message) => {
    expect(() => Reflect.apply(openSecret, null, [options])).toThrow(message);
  });

  it.each([0o640, 0o604, 0o660, 0o620])('that others may read or change is warned of: %o', async (mode) => {
    const signer = await open(first, mode);
    expect(signer?.warning).toMatch(
      new RegExp(`secret file ${file} \\(mode 0${mode.toString(8)}\\): chmod 600`),
    );
  });

  it.each([0o600, 0o400])('that its owner alone may read is not: %o', async (mode) => {
    expect((await open(first, mode))?.warning).toBeNull();
  });

  it('that is not named is no signer', () => {
    expect(openSecret({})).toBeUndefined();
  });
});
