/** What a program that gives no logger reads on stderr: the built library in a process of its own. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const library = new URL('../../dist/index.js', import.meta.url).href;

/** A monitor whose registry is away for five rounds, comes back, and is away again. */
function script(logger: string): string {
  return `
    import { MemoryRegistry, Monitor, RegistryError } from '${library}';
    const registry = new MemoryRegistry({ now: () => Date.now() });
    const readRound = registry.readRound.bind(registry);
    let count = 0;
    registry.readRound = async (request) => {
      if (++count % 10 > 4) return readRound(request);
      throw new RegistryError('unavailable', 'it is away');
    };
    const monitor = new Monitor({ nodeId: 'a', registry, preset: 'local', logger: ${logger} });
    let outages = 0;
    monitor.on('outage', ({ isOn }) => {
      if (isOn && ++outages === 3) monitor.stop();
    });
    monitor.on('stopped', () => console.log('done'));
    void monitor.start();
  `;
}

function run(logger: string, redirection = ''): { readonly stdout: string; readonly stderr: string } {
  const command = `"$0" --input-type=module -e "$1" ${redirection}`;
  return spawnSync('bash', ['-c', command, process.execPath, script(logger)], { encoding: 'utf8' });
}

it('warnings and errors are on stderr, each once until it has ended', () => {
  const { stdout, stderr } = run('undefined');
  const line = 'ringwatch error (node a): registry out of reach, reads fail: it is away';
  expect(stderr.split('\n').filter((text) => text.includes('it is away'))).toEqual([line, line, line]);
  expect(stdout).toBe('done\n');
});

it('with a null as its logger a monitor says nothing', () => {
  expect(run('null')).toMatchObject({ stdout: 'done\n', stderr: '' });
});

it('a stderr that is closed, or whose reader is gone, ends no program', () => {
  expect(run('undefined', '2>&-').stdout).toBe('done\n');
  expect(run('undefined', '2> >(exit 0)').stdout).toBe('done\n');
});
