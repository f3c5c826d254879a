import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { rerun } from './transcript.ts';

/** Whole clusters of cores, as scripts with their outcome: `scenarios/*.txt`. RRMQ_REWRITE=1 writes the outcome anew. */
const SCENARIOS = new URL('../../scenarios/', import.meta.url);
const names = readdirSync(SCENARIOS).filter((name) => name.endsWith('.txt'));

const rewrites = process.env['RRMQ_REWRITE'] === '1';

describe('transcripts', () => {
  it.each(names)('%s', (name) => {
    const path = new URL(name, SCENARIOS);
    const outcome = rerun(readFileSync(path, 'utf8'));
    if (rewrites) writeFileSync(path, outcome);
    expect(outcome).toBe(readFileSync(path, 'utf8'));
  });

  it('begin with what they claim and where the paper says so', () => {
    for (const name of names) {
      const [first = ''] = readFileSync(new URL(name, SCENARIOS), 'utf8').split('\n');
      expect(first).toMatch(/^# [A-Z]\d\d .*(§|thesis|raft-dev)/u);
      expect(name.startsWith(first.slice(2, 5))).toBe(true);
    }
  });
});
