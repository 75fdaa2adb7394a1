import { expect, it } from 'vitest';
import { stderrLogger } from './stderr-logger.ts';

function setUp() {
  const lines: string[] = [];
  const time = { now: 0 };
  return {
    lines,
    time,
    logger: stderrLogger(
      (line) => lines.push(line),
      () => time.now,
    ),
  };
}

const own = { component: 'ringwatch-monitor', nodeId: 'a' };

it('writes warnings and errors, and nothing else', () => {
  const { lines, logger } = setUp();
  logger.debug({ ...own, event: 'probe', targetId: 'b' }, 'a probe');
  logger.info({ ...own, event: 'joined', targetId: 'b' }, 'node b has joined');
  logger.warn({ ...own, event: 'suspect', targetId: 'b' }, 'node b is suspect');
  logger.error({ ...own, event: 'verdict', targetId: 'b' }, 'node b is confirmed dead');
  expect(lines).toEqual([
    'ringwatch warning (node a): node b is suspect',
    'ringwatch error (node a): node b is confirmed dead',
  ]);
});

it('writes what is said again once, until it has changed or ended', () => {
  const { lines, logger } = setUp();
  const suspect = (targetId: string): void =>
    logger.warn({ ...own, event: 'suspect', targetId }, `node ${targetId} is suspect`);
  const outage = (): void => logger.error({ ...own, event: 'outage' }, 'registry out of reach');
  for (const say of [outage, outage, () => suspect('b'), () => suspect('c'), () => suspect('b'), outage])
    say();
  expect(lines).toHaveLength(3);
  logger.info({ ...own, event: 'recovered', targetId: 'b' }, 'node b has recovered');
  for (const id of ['b', 'c']) suspect(id);
  expect(lines).toHaveLength(4);
  logger.info({ ...own, event: 'watching' }, 'watching b, c');
  outage();
  logger.info({ ...own, event: 'outage' }, 'registry is back');
  outage();
  expect(lines).toHaveLength(5);
});

it('lets no control character of a name through, and remembers a bounded number of lines', () => {
  const { lines, logger } = setUp();
  logger.warn({ ...own, event: 'suspect', targetId: 'b\u001b[2J' }, 'node b\u001b[2J is suspect');
  expect(lines).toEqual(['ringwatch warning (node a): node b\ufffd[2J is suspect']);
  for (let count = 0; count < 5_000; count++) logger.warn({ ...own, event: 'warning' }, `number ${count}`);
  expect(lines.length).toBeLessThan(1_100);
});

it('writes what is said again once an hour, since many a warning has no end that is told', () => {
  const { lines, logger, time } = setUp();
  const warn = (): void => logger.warn({ ...own, event: 'warning' }, 'the address of this node has gone');
  for (let minute = 0; minute < 150; minute++) {
    time.now = minute * 60_000;
    warn();
  }
  expect(lines).toHaveLength(3);
});
