import { describe, expect, it } from 'vitest';
import { parsePostgresUrl } from './url.ts';

describe('the URL of a PostgreSQL registry', () => {
  it('has defaults, and leaves all but our parameters to pg', () => {
    expect(
      parsePostgresUrl('postgres://me:p%40ss@host:5433/app?sslmode=verify-full&application_name=x'),
    ).toEqual({
      kind: 'postgres',
      connectionString: 'postgres://me:p%40ss@host:5433/app?sslmode=verify-full&application_name=x',
      passwordFile: null,
      ...{ schema: 'ringwatch', connectionCount: 1, deadlineMs: 4_500 },
    });
    expect(
      parsePostgresUrl('postgresql://host/app?schema=other&connections=3&deadline=800ms&sslmode=require'),
    ).toEqual({
      kind: 'postgres',
      connectionString: 'postgresql://host/app?sslmode=require',
      passwordFile: null,
      ...{ schema: 'other', connectionCount: 3, deadlineMs: 800 },
    });
  });

  it('may name a file for the password, or be given one', () => {
    const source = { passwordFile: '/run/other' };
    const given = (url: string) => parsePostgresUrl(url, source).passwordFile;
    expect(parsePostgresUrl('postgres://me@host/app?password-file=/run/s&sslmode=require')).toMatchObject({
      connectionString: 'postgres://me@host/app?sslmode=require',
      passwordFile: '/run/s',
    });
    expect(given('postgres://me@host/app')).toBe('/run/other');
    expect(given('postgres://me:secret@host/app')).toBeNull();
    expect(given('postgres://me@host/app?password=secret')).toBeNull();
    expect(() => given('postgres://me:secret@host/app?password-file=/run/s')).toThrow(/contradict/);
  });

  it.each(['postgres:///app?host=/var/run/postgresql', 'postgres://me@/app'])(
    'may have no host, as pg allows: %s',
    (url) => {
      expect(decodeURIComponent(parsePostgresUrl(url).connectionString)).toBe(url);
    },
  );

  it.each([
    ['mysql://me:secret@host/app', /expected postgres:/],
    ['postgres://me:sec#ret@host/app', /%23/],
    ['postgres://me:sec%ret@host/app', /%25/],
    ['postgres://me:secret@host:port/app', /expected postgres:/],
    ['postgres://me:12/secret@host/app', /%2F/],
    ['postgres://me:12?secret@host/app', /%3F/],
    ['postgres://me@host/app?schema=sec"ret', /lower-case letters/],
    ['postgres://host/app?schema=Mine', /lower-case letters/],
    ['postgres://host/app?schema=a"b', /lower-case letters/],
    ['postgres://host/app?connections=0', /from 1 to 100/],
    ['postgres://host/app?deadline=4', /a duration/],
    ['postgres://me:secret@host/app?schemas=a', /"schemas" is no parameter; schema may be meant/],
  ])('%s is refused, and no password is shown', (url, message) => {
    const parse = (): unknown => parsePostgresUrl(url);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/sec/);
  });
});
