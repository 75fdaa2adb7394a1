import { describe, expect, it } from 'vitest';
import { Route } from './route.ts';

const hosts = ['a', 'b', 'c'];

describe('the way to a host', () => {
  it('begins as the URL says', () => {
    const route = new Route(hosts);
    expect(route.order('any')).toEqual(['a', 'b', 'c']);
    expect(route.order('leader')).toEqual(['a', 'b', 'c']);
  });

  it('stays with the host that answered last', () => {
    const route = new Route(hosts);
    route.failed('a', 'any');
    route.worked('b', 'any', null);
    expect(route.order('any')).toEqual(['b', 'c', 'a']);
  });

  it('goes straight to the leader once a host has answered for itself', () => {
    const route = new Route(hosts);
    route.worked('c', 'leader', null);
    expect(route.order('leader')).toEqual(['c', 'a', 'b']);
    expect(route.order('any')).toEqual(['a', 'b', 'c']);
  });

  it('tries the other hosts first while those that were asked passed the request on', () => {
    const route = new Route(hosts);
    route.worked('a', 'leader', 'raft-c');
    expect(route.order('leader')).toEqual(['b', 'c', 'a']);
    route.worked('b', 'leader', 'raft-c');
    expect(route.order('leader')).toEqual(['c', 'a', 'b']);
  });

  it('stays where it is when the leader is no host of the URL', () => {
    const route = new Route(hosts);
    for (const host of hosts) route.worked(host, 'leader', 'raft-elsewhere');
    expect(route.order('leader')).toEqual(['a', 'b', 'c']);
    expect(route.leaderCount).toBe(1);
  });

  it('looks elsewhere when the leader fails, and notices the next one', () => {
    const route = new Route(hosts);
    route.worked('a', 'leader', null);
    const before = route.leaderCount;
    route.failed('a', 'leader');
    expect(route.order('leader')).toEqual(['b', 'c', 'a']);
    route.worked('b', 'leader', 'raft-c');
    expect(route.order('leader')).toEqual(['a', 'c', 'b']);
    expect(route.leaderCount).toBeGreaterThan(before);
  });

  it('follows a leader that has become a follower', () => {
    const route = new Route(hosts);
    route.worked('a', 'leader', null);
    route.worked('a', 'leader', 'raft-b');
    expect(route.order('leader')).toEqual(['b', 'c', 'a']);
  });
});
