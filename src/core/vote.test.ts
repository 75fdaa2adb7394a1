import { expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { newPeer, type Peer } from './peer.ts';
import { resolveSettings } from './settings/config.ts';
import { newDetector } from './state.ts';
import { accuse } from './statement.ts';
import { newContext } from './step-context.ts';
import { questionAbout } from './vote.ts';

it('a question about a former vote that is not answered yet does not hold up the one about a new vote', () => {
  const settings = resolveSettings({ nodeId: 'self', refutation: false });
  const context = newContext(settings, newDetector(1), { now: 200, wallNow: 0, random: 0.5 });
  const target = newPeer(nodeOf('a'));
  const asked = (askedAt: number): Peer => ({
    ...target,
    statement: {
      ...{ kind: 'dead', refuted: null, needsResend: false, knownDecision: 0, isBraked: false },
      ...{ accusedAt: 100, recordedAt: 150 },
    },
    question: { askedAt, isAnswered: false },
  });
  expect(accuse('dead', target)).toMatchObject({ accusedAt: null, recordedAt: null });
  expect(questionAbout(context, asked(50))).toMatchObject({ dueAt: 100 });
  expect(questionAbout(context, asked(160))).toBeNull();
});
