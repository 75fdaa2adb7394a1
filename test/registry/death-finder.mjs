/**
 * One observer in a process of its own: votes on every victim, asks and claims, all at once, and tells its parent of the
 * verdicts that it made and the claims that it got. Arguments: the file, the observer's id, the brake's limit, the victims.
 */
import { openSqliteRegistry } from '../../dist/adapters/sqlite/index.js';

const [path, observerId, maxDeadFraction, ...victims] = process.argv.slice(2);
const observer = { observerId, observerEpoch: 1 };
const registry = await openSqliteRegistry(path);
process.send('ready');
process.once('message', async () => {
  const found = { verdicts: [], claims: [] };
  await Promise.all(victims.map((nodeId) => find(nodeId, found)));
  await registry.close();
  process.send(found);
  process.disconnect();
});

async function find(nodeId, found) {
  const target = { targetId: nodeId, targetEpoch: 1 };
  const operationId = `${observerId} on ${nodeId}`;
  await registry.record([{ ...observer, ...target, operationId, kind: 'dead', evidence: null }]);
  const rules = {
    minQuorum: 2,
    isQuorumStrict: false,
    quorumWindowMs: 300_000,
    watchedSince: null,
    newestBeat: 0,
  };
  const brake = {
    maxDeadFraction: Number(maxDeadFraction),
    marks: { returnMark: null, deathMark: null, flapMark: null },
    flapWindowMs: 0,
  };
  let decided = await registry.decide({ ...observer, ...target, ...rules, ...brake, refutationCount: 0 });
  while (decided.reason === 'votes') {
    decided = await registry.decide({ ...observer, ...target, ...rules, ...brake, refutationCount: 0 });
  }
  if (decided.outcome !== 'dead') return;
  if (decided.isNew) found.verdicts.push(nodeId);
  const owner = { ownerId: observerId, ownerEpoch: 1 };
  const claim = {
    nodeId,
    epoch: 1,
    ...owner,
    claimId: operationId,
    leaseMs: 300_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
  const claimed = await registry.claim(claim);
  if (claimed.outcome === 'claimed') found.claims.push({ nodeId, fence: claimed.fence });
}
