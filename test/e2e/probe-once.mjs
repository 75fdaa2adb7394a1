/** Asks a node once in a process of its own, whose environment is whole before Node reads it: `ours`, or by a client that heeds proxies. */
import { EnvHttpProxyAgent, fetch } from 'undici';
import { HttpProber } from '../../dist/adapters/http/index.js';
import { createAbort } from '../../dist/adapters/system/index.js';

const [way, address, port, timeout] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(way === 'ours' ? await ours() : await byEnvironment())}\n`);

async function ours() {
  const prober = new HttpProber();
  const target = { id: 'b', address, port: Number(port) };
  const outcome = await prober.probe(target, { timeoutMs: Number(timeout), signal: createAbort().signal });
  await prober.close();
  return outcome.failure ?? outcome.kind;
}

async function byEnvironment() {
  const dispatcher = new EnvHttpProxyAgent();
  const response = await fetch(`http://${address}:${port}/v1/internal/ping`, { dispatcher });
  await response.text();
  await dispatcher.close();
  return response.status;
}
