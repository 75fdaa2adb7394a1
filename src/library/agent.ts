/** The agent as a program embeds it: with this machine's clock, randomness and HTTP filled in. What `ringwatch/agent` exports. */
import { HttpMessenger, HttpProber } from '../adapters/http/index.ts';
import {
  createAbort,
  openSecret,
  type SecretOptions,
  stderrLogger,
  systemClock,
  systemRandom,
} from '../adapters/system/index.ts';
import { RingAgent, type AgentOptions as RingAgentOptions } from '../agent/index.ts';
import type { Prober } from '../ports/prober.ts';
import { checkProber } from './prober-option.ts';

/** Everything that an agent can be given; `nodeId`, `registry` and `address` are enough. */
export type AgentOptions = RingAgentOptions &
  SecretOptions & {
    /** Another way to probe than HTTP. The agent does not close it. Default: an `HttpProber` of its own. */
    readonly prober?: Prober | undefined;
  };

/** Makes this process a node: heartbeat, ping answer, and the watch over its neighbours, from `start` until `stop`. */
export class Agent extends RingAgent {
  /** The agent does not close the registry. Throws `ConfigError` with every violation. */
  constructor(options: AgentOptions) {
    // It opens nothing until it is used, so an unused one costs nothing.
    const { prober: given, secretFile, secretAcceptUnsigned, logger, ...ringOptions } = options ?? {};
    const signer = openSecret({ secretFile, secretAcceptUnsigned });
    const ownProber = new HttpProber({ signer });
    const messenger = new HttpMessenger({ signer });
    const prober = given === undefined ? ownProber : given;
    checkProber(prober);
    const withLogger = { ...ringOptions, logger: logger === undefined ? stderrLogger() : logger };
    super(withLogger as RingAgentOptions, {
      clock: systemClock,
      random: systemRandom,
      prober,
      createAbort,
      messenger,
      signer,
    });
    void this.whenStopped().then(() => {
      messenger.close();
      return ownProber.close();
    });
  }
}

export type {
  AgentEnd,
  AgentEvent,
  AgentEvents,
  AgentSnapshot,
  CommandHookOptions,
  Death,
  DeathHandler,
  EventsOptions,
  LostEvents,
  Member,
  PingHandler,
  PingState,
  Retention,
  RetentionInput,
  SelfDeadHook,
  SelfDeadPolicy,
  SelfDeath,
  StopOptions,
} from '../agent/index.ts';
export {
  AgentStateError,
  commandHandler,
  commandSelfDeadHook,
  ListenError,
  NodeIdInUseError,
} from '../agent/index.ts';
