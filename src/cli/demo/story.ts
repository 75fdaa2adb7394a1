/**
 * What the demo has seen so far, from the agents' event lines and from what it did itself. Every time is the moment
 * at which the demo's own process saw the thing, on one clock. Not for: drawing it, or making it happen.
 */
import { compareIds } from '../../core/ring.ts';
import type { EventLine } from '../event-lines.ts';
import { enumerate } from '../render/event-words.ts';
import { DeathStory } from './death-story.ts';

/** One agent as the viewer sees it. */
export interface Member {
  readonly id: string;
  pid: number | null;
  epoch: number;
  phase: 'starting' | 'running' | 'gone';
  /** Consecutive misses of its present epoch, by observer; observers that it answers are absent. */
  readonly misses: Map<string, number>;
  readonly suspectedBy: Set<string>;
  readonly votedBy: Set<string>;
  isConfirmedDead: boolean;
  targets: readonly string[];
}

/** One line of the log. */
export interface Moment {
  readonly atMs: number;
  readonly tone: 'quiet' | 'warning' | 'bad' | 'good' | 'name' | 'strong';
  readonly text: string;
}

export class DemoStory {
  /** In the ring's order. */
  readonly members: readonly Member[];
  readonly deaths: DeathStory[] = [];
  readonly moments: Moment[] = [];
  /** What must never be seen, such as a verdict on a process that runs. */
  readonly wrongs: string[] = [];
  /** Called with every new line of the log. */
  onMoment: (moment: Moment) => void = () => undefined;

  constructor(ids: readonly string[]) {
    this.members = [...ids].sort(compareIds).map((id) => ({
      id,
      pid: null,
      epoch: 0,
      phase: 'starting',
      misses: new Map(),
      suspectedBy: new Set(),
      votedBy: new Set(),
      isConfirmedDead: false,
      targets: [],
    }));
  }

  member(id: string): Member {
    const member = this.members.find((candidate) => candidate.id === id);
    if (member === undefined) throw new Error(`The demo has no node ${id}.`);
    return member;
  }

  /** The newest death of the node, if it died. */
  deathOf(id: string): DeathStory | null {
    return this.deaths.findLast(({ nodeId }) => nodeId === id) ?? null;
  }

  say(atMs: number, tone: Moment['tone'], text: string): void {
    const moment = { atMs, tone, text };
    this.moments.push(moment);
    this.onMoment(moment);
  }

  /** A process was started for the node. */
  launched(id: string, pid: number): void {
    const member = this.member(id);
    member.pid = pid;
    member.phase = 'starting';
  }

  /** The node's process has ended without having been asked to stop; `isByDemo` when the demo itself killed it. */
  killed(id: string, atMs: number, isByDemo: boolean): void {
    const member = this.member(id);
    const { pid, epoch } = member;
    member.phase = 'gone';
    member.targets = [];
    this.deaths.push(new DeathStory({ nodeId: id, epoch, pid, killedAtMs: atMs }));
    const how = isByDemo ? `SIGKILL to ${id}` : `${id} was killed`;
    this.say(atMs, 'strong', `${how} (process ${pid}, epoch ${epoch})`);
  }

  /** One event line of one agent. */
  apply(line: EventLine, atMs: number): void {
    const { event, targetId, nodeId } = line;
    const speaker = this.members.find(({ id }) => id === nodeId);
    if (speaker === undefined) return;
    if (event === 'joined' && targetId === nodeId) this.#joined(speaker, line, atMs);
    if (event === 'watching') speaker.targets = texts(line['targetIds']);
    if (event === 'warning' && line['code'] !== 'stalled') {
      this.say(atMs, 'warning', `${nodeId}: ${line['message']}`);
    }
    const target = this.members.find(({ id }) => id === targetId);
    if (target === undefined) return;
    const death = this.deathOf(target.id);
    if (death !== null && line['targetEpoch'] === death.epoch) death.apply(line, atMs);
    this.#applyTo(target, line, atMs);
  }

  #joined(member: Member, line: EventLine, atMs: number): void {
    const epoch = typeof line['targetEpoch'] === 'number' ? line['targetEpoch'] : member.epoch;
    const death = this.deathOf(member.id);
    const isReturn = death !== null && epoch > death.epoch;
    if (isReturn) death.restart ??= { atMs, epoch, pid: member.pid };
    member.phase = 'running';
    member.epoch = epoch;
    member.isConfirmedDead = false;
    member.misses.clear();
    this.say(
      atMs,
      isReturn ? 'good' : 'quiet',
      `${member.id} ${isReturn ? 'is back' : 'has joined'} as epoch ${epoch} (process ${member.pid})`,
    );
  }

  #applyTo(target: Member, line: EventLine, atMs: number): void {
    const { event, nodeId: observer } = line;
    const isPresent = line['targetEpoch'] === target.epoch;
    switch (event) {
      case 'probe':
        this.#probed(target, line, atMs);
        break;
      case 'suspect':
        if (isPresent) target.suspectedBy.add(observer);
        this.say(atMs, 'warning', `${observer} suspects ${target.id}`);
        break;
      case 'dead':
        if (isPresent) target.votedBy.add(observer);
        this.say(atMs, 'bad', `${observer} votes ${target.id} dead`);
        break;
      case 'recovered':
        target.suspectedBy.delete(observer);
        target.votedBy.delete(observer);
        target.misses.delete(observer);
        this.say(atMs, 'good', `${observer} hears ${target.id} again: recovered`);
        break;
      case 'verdict': {
        const isNew = isPresent && !target.isConfirmedDead;
        if (!isNew) break;
        target.isConfirmedDead = true;
        if (target.phase === 'running') this.wrongs.push(`${target.id} was found dead while it ran`);
        const voters = enumerate(texts(line['voterIds']));
        this.say(atMs, 'bad', `verdict: ${target.id} is dead, by ${voters} (quorum ${line['quorum']})`);
        break;
      }
      case 'handler-started':
        this.say(atMs, 'name', `${observer} owns the recovery of ${target.id}, fence ${line['fence']}`);
        break;
      case 'handler-ended':
        this.say(atMs, 'name', `${observer} ended the recovery of ${target.id}: ${line['outcome']}`);
        break;
      default:
    }
  }

  #probed(target: Member, line: EventLine, atMs: number): void {
    const { nodeId: observer } = line;
    const missCount = typeof line['missCount'] === 'number' ? line['missCount'] : 0;
    if (missCount === 0) target.misses.delete(observer);
    else if (line['targetEpoch'] === target.epoch) target.misses.set(observer, missCount);
    const death = this.deathOf(target.id);
    const isFirst =
      line['result'] === 'miss' &&
      missCount === 1 &&
      target.phase === 'gone' &&
      death?.epoch === target.epoch;
    if (isFirst) this.say(atMs, 'quiet', `${observer} misses ${target.id}`);
  }
}

/** A list of texts out of a line's field. */
function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
