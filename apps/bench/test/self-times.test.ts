import { expect, it } from '@jest/globals';
import { formatSelfTimes, sumSelfTimes } from '../src/profile/self-times.ts';

const frame = (id: number, functionName: string, url = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

it('self times are shares of the busy time, summed over the places of a call', () => {
  const times = sumSelfTimes({
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'parse', 'file:///srv/dist/main.js', 9),
      frame(3, 'parse', 'file:///srv/dist/main.js', 9),
      frame(4, 'writev'),
      frame(5, '', 'node:net', 4),
    ],
    samples: [1, 2, 3, 4, 5, 1],
    timeDeltas: [500, 100, 200, 500, 200, 900],
  });
  expect(times).toEqual([
    { name: 'writev', percent: 50 },
    { name: 'parse main.js:10', percent: 30 },
    { name: '(anonymous) node:net:5', percent: 20 },
  ]);
  expect(formatSelfTimes(times)).toMatch(/^parse main\.js:10 +30\.0%$/m);
});
