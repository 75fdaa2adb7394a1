import { expect, it } from 'vitest';
import { messageText, type SignedKind, signatureText } from '../core/wire/signed-text.ts';
import type { Signer } from '../ports/signer.ts';
import { SignatureCheck } from './signature-check.ts';

/** A tag that anyone can read: 22 characters of the secret and the text's hash. */
function signerWith(secret: string, acceptsUnsigned = false): Signer {
  const sign = (text: string): string => {
    let hash = 7;
    for (const letter of secret + text) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_000_007;
    return String(hash).padStart(22, '0');
  };
  return {
    ...{ sign, acceptsUnsigned, warning: null },
    nextCount: () => 1,
    isTagOf: (tag, text) => tag === sign(text),
  };
}

function setUp(signer: Signer | undefined) {
  let epoch: number | null = 7;
  const troubles: string[] = [];
  const check = new SignatureCheck({
    nodeId: 'b',
    epoch: () => epoch,
    signer,
    onTrouble: (what) => troubles.push(what),
  });
  const send = (signature: string | undefined, kind: SignedKind = 'probe'): boolean =>
    check.isBelieved({
      kind,
      header: '3 a 500',
      sender: { nodeId: 'a', epoch: 3 },
      signature,
      address: '10.0.0.1',
    });
  return {
    ...{ troubles, send },
    beginEpoch: (next: number | null) => {
      epoch = next;
    },
  };
}

function signed(
  secret: string,
  { count = 1, id = 'b', epoch = 7, kind = 'probe' as SignedKind, header = '3 a 500' } = {},
): string {
  const tag = signerWith(secret).sign(messageText(kind, header, { id, epoch }, count));
  return signatureText({ epoch, count, tag });
}

it('without a secret every name is believed', () => {
  const { send, troubles } = setUp(undefined);
  expect([send(undefined), send('nonsense'), troubles]).toEqual([true, true, []]);
});

it('what is signed for this node is believed, once', () => {
  const { send, troubles } = setUp(signerWith('ours'));
  const twice = signed('ours');
  expect([send(twice), send(signed('ours', { count: 2 })), send(twice)]).toEqual([true, true, false]);
  expect(troubles).toEqual(['one is a copy, from 10.0.0.1, and counts as that of a stranger']);
});

const ofAnotherSecret = 'one is not signed with the secret of this cluster';

it.each<[what: string, signature: string | undefined, trouble: string]>([
  ['what is not signed', undefined, 'one is not signed'],
  ['what cannot be read', 'nonsense', 'the signature of one cannot be read'],
  ['what is of another secret', signed('theirs'), ofAnotherSecret],
  ['what is for another node', signed('ours', { id: 'c' }), ofAnotherSecret],
  ['what is another message', signed('ours', { header: '3 c 500' }), ofAnotherSecret],
  ['what is another kind of message', signed('ours', { kind: 'look' }), ofAnotherSecret],
  ['what is for another epoch than it says', signed('ours').replace(/^7/, '8'), ofAnotherSecret],
  ['what has another count than it says', signed('ours').replace(/^7 1/, '7 2'), ofAnotherSecret],
])('%s is not believed, and told', (_what, signature, trouble) => {
  const { send, troubles } = setUp(signerWith('ours'));
  expect(send(signature)).toBe(false);
  expect(troubles).toEqual([`${trouble}, from 10.0.0.1, and counts as that of a stranger`]);
});

it('what is for another epoch of this node is not believed, and no reason for a warning', () => {
  const { send, troubles, beginEpoch } = setUp(signerWith('ours'));
  const captured = signed('ours');
  beginEpoch(8);
  expect(send(captured)).toBe(false);
  beginEpoch(null);
  expect(send(signed('ours', { epoch: 8 }))).toBe(false);
  expect(troubles).toEqual([]);
});

it('a request to look is no probe, and the other way round', () => {
  const { send } = setUp(signerWith('ours'));
  expect([send(signed('ours'), 'look'), send(signed('ours', { kind: 'look' }), 'look')]).toEqual([
    false,
    true,
  ]);
});

it('while unsigned ones are accepted all are believed, and told all the same', () => {
  const { send, troubles } = setUp(signerWith('ours', true));
  expect([send(undefined), send(signed('theirs'))]).toEqual([true, true]);
  expect(troubles).toHaveLength(2);
  expect(troubles[0]).toBe(
    'one is not signed, from 10.0.0.1, and counts only while unsigned ones are accepted',
  );
});
