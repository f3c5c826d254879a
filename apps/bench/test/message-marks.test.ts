import { describe, expect, it } from '@jest/globals';
import { isFlowClean } from '../src/flow/flow-job.ts';
import { MessageMarks } from '../src/flow/message-marks.ts';

/** Messages 0 to 3: acked, refused, of unknown outcome, acked. */
function makeMarks(): MessageMarks {
  const marks = new MessageMarks();
  for (let number = 0; number < 4; number++) marks.enter();
  marks.acked(0);
  marks.refused(1);
  marks.acked(3);
  return marks;
}

describe('the marks of a flow', () => {
  it.each([
    ['all acked messages', [0, 3], { popped: 2, unknown: 1, unknownPopped: 0 }],
    ['one of unknown outcome too', [0, 2, 3], { popped: 3, unknown: 1, unknownPopped: 1 }],
  ])('are clean when %s were popped', (_what, popped, expected) => {
    const marks = makeMarks();
    for (const number of popped) marks.popped(number);
    const account = marks.account(0);
    expect(account).toMatchObject({ acked: 2, lost: 0, doubled: 0, invented: 0, ...expected });
    expect(isFlowClean(account)).toBe(true);
  });

  it.each([
    ['lost', 'an acked message was not popped', [0]],
    ['doubled', 'one was popped twice', [0, 3, 0]],
    ['invented', 'a refused one was popped', [0, 1, 3]],
    ['invented', 'one was popped that was never sent', [0, 3, 4]],
    ['invented', 'something else was popped', [0, 3, Number.NaN]],
  ] as const)('say %s when %s', (kind, _what, popped) => {
    const marks = makeMarks();
    for (const number of popped) marks.popped(number);
    const account = marks.account(0);
    expect(account[kind]).toBe(1);
    expect(isFlowClean(account)).toBe(false);
  });

  it('a pop of unknown outcome explains one lost message, not two', () => {
    const one = makeMarks();
    one.popped(0);
    expect(isFlowClean(one.account(1))).toBe(true);
    expect(isFlowClean(makeMarks().account(1))).toBe(false);
  });

  it('find room for more messages than at first', () => {
    const marks = new MessageMarks();
    for (let count = 0; count < 200_000; count++) marks.acked(marks.enter());
    for (let number = 0; number < 200_000; number++) marks.popped(number);
    expect(marks.account(0)).toMatchObject({ acked: 200_000, popped: 200_000, lost: 0 });
  });
});
