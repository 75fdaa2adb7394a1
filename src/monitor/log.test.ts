import { expect, test, vi } from 'vitest';
import { logEvent } from './log.ts';

const newLogger = () => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });

test('a line says its message once, and names a node only where there is one', () => {
  const logger = newLogger();
  logEvent(logger, 'a', 'warning', { code: 'registry-error', message: 'no answer', targetId: null });
  logEvent(logger, 'a', 'warning', { code: 'bad-row', message: 'no address', targetId: 'b' });
  const own = { component: 'ringwatch-monitor', nodeId: 'a', event: 'warning' };
  expect(logger.warn.mock.calls).toEqual([
    [{ ...own, code: 'registry-error' }, 'no answer'],
    [{ ...own, code: 'bad-row', targetId: 'b' }, 'no address'],
  ]);
});

test('a logger that throws is ignored', () => {
  const logger = newLogger();
  logger.info.mockImplementation(() => {
    throw new Error('full');
  });
  logEvent(logger, 'a', 'outage', { isOn: false, fails: null, message: 'it was away' });
  expect(logger.info).toHaveBeenCalledOnce();
});
