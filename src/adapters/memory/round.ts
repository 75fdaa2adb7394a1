/** What an observer reads in a round. The only reading whose cost matters: no loop here is over all nodes in the steady state. */
import type { NodeRecord } from '../../core/node.ts';
import { accuserLimit, type OwnStatement, openVerdictLimit, type RoundReading } from '../../core/reading.ts';
import { compareIds } from '../../core/ring.ts';
import type { RoundRequest } from '../../ports/registry.ts';
import { openVerdicts } from './recovery.ts';
import { epochOf, hasInstance, isValid, originalStatements, recordOf, standingVerdict } from './rules.ts';
import type { Member, Tables } from './tables.ts';

export function readRound(tables: Tables, request: RoundRequest, now: number): RoundReading {
  const { nodeId, epoch } = request;
  const self = tables.members.get(nodeId);
  const successors = successorsOf(tables, request, now);
  const ahead = new Set(successors.map(({ id }) => id));
  const watched: NodeRecord[] = [];
  for (const id of new Set(request.watched)) {
    const member = tables.members.get(id);
    if (member !== undefined && member.shared !== null && !ahead.has(id)) {
      watched.push(recordOf(tables, member, now));
    }
  }
  return {
    self: self === undefined || self.shared === null ? null : recordOf(tables, self, now),
    ownBeat:
      self?.own && self.shared !== null && hasInstance(self) && self.own.epoch === epoch
        ? { order: self.own.beatOrder, at: self.own.lastBeatAt }
        : null,
    isSelfDead: self !== undefined && standingVerdict(self, epoch) !== null,
    accuserIds: self === undefined ? [] : accuserIds(tables, self, request, now),
    successors,
    watched,
    statements: self === undefined ? [] : standingStatements(self),
    openVerdicts: openVerdicts(tables, now).slice(0, openVerdictLimit),
  };
}

function successorsOf(tables: Tables, request: RoundRequest, now: number): NodeRecord[] {
  const { ring } = tables;
  const found: NodeRecord[] = [];
  let index = tables.placeOf(request.nodeId);
  for (let step = 0; step < ring.length && found.length < request.lookAhead; step++, index++) {
    const member = ring[index % ring.length];
    if (member === undefined || member.id === request.nodeId) continue;
    const record = recordOf(tables, member, now);
    if (record.lifecycle === 'alive') found.push(record);
  }
  return found;
}

function accuserIds(tables: Tables, self: Member, request: RoundRequest, now: number): string[] {
  if (self.accusations.size === 0 && self.newestShared.size === 0) return [];
  const ids = new Set<string>();
  for (const statement of self.accusations.values()) {
    if (statement.targetEpoch === request.epoch && isValid(tables, self, statement))
      ids.add(statement.observerId);
  }
  const epoch = epochOf(self);
  if (epoch === 0 || epoch === request.epoch) {
    for (const { observerId } of originalStatements(tables, self, now - tables.windowMs)) {
      ids.add(observerId);
    }
  }
  return [...ids].sort(compareIds).slice(0, accuserLimit);
}

function standingStatements(self: Member): OwnStatement[] {
  if (self.sayings.size === 0) return [];
  return [...self.sayings.values()]
    .map(({ targetId, targetEpoch, status, observerEpoch, affirmedAt }) => ({
      targetId,
      targetEpoch,
      status,
      observerEpoch,
      affirmedAt,
    }))
    .sort((a, b) => compareIds(a.targetId, b.targetId));
}
