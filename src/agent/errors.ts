/** Errors of an agent that its user must correct. */

/** Another instance of the same node is running. */
export class NodeIdInUseError extends Error {
  override readonly name = 'NodeIdInUseError';
  readonly code = 'node-id-in-use';

  /** `proof` says how it was noticed, in words. */
  constructor(nodeId: string, proof: string) {
    super(
      `expected to be the only instance of node ${JSON.stringify(nodeId)}, but ${proof}; stop the other instance, give this one another id, or replace the other one with --replace (option replace: true)`,
    );
  }
}

/** The ping answer's port cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The operating system's error code, for instance `EADDRINUSE`. */
  readonly code: string;

  constructor(endpoint: string, code: string, cause: Error) {
    super(`expected to listen on ${endpoint}, but ${reasons[code] ?? cause.message}`, { cause });
    this.code = code;
  }
}

const reasons: Readonly<Partial<Record<string, string>>> = {
  EADDRINUSE:
    'another process listens there (perhaps another agent); stop it or choose another port, 0 for any free one',
  EADDRNOTAVAIL:
    'no network interface of this machine has that address; leave the host out to listen on all of them',
  EACCES: 'this user may not; choose a port from 1024 up',
  ENOTFOUND: 'there is no such host; leave it out to listen on all interfaces',
};

/** Thrown by `start` when the agent has been started before: make a new one. */
export class AgentStateError extends Error {
  override readonly name = 'AgentStateError';
  readonly code = 'already-started';

  constructor() {
    super('expected a new agent, but this one was started before; make another one with new Agent(…)');
  }
}
