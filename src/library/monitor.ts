/** The monitor as a program uses it: with this machine's clock, randomness and HTTP filled in. */
import { HttpMessenger, HttpProber } from '../adapters/http/index.ts';
import {
  createAbort,
  openSecret,
  type SecretOptions,
  stderrLogger,
  systemClock,
  systemRandom,
} from '../adapters/system/index.ts';
import { RingMonitor } from '../monitor/monitor.ts';
import type { MonitorOptions as RingMonitorOptions } from '../monitor/options.ts';
import type { Prober } from '../ports/prober.ts';
import { checkProber } from './prober-option.ts';

/**
 * Everything that a monitor can be given; `nodeId` and `registry` are enough. With a `secretFile` it signs what it sends, and
 * checks the answers of nodes that name themselves; docs/security.md says what then holds for the program's own answers.
 */
export type MonitorOptions = RingMonitorOptions &
  SecretOptions & {
    /** Another way to probe than HTTP. The monitor does not close it. Default: an `HttpProber` of its own. */
    readonly prober?: Prober | undefined;
  };

/** Watches this node's neighbours on the ring and takes part in the cluster's verdicts, from `start` until `stop`. */
export class Monitor extends RingMonitor {
  readonly #closed: Promise<void>;

  /** Throws `ConfigError` with every violation of the options. */
  constructor(options: MonitorOptions) {
    // It opens nothing until it is used, so an unused one costs nothing.
    const { prober: given, secretFile, secretAcceptUnsigned, logger, ...ringOptions } = options ?? {};
    const signer = openSecret({ secretFile, secretAcceptUnsigned });
    const ownProber = new HttpProber({ signer });
    const messenger = new HttpMessenger({ signer });
    const prober = given === undefined ? ownProber : given;
    checkProber(prober);
    const withLogger = { ...ringOptions, logger: logger === undefined ? stderrLogger() : logger };
    super(withLogger as RingMonitorOptions, {
      clock: systemClock,
      random: systemRandom,
      prober,
      createAbort,
      messenger,
      signer,
    });
    this.#closed = super.whenStopped().finally(() => {
      messenger.close();
      return ownProber.close();
    });
    // `start` has told of it, or the log.
    this.#closed.catch(() => undefined);
  }

  /** As that of `RingMonitor`, with its connections closed. */
  override whenStopped(): Promise<void> {
    return this.#closed;
  }
}
