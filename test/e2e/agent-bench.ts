/** What agents' tests need: agents over one registry on loopback, ended whatever happens. */
import { get, type IncomingHttpHeaders } from 'node:http';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { createAbort, systemClock, systemRandom } from '../../src/adapters/system/index.ts';
import { type AgentEvents, type AgentOptions, RingAgent } from '../../src/agent/index.ts';
import type { Registry } from '../../src/ports/registry.ts';

/** Quick enough for a test and slow enough for a busy machine. */
export const quickSettings = {
  preset: 'local',
  startupGracePeriodMs: 0,
  heartbeatIntervalMs: 200,
  host: '127.0.0.1',
  address: '127.0.0.1',
  port: 0,
} as const;

/** One shared registry and the agents around it. */
export class AgentBench {
  readonly registry: Registry;
  readonly prober = new HttpProber();
  readonly agents: RingAgent[] = [];

  constructor(registry: Registry = new MemoryRegistry({ now: () => Date.now() })) {
    this.registry = registry;
  }

  create(nodeId: string, change: Partial<AgentOptions> = {}): RingAgent {
    const ports = { clock: systemClock, random: systemRandom, prober: this.prober, createAbort };
    const agent = new RingAgent({ nodeId, registry: this.registry, ...quickSettings, ...change }, ports);
    this.agents.push(agent);
    return agent;
  }

  async start(nodeId: string, change: Partial<AgentOptions> = {}): Promise<RingAgent> {
    const agent = this.create(nodeId, change);
    await agent.start();
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.stop()));
    await this.prober.close();
    await this.registry.close();
  }
}

/** The next event of that name, or the next that fits. */
export function next<Name extends keyof AgentEvents>(
  agent: RingAgent,
  name: Name,
  fits: (payload: AgentEvents[Name]) => boolean = () => true,
): Promise<AgentEvents[Name]> {
  return new Promise((resolve) => {
    const listener = (payload: AgentEvents[Name]): void => {
      if (!fits(payload)) return;
      agent.off(name, listener);
      resolve(payload);
    };
    agent.on(name, listener);
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks over a connection of its own. */
export function ask(port: number, path = '/v1/internal/ping', options: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** The port of a running agent. */
export function portOf(agent: RingAgent): number {
  const { port } = agent.snapshot();
  if (port === null) throw new Error('the agent does not listen');
  return port;
}
