import { describe, expect, it } from '@jest/globals';
import { formatLine } from '../src/readable-line.ts';

describe('a line of the log for people', () => {
  it('has the time of day, the level, the text and what else is known', () => {
    const line = { level: 'info', time: '2026-11-23T09:14:58.318Z', node: 1, event: 'x', term: 2 };
    expect(formatLine(JSON.stringify({ ...line, msg: 'leads', why: 'w' }))).toBe(
      '09:14:58.318 info  leads term=2 why=w\n',
    );
  });

  it('ends in the stack of an error', () => {
    const line = { level: 'fatal', time: '2026-11-23T09:14:58.318Z', msg: 'm' };
    expect(formatLine(JSON.stringify({ ...line, err: { stack: 'Error: x\n  at y' } }))).toBe(
      '09:14:58.318 fatal m\nError: x\n  at y\n',
    );
  });
});
