/** A SQLite file that is removed or replaced while a process has it open: an outage, and never two clusters. */
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Monitor } from '../../library/monitor.ts';
import type { Registry } from '../../ports/registry.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { openSqliteRegistry } from './index.ts';

let directory = '';
let path = '';
const opened: Registry[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-replaced-'));
  path = join(directory, 'k.db');
});

afterEach(async () => {
  for (const registry of opened.splice(0)) await registry.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(): Promise<Registry> {
  const registry = await openSqliteRegistry(path);
  opened.push(registry);
  return registry;
}

async function openCluster(): Promise<Registry> {
  const registry = await open();
  await registry.migrate();
  await registry.join(joinRequest('a', 'first'));
  return registry;
}

async function move(from: string, to: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rename(from + suffix, to + suffix);
}

describe.skipIf(process.platform === 'win32')('while the file is open', () => {
  it('and is removed, every call fails as an outage and says what to do', async () => {
    const registry = await openCluster();
    await rm(path);
    const failure = {
      code: 'unavailable',
      message: expect.stringMatching(
        /^Expected the SQLite file .*k\.db that this process has opened \(inode \d+\), found none: .*Stop all agents/,
      ),
    };
    await expect(registry.readNode('a')).rejects.toMatchObject(failure);
    await expect(registry.heartbeat({ nodeId: 'a', epoch: 1 })).rejects.toMatchObject(failure);
    await expect(registry.migrate()).rejects.toMatchObject(failure);
    expect(await readdir(directory)).not.toContain('k.db');
  });

  it.each(['-wal', '-shm'])('and its %s file is removed, that is the same outage', async (suffix) => {
    const registry = await openCluster();
    await rm(path + suffix);
    await expect(registry.readNode('a')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`k.db${suffix} that this process has opened`),
    });
  });

  it('and another one takes its place, no process goes on with the old one, until it is back', async () => {
    const before = await openCluster();
    await move(path, join(directory, 'kept.db'));
    const after = await open();
    await after.migrate();
    expect(await after.join(joinRequest('a', 'second'))).toEqual({ outcome: 'joined', epoch: 1 });
    await expect(before.heartbeat({ nodeId: 'a', epoch: 1 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/found another file \(inode \d+\): it was removed or replaced/),
    });

    await move(path, join(directory, 'other.db'));
    await move(join(directory, 'kept.db'), path);
    expect(await before.readNode('a')).toMatchObject({ instanceId: 'first' });
    expect(await before.heartbeat({ nodeId: 'a', epoch: 1 })).toBe('beating');
    await expect(after.readNode('a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('and another one takes its place, closing the old one harms nothing of the new one', async () => {
    const before = await openCluster();
    await move(path, join(directory, 'kept.db'));
    const after = await openCluster();
    await before.close();
    expect(await after.readNode('a')).toMatchObject({ epoch: 1 });
  });

  it('and it is checkpointed and opened by others, it is still the same', async () => {
    const registry = await openCluster();
    for (const nodeId of ['b', 'c']) {
      const other = await openSqliteRegistry(path);
      await other.join(joinRequest(nodeId, nodeId));
      await other.close();
    }
    expect(await registry.readNode('c')).toMatchObject({ epoch: 1 });
  });
});

describe.skipIf(process.platform === 'win32')('a monitor on a file that is removed', () => {
  it('tells of an outage, and of its end when the file is back', async () => {
    const registry = await openCluster();
    const monitor = new Monitor({ nodeId: 'm', registry, preset: 'local', probeIntervalMs: 250 });
    const outage = (isOn: boolean): Promise<void> =>
      new Promise((resolve) => {
        monitor.on('outage', (event) => {
          if (event.isOn === isOn) resolve();
        });
      });
    const [began, ended] = [outage(true), outage(false)];
    await monitor.start();
    await move(path, join(directory, 'kept.db'));
    await began;
    await move(join(directory, 'kept.db'), path);
    await ended;
    await monitor.stop();
  });
});
