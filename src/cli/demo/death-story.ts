/** One death in the demo, from the kill to the return: what was seen, by whom, when; and what was missing. Pure. */
import type { Verdict } from '../../core/verdict.ts';
import type { EventLine } from '../event-lines.ts';

/** What one node did. */
export interface Deed {
  readonly atMs: number;
  readonly by: string;
}

/** One lease of the recovery. */
export interface RecoveryRun {
  readonly ownerId: string;
  readonly fence: number;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  outcome: string | null;
}

/** What the recovery command itself left behind, line by line: the proof that it ran. */
export interface HandlerRun {
  readonly ownerId: string;
  readonly nodeId: string;
  readonly epoch: number;
  readonly fence: number;
}

interface Beginning {
  readonly nodeId: string;
  readonly epoch: number;
  readonly pid: number | null;
  readonly killedAtMs: number;
}

export class DeathStory {
  readonly nodeId: string;
  readonly epoch: number;
  readonly pid: number | null;
  readonly killedAtMs: number;
  firstMiss: Deed | null = null;
  readonly suspects: Deed[] = [];
  readonly votes: Deed[] = [];
  verdict: { readonly atMs: number; readonly quorum: number; readonly voters: readonly string[] } | null =
    null;
  readonly recoveries: RecoveryRun[] = [];
  handlerRuns: readonly HandlerRun[] = [];
  restart: { readonly atMs: number; readonly epoch: number; readonly pid: number | null } | null = null;
  readonly recovered: Deed[] = [];
  /** The verdict as the registry has it at the end. */
  row: Pick<Verdict, 'resolution' | 'ownerId' | 'fence'> | null = null;

  constructor({ nodeId, epoch, pid, killedAtMs }: Beginning) {
    this.nodeId = nodeId;
    this.epoch = epoch;
    this.pid = pid;
    this.killedAtMs = killedAtMs;
  }

  /** An event about this node in the epoch that died. */
  apply(line: EventLine, atMs: number): void {
    const { event, nodeId } = line;
    const deed = { atMs, by: nodeId };
    switch (event) {
      case 'probe':
        if (line['result'] === 'miss') this.firstMiss ??= deed;
        break;
      case 'suspect':
        this.suspects.push(deed);
        break;
      case 'dead':
        this.votes.push(deed);
        break;
      case 'verdict':
        this.verdict ??= { atMs, quorum: Number(line['quorum']), voters: namesIn(line['voterIds']) };
        break;
      case 'handler-started':
        this.recoveries.push({
          ownerId: nodeId,
          fence: Number(line['fence']),
          startedAtMs: atMs,
          endedAtMs: null,
          outcome: null,
        });
        break;
      case 'handler-ended': {
        const run = this.recoveries.find(
          ({ ownerId, fence }) => ownerId === nodeId && fence === line['fence'],
        );
        if (run === undefined) break;
        run.endedAtMs = atMs;
        run.outcome = String(line['outcome']);
        break;
      }
      case 'recovered':
        this.recovered.push(deed);
        break;
      default:
    }
  }

  /** The recovery that completed. */
  get completed(): RecoveryRun | null {
    return this.recoveries.find(({ outcome }) => outcome === 'completed') ?? null;
  }

  /** Observers that have said something and not taken it back. */
  get accusers(): string[] {
    const said = new Set([...this.suspects, ...this.votes].map(({ by }) => by));
    for (const { by } of this.recovered) said.delete(by);
    return [...said];
  }

  /** Whether the whole story, up to the return, has happened. */
  get isOver(): boolean {
    return (
      this.completed !== null &&
      this.restart !== null &&
      this.recovered.length > 0 &&
      this.accusers.length === 0
    );
  }

  /** What should have happened and was not seen; empty when the story is whole. */
  missing(): string[] {
    const { verdict, completed, handlerRuns } = this;
    const absent: string[] = [];
    const expect = (holds: boolean, what: string): void => {
      if (!holds) absent.push(what);
    };
    expect(this.firstMiss !== null, 'no observer missed a probe');
    expect(this.suspects.length > 0, 'no observer said suspect');
    expect(this.votes.length > 0, 'no observer voted dead');
    expect(verdict !== null, 'there was no verdict');
    if (verdict !== null) {
      const voters = new Set(verdict.voters);
      expect(
        voters.size >= verdict.quorum,
        `the verdict has ${voters.size} voters but needs ${verdict.quorum}`,
      );
      const isHeard = verdict.voters.every((id) => this.votes.some(({ by }) => by === id));
      expect(isHeard, 'the verdict counts a vote that no observer cast');
    }
    expect(
      this.recoveries.length === 1,
      `the recovery was started ${this.recoveries.length} times, not once`,
    );
    expect(completed !== null, 'no recovery was completed');
    expect(handlerRuns.length === 1, `the recovery command ran ${handlerRuns.length} times, not once`);
    const [run] = handlerRuns;
    if (run !== undefined && completed !== null) {
      const isSame =
        run.ownerId === completed.ownerId && run.fence === completed.fence && run.epoch === this.epoch;
      expect(
        isSame,
        `the recovery command ran as ${run.ownerId} with fence ${run.fence} for epoch ${run.epoch}`,
      );
    }
    if (completed !== null) {
      const { row } = this;
      const isKept =
        row?.resolution === 'completed' && row.ownerId === completed.ownerId && row.fence === completed.fence;
      expect(isKept, 'the registry does not have the recovery as it was seen');
    }
    expect(this.restart !== null, 'the node did not come back');
    if (this.restart !== null)
      expect(this.restart.epoch > this.epoch, 'the node came back as the same epoch');
    expect(this.recovered.length > 0, 'no observer said recovered');
    expect(this.accusers.length === 0, `${this.accusers.join(', ')} did not take back what was said`);
    return absent;
  }
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
