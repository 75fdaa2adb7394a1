/** C2: registry rows read per node and round do not grow with N: they are bounded by K and the watch list's cap. */
import type { RoundReading } from '../../core/reading.ts';
import type { RoundRequest } from '../../ports/registry.ts';
import type { CreateChecker } from './checker.ts';

export const rowsReadAreBounded: CreateChecker = ({ settings, report }) => ({
  onCall: ({ method, request, nodeId }, result) => {
    if (method !== 'readRound') return;
    const { lookAhead, watched } = request as RoundRequest;
    const reading = result as RoundReading;
    const cap = Math.max(settings.watchListCap, settings.neighbors) + 1;
    if (lookAhead > cap) report(`${nodeId} asks for ${lookAhead} successors, cap ${cap}`);
    if (watched.length > cap) report(`${nodeId} asks for ${watched.length} watched nodes, cap ${cap}`);
    const rowCount = reading.successors.length + reading.watched.length;
    if (rowCount > lookAhead + watched.length) report(`${nodeId} was given ${rowCount} rows`);
  },
});
