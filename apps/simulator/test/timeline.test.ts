import { describe, expect, it } from '@jest/globals';
import { Timeline } from '../src/timeline/timeline.ts';

function printed(columns: number | undefined, ...moments: readonly [string, string][]): string[] {
  let text = '';
  const timeline = new Timeline({ write: (more) => (text += more), columns });
  for (const [place, [who, what]] of moments.entries()) timeline.add({ atMs: place, who, what });
  timeline.end();
  return text.split('\n').slice(0, -1);
}

describe('a timeline', () => {
  it('has a line for each moment, in columns', () => {
    expect(printed(undefined, ['node 1', 'starts'], ['fault 12', 'kill'])).toEqual([
      '  0.0000 s  node 1    starts',
      '  0.0010 s  fault 12  kill',
    ]);
  });

  it('folds many of a kind in a row into the last of them', () => {
    const moments = [1, 2, 3].map((peer): [string, string] => ['node 1', `stream-lost: ${peer}`]);
    expect(printed(undefined, ...moments, ['node 2', 'stream-lost: 1'])).toEqual([
      '  0.0020 s  node 1    stream-lost: 3  (the last of 3)',
      '  0.0030 s  node 2    stream-lost: 1',
    ]);
  });

  it('fits a terminal', () => {
    const [line = ''] = printed(80, ['node 1', 'x'.repeat(200)]);
    expect(line).toHaveLength(80);
    expect(line.endsWith('…')).toBe(true);
  });
});
