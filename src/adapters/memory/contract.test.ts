import { describe, it } from 'vitest';
import type { Registry } from '../../ports/registry.ts';
import { timestamp } from '../../registry/original/time.ts';
import { type RegistryHarness, registryContract } from '../../testing/index.ts';
import { MemoryRegistry } from './registry.ts';

function memoryHarness(): RegistryHarness {
  let now = 1_700_000_000_000;
  const open = async (): Promise<MemoryRegistry> => new MemoryRegistry({ now: () => now });
  return {
    open,
    another: async (registry) => registry,
    openUnmigrated: async () => {
      const registry = await open();
      return [registry, registry];
    },
    advance: (durationMs) => {
      now += durationMs;
    },
    asOriginal: (registry) => {
      const memory = asMemory(registry);
      return {
        timeAgo: (agoMs) => timestamp(now - agoMs),
        putNode: async (node) => memory.putSharedNode(node),
        removeNode: async (id) => memory.removeSharedNode(id),
        readNode: async (id) => {
          const row = memory.readSharedNode(id);
          if (row === null) return null;
          const { ipAddress, internalIp, status, lastSeen } = row;
          return { id, ipAddress, internalIp, status, lastSeen };
        },
        appendEvent: async (event) => memory.appendSharedEvent(event),
        readEvents: async () => memory.readSharedEvents(),
      };
    },
  };
}

function asMemory(registry: Registry): MemoryRegistry {
  if (registry instanceof MemoryRegistry) return registry;
  throw new Error('expected a memory registry');
}

describe('the memory registry keeps the contract:', () => {
  it.each(registryContract)('$title', async ({ run }) => {
    await run(memoryHarness());
  });
});
