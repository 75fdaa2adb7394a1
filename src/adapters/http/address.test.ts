import { describe, expect, it } from 'vitest';
import { isPort, parseAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['localhost', 'localhost'],
    ['node-1.example.org', 'node-1.example.org'],
    ['node-1.example.org.', 'node-1.example.org.'],
    ['1node', '1node'],
    ['3com.example', '3com.example'],
    ['xn--nud-vka.example', 'xn--nud-vka.example'],
    ['a'.repeat(63), 'a'.repeat(63)],
  ])('%s is asked at %s', (text, host) => {
    expect(parseAddress(text)).toEqual({ isUsable: true, host });
  });

  it.each([
    [''],
    [' '],
    ['10.0.0.1:8080/x?#'],
    ['10.0.0.1:8080'],
    ['10.0.0.1/'],
    ['10.0.0.1 '],
    ['[10.0.0.1]'],
    ['[localhost]'],
    ['[::1]:80'],
    ['::1]'],
    ['fe80::1%eth0'],
    ['[fe80::1%25eth0]'],
    ['http://10.0.0.1'],
    ['user@10.0.0.1'],
    ['a b'],
    ['a\r\nHost: b'],
    ['-a.example'],
    ['a-.example'],
    ['a..example'],
    ['.example'],
    ['under_score.example'],
    ['nœud.example'],
    ['a'.repeat(64)],
    [`${'a.'.repeat(126)}aa`],
    ['1.2.3'],
    ['127.1'],
    ['2130706433'],
    ['0x7f000001'],
    ['010.0.0.1'],
    ['256.0.0.1'],
    ['0.0.0.0'],
    ['::'],
    ['[::]'],
    ['0:0:0:0:0:0:0:0'],
    ['::ffff:0.0.0.0'],
    ['224.0.0.1'],
    ['ff02::1'],
    ['255.255.255.255'],
  ])('%j is refused, in words', (text) => {
    expect(parseAddress(text)).toEqual({
      isUsable: false,
      problem: expect.stringMatching(/^expected .*, got /),
    });
  });

  it('is named in the refusal, but never at length', () => {
    const parsed = parseAddress(`${'x'.repeat(10_000)}/`);
    expect(parsed.isUsable ? '' : parsed.problem).toHaveLength(
      'expected an IP address or a host name, got ""…'.length + 100,
    );
  });
});

describe('a port', () => {
  it.each([1, 80, 6001, 65_535])('%d can be asked', (port) => expect(isPort(port)).toBe(true));
  it.each([0, -1, 65_536, 80.5, Number.NaN, Number.POSITIVE_INFINITY])('%d cannot', (port) =>
    expect(isPort(port)).toBe(false),
  );
});
