import { describe, expect, it } from 'vitest';
import { RegistryError } from '../../ports/registry.ts';
import { parseRqliteUrl } from './url.ts';

function refusal(url: string): string {
  try {
    parseRqliteUrl(url);
  } catch (error) {
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ code: 'invalid' });
    return error instanceof Error ? error.message : '';
  }
  throw new Error(`${url} was not refused`);
}

describe('the URL of a cluster', () => {
  it('needs no more than a host', () => {
    expect(parseRqliteUrl('rqlite://db1')).toEqual({
      kind: 'rqlite',
      hosts: ['db1:4001'],
      user: null,
      password: '',
      passwordFile: null,
      timeoutMs: 1_500,
      deadlineMs: 4_500,
      freshnessMs: 5_000,
      connectionCount: 2,
      tls: null,
    });
  });

  it('names several hosts, IPv6 in brackets, each of them once', () => {
    const { hosts } = parseRqliteUrl('rqlite://db1:4003,[::1],DB1:4003,[2001:db8::2]:4005,10.0.0.1/');
    expect(hosts).toEqual(['db1:4003', '[::1]:4001', '[2001:db8::2]:4005', '10.0.0.1:4001']);
  });

  it('decodes user and password', () => {
    expect(parseRqliteUrl('rqlite://a%20b:p%40s%2Fs%3A%25@db1')).toMatchObject({
      user: 'a b',
      password: 'p@s/s:%',
      hosts: ['db1:4001'],
    });
    expect(parseRqliteUrl('rqlite://bob@db1')).toMatchObject({ user: 'bob', password: '' });
    expect(parseRqliteUrl('rqlite://bob:a@b:c@db1')).toMatchObject({
      password: 'a@b:c',
      hosts: ['db1:4001'],
    });
  });

  it('may name a file for the password, or be given one', () => {
    const source = { passwordFile: '/run/other' };
    const given = (url: string) => parseRqliteUrl(url, source).passwordFile;
    expect(parseRqliteUrl('rqlite://bob@db1?password-file=/run/s%40.txt').passwordFile).toBe('/run/s@.txt');
    expect(given('rqlite://bob@db1')).toBe('/run/other');
    expect(given('rqlite://bob@db1?password-file=/run/s')).toBe('/run/s');
    expect(given('rqlite://bob:hunter2@db1')).toBeNull();
    expect(refusal('rqlite://db1?password-file=/run/s')).toContain('needs a user');
    expect(refusal('rqlite://bob:hunter2@db1?password-file=/run/s')).toContain('contradict');
    expect(refusal('rqlite://bob@db1?password-file=')).toContain('must be the path of a file');
  });

  it('carries bounds as durations', () => {
    const url = 'rqlite://db1?timeout=250ms&deadline=1.5s&freshness=1m&connections=3';
    expect(parseRqliteUrl(url)).toMatchObject({
      timeoutMs: 250,
      deadlineMs: 1_500,
      freshnessMs: 60_000,
      connectionCount: 3,
    });
    expect(parseRqliteUrl('rqlite://db1?timeout=9s')).toMatchObject({ timeoutMs: 9_000, deadlineMs: 9_000 });
  });

  it('turns TLS on by its scheme or by a parameter', () => {
    const plain = { caFile: null, certFile: null, keyFile: null, isInsecure: false };
    expect(parseRqliteUrl('rqlites://db1').tls).toEqual(plain);
    expect(parseRqliteUrl('rqlite://db1?tls=true').tls).toEqual(plain);
    expect(parseRqliteUrl('rqlite://db1?tls=false').tls).toBeNull();
    expect(parseRqliteUrl('rqlites://db1?ca=/etc/c%40.pem&cert=c.pem&key=k.pem&insecure=true').tls).toEqual({
      caFile: '/etc/c@.pem',
      certFile: 'c.pem',
      keyFile: 'k.pem',
      isInsecure: true,
    });
  });

  it.each([
    ['http://db1', 'must begin with rqlite://'],
    ['db1:4001', 'must begin with rqlite://'],
    ['rqlite://', 'a host is empty'],
    ['rqlite://a,,b', 'a host is empty'],
    ['rqlite://a,', 'a host is empty'],
    ['rqlite://:4001', 'a host is empty'],
    ['rqlite://a:0', 'from 1 to 65535'],
    ['rqlite://a:70000', 'from 1 to 65535'],
    ['rqlite://a:', 'from 1 to 65535'],
    ['rqlite://a:4001x', 'from 1 to 65535'],
    ['rqlite://::1', 'a host is empty'],
    ['rqlite://[::1', 'in brackets'],
    ['rqlite://[db1]', 'neither a host name nor an IP address'],
    ['rqlite://a b', 'neither a host name nor an IP address'],
    ['rqlite://-a', 'neither a host name nor an IP address'],
    ['rqlite://a/db', 'a path after the hosts is not allowed'],
    ['rqlite://a#x', 'a # is not allowed'],
    ['rqlite://@a', 'the user before the @ is empty'],
    ['rqlite://u%3Av:p@a', 'the user holds a colon'],
    ['rqlite://u:p%zz@a', 'begins no %-escape'],
    ['rqlite://a?timeout=2', 'such as 500ms or 2s'],
    ['rqlite://a?timeout=1h', 'such as 500ms or 2s'],
    ['rqlite://a?timeout=1ms', 'from 50ms'],
    ['rqlite://a?timeout=2s&deadline=1s', 'must not be shorter than timeout'],
    ['rqlite://a?timeout=2s&timeout=2s', 'given twice'],
    ['rqlite://a?connections=1', 'from 2 to 1000'],
    ['rqlite://a?tls=yes', 'must be true or false'],
    ['rqlites://a?tls=false', 'contradict'],
    ['rqlite://a?insecure=true', 'without TLS'],
    ['rqlites://a?ca=', 'must be the path of a PEM file'],
    ['rqlites://a?cert=x', 'must be given together'],
  ])('is refused as %s', (url, message) => {
    expect(refusal(url)).toContain(message);
  });

  it('lists the known parameters when one is not known', () => {
    expect(refusal('rqlite://a?level=none')).toContain(
      '"level" is not known; known are timeout, deadline, freshness, connections, tls, ca, cert, key, insecure, password-file',
    );
  });

  it.each([
    'rqlite://bob:hunter2',
    'rqlite://bob:hunter2/x@db1',
    'rqlite://bob:hunter2?x@db1',
    'rqlite://bob:hunter2#x@db1',
    'rqlite://bob:hunter2%@db1',
    'rqlite://bob:hunter2@db1:port',
    'rqlite://bob:hunter2@db1?nope=1',
    'rqlite://bob@db1?timeout=hunter2',
    'rqlite://bob@db1?connections=hunter2',
    'rqlite://bob@db1?tls=hunter2',
    'rqlite://bob[:hunter2',
    'bob:hunter2@db1',
  ])('never shows the password when it refuses %s', (url) => {
    expect(refusal(url)).not.toContain('hunter2');
  });
});
