import { expect, test } from 'vitest';
import { chooseEndpoint, type EndpointFacts, parseListen } from './own-endpoint.ts';

const nothing: EndpointFacts = {
  address: undefined,
  internalAddress: undefined,
  advertise: undefined,
  listen: undefined,
  isOneMachine: false,
  machineAddresses: ['10.0.0.5'],
  ownAddresses: ['127.0.0.1', '::1', '10.0.0.5', '2001:db8::5'],
};

test('on one machine the agent is reached, and listens, on loopback alone', () => {
  expect(chooseEndpoint({ ...nothing, isOneMachine: true }).endpoint).toMatchObject({
    address: '127.0.0.1',
    host: '127.0.0.1',
    port: undefined,
  });
});

test("a machine's only address is advertised and listened on", () => {
  expect(chooseEndpoint(nothing).endpoint).toMatchObject({ address: '10.0.0.5', host: '10.0.0.5' });
});

test('between several addresses the agent does not guess', () => {
  const result = chooseEndpoint({ ...nothing, machineAddresses: ['10.0.0.5', '192.168.1.5'] });

  expect(result.endpoint).toBeNull();
  expect(result.violations[0]).toMatchObject({
    path: '--address',
    message: expect.stringContaining('has several: 10.0.0.5, 192.168.1.5'),
  });
});

test('a host name is listened for everywhere', () => {
  expect(chooseEndpoint({ ...nothing, address: 'node-a.example' }).endpoint?.host).toBeUndefined();
});

test.each([
  ['address', '--address'],
  ['internalAddress', '--internal-address'],
] as const)('an %s that is not of this machine is refused, with what to do', (name, path) => {
  const { endpoint, violations } = chooseEndpoint({ ...nothing, [name]: '203.0.113.9', listen: '7000' });

  expect(endpoint).toBeNull();
  expect(violations).toEqual([
    {
      path,
      message:
        'expected an address of this machine, which has 10.0.0.5, got 203.0.113.9; if the other nodes reach this one there all the same (NAT, a container), give it as --advertise 203.0.113.9:7000',
    },
  ]);
});

test('where all nodes are of one machine, a refused address comes with the one to take: loopback', () => {
  const { violations } = chooseEndpoint({ ...nothing, isOneMachine: true, address: '203.0.113.9' });
  expect(violations[0]?.message).toContain('of this machine, which has 127.0.0.1, 10.0.0.5, got');
});

test('an address that is not of this machine may be told to peers where another one is listened on', () => {
  expect(
    chooseEndpoint({ ...nothing, address: '203.0.113.9', listen: '10.0.0.5:7000' }).endpoint,
  ).toMatchObject({
    address: '203.0.113.9',
    host: '10.0.0.5',
  });
});

test('the address and port that peers are told may be others than those that are listened on', () => {
  const advertise = '203.0.113.9:7001';
  expect(chooseEndpoint({ ...nothing, advertise }).endpoint).toEqual({
    address: '203.0.113.9',
    internalAddress: undefined,
    host: undefined,
    port: undefined,
    advertisedPort: 7001,
  });
  expect(chooseEndpoint({ ...nothing, advertise, address: '10.0.0.5', listen: '7000' }).endpoint).toEqual({
    address: '203.0.113.9',
    internalAddress: undefined,
    host: '10.0.0.5',
    port: 7000,
    advertisedPort: 7001,
  });
  expect(chooseEndpoint({ ...nothing, advertise: 'node-a.example' }).endpoint).toMatchObject({
    address: 'node-a.example',
    host: undefined,
    advertisedPort: undefined,
  });
});

test.each(['7001', 'host:0', 'http://host', '0.0.0.0:7001', '300.1.1.1'])(
  '--advertise %s is refused',
  (advertise) => {
    const { violations } = chooseEndpoint({ ...nothing, advertise });

    expect(violations.map(({ path }) => path)).toEqual(['--advertise']);
  },
);

test.each(['0.0.0.0', '127.0.0.999', 'a b', '[::1', '10.0.0.5:6001'])(
  '--address %s is refused',
  (address) => {
    expect(chooseEndpoint({ ...nothing, address }).violations.map(({ path }) => path)).toEqual(['--address']);
  },
);

test('an IPv6 address is kept without brackets, and known in each of its spellings', () => {
  expect(chooseEndpoint({ ...nothing, address: '[::1]' }).endpoint).toMatchObject({
    address: '::1',
    host: '::1',
  });
  expect(chooseEndpoint({ ...nothing, address: '2001:db8:0::5' }).endpoint?.host).toBe('2001:db8:0::5');
});

test('what peers prefer, the internal address, is what is listened on', () => {
  const facts = { ...nothing, address: '203.0.113.9', internalAddress: '10.0.0.5' };

  expect(chooseEndpoint(facts).endpoint).toMatchObject({ internalAddress: '10.0.0.5', host: '10.0.0.5' });
});

test('a host to listen on is advertised too, unless it is every interface', () => {
  expect(chooseEndpoint({ ...nothing, listen: '127.0.0.1:7000' }).endpoint).toMatchObject({
    address: '127.0.0.1',
    host: '127.0.0.1',
    port: 7000,
  });
  expect(chooseEndpoint({ ...nothing, listen: '0.0.0.0:7000' }).endpoint).toMatchObject({
    address: '10.0.0.5',
    host: undefined,
  });
});

test('everything that is wrong is told at once', () => {
  const result = chooseEndpoint({ ...nothing, machineAddresses: [], listen: 'host:' });

  expect(result.violations.map(({ path }) => path)).toEqual(['--listen', '--address']);
});

test.each([
  ['6001', { port: 6001 }],
  [':6001', { port: 6001 }],
  ['0', { port: 0 }],
  ['10.0.0.5:6001', { host: '10.0.0.5', port: 6001 }],
  ['10.0.0.5', { host: '10.0.0.5' }],
  ['[::1]:6001', { host: '::1', port: 6001 }],
  ['[::1]', { host: '::1' }],
  ['::1', { host: '::1' }],
  ['localhost:0', { host: 'localhost', port: 0 }],
])('%s is understood', (text, expected) => {
  expect(parseListen(text)).toEqual(expected);
});

test.each(['', ':', 'host:', 'host:x', '70000', 'host:70000', 'a b:1', 'http://host:1', 'u@h:1'])(
  '%j is refused',
  (text) => {
    expect(parseListen(text)).toBeNull();
  },
);
