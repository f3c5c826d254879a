import { describe, expect, it } from '@jest/globals';
import { CoreChaos } from './core-chaos.ts';

/** RRMQ_SEEDS runs more, RRMQ_SEED one. */
const SEEDS = Number(process.env['RRMQ_SEEDS'] ?? 40);
const first = Number(process.env['RRMQ_SEED'] ?? 1);
const count = process.env['RRMQ_SEED'] === undefined ? SEEDS : 1;

describe('cores under chaos', () => {
  it(`M S L: safe at every step and settled in the end, ${count} seeds`, () => {
    let executed = 0;
    let changes = 0;
    let installs = 0;
    for (let seed = first; seed < first + count; seed += 1) {
      const chaos = new CoreChaos(seed);
      try {
        chaos.run(150);
        chaos.settle();
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
      executed += chaos.executed;
      changes += chaos.changes;
      installs += chaos.network.nodes.reduce((sum, n) => sum + n.snapshots.installed, 0);
    }
    expect(executed).toBeGreaterThan(10 * count);
    expect(changes).toBeGreaterThan(count);
    expect(installs).toBeGreaterThan(count);
  });
});
