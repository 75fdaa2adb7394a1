import { expect, it } from 'vitest';
import { interfaceAddresses, OwnInterface } from './own-interface.ts';

it('tells once when the address has gone, and once when it is back', () => {
  let addresses = ['127.0.0.1', '10.0.0.5'];
  const own = new OwnInterface('10.0.0.5', () => addresses);
  expect(own.look()).toBeNull();
  addresses = ['127.0.0.1'];
  expect(own.look()).toMatch(/^the address of this node, 10\.0\.0\.5, has gone/);
  expect(own.look()).toBeNull();
  addresses = ['10.0.0.5'];
  expect(own.look()).toContain('again');
  expect(own.look()).toBeNull();
});

it('does not watch an address that this machine never had, nor a name', () => {
  const [first] = interfaceAddresses() ?? [];
  for (const address of ['203.0.113.9', 'node-a.example']) {
    let addresses = [first ?? ''];
    const own = new OwnInterface(address, () => addresses);
    addresses = [];
    expect(own.look()).toBeNull();
  }
});

it('takes a look that shows nothing for no change', () => {
  let addresses: string[] | null = ['10.0.0.5'];
  const own = new OwnInterface('10.0.0.5', () => addresses);
  addresses = null;
  expect(own.look()).toBeNull();
  addresses = [];
  expect(own.look()).toContain('has gone');
});
