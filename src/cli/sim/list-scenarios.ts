/** `ringwatch sim --list`: the experiments that have a name. */
import { experimentPresets } from '../../sim/experiment/presets.ts';
import { exitCodes } from '../failure.ts';
import { columns } from '../render/table.ts';
import { paintFor, print, printJson } from '../terminal.ts';

/** Prints them; resolves to the exit code. */
export function listScenarios(isJson: boolean): number {
  const scenarios = experimentPresets.map(({ name, description, nodes }) => ({ name, nodes, description }));
  if (isJson) printJson(scenarios);
  else {
    const paint = paintFor(process.stdout);
    const rows = scenarios.map(({ name, nodes, description }) => [
      paint('name', name),
      String(nodes),
      description,
    ]);
    print(columns([['scenario', 'nodes', ''].map((title) => paint('quiet', title)), ...rows]).join('\n'));
  }
  return exitCodes.done;
}
