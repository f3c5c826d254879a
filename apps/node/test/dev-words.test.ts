import { describe, expect, it } from '@jest/globals';
import { freeBasePort } from '../src/dev/dev-ports.ts';
import { stateAfterDeath } from '../src/dev/dev-screen.ts';

const ended = { code: null, signal: 'SIGKILL' } as const;
const nodes = (left: number, dead: number) => [
  ...Array.from({ length: left }, () => ({ exit: undefined })),
  ...Array.from({ length: dead }, () => ({ exit: ended })),
];

describe('what a local cluster says of a node that died', () => {
  it.each([
    [2, 1, '2 of 3 nodes are left and serve on.'],
    [1, 2, 'Only 1 of its 3 nodes is left: unless other members make a majority with it, nothing'],
    [2, 3, 'Only 2 of its 5 nodes are left: unless other members make a majority with them,'],
  ])(
    'with %i left and %i dead is true also when nodes joined from elsewhere',
    (left, dead, words) => {
      expect(stateAfterDeath(nodes(left, dead)).join()).toContain(words);
    },
  );

  it('is nothing more when none is left', () => {
    expect(stateAfterDeath(nodes(0, 3))).toEqual([]);
  });
});

describe('the ports that a local cluster is told to take instead', () => {
  it('are the first that were found free', async () => {
    const taken = [7_001, 7_201];
    expect(await freeBasePort(async (port) => !taken.includes(port))).toBe(7_401);
  });

  it('are none when none is free', async () => {
    expect(await freeBasePort(async () => false)).toBeUndefined();
  });
});
