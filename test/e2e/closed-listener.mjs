/** Loaded before an agent (`node --import`): at SIGUSR2 everything that listens in the process closes, and the process lives. */
import { Server } from 'node:net';

const servers = new Set();
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  servers.add(this);
  return listen.apply(this, args);
};
process.on('SIGUSR2', () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections?.();
  }
});
