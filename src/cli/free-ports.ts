/** Ports of this machine for servers of the demo and of the tests. */
import { createServer } from 'node:net';

/**
 * Free ports, below those that the system gives to outgoing connections: a server that is
 * restarted must get its old port again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries > 1_000)
      throw new Error(`No ${count} free ports were found on 127.0.0.1 between 10000 and 32000.`);
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
