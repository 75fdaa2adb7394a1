import { describe, expect, it } from 'vitest';
import { parsePostgresUrl } from './url.ts';

describe('the URL of a PostgreSQL registry', () => {
  it('has defaults, and leaves all but our parameters to pg', () => {
    expect(
      parsePostgresUrl('postgres://me:p%40ss@host:5433/app?sslmode=verify-full&application_name=x'),
    ).toEqual({
      kind: 'postgres',
      connectionString: 'postgres://me:p%40ss@host:5433/app?sslmode=verify-full&application_name=x',
      ...{ schema: 'ringwatch', connectionCount: 1, deadlineMs: 4_500 },
    });
    expect(
      parsePostgresUrl('postgresql://host/app?schema=other&connections=3&deadline=800ms&sslmode=require'),
    ).toEqual({
      kind: 'postgres',
      connectionString: 'postgresql://host/app?sslmode=require',
      ...{ schema: 'other', connectionCount: 3, deadlineMs: 800 },
    });
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
