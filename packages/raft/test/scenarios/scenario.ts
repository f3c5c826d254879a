import { expect, it } from '@jest/globals';

/** So many seeds run each script; more by the environment variable. */
const SEEDS = Number(process.env['RRMQ_SCENARIO_SEEDS'] ?? 40);

/** A script that is slow under many seeds, on a machine that does other things besides. */
const PATIENCE_MS = 120_000;

/** So often the event loop gets a turn. */
const EVENT_LOOP_EVERY = 4096;

let drained = 0;

/** Resolves when no promise can go on any more. */
export function drain(): Promise<void> {
  drained += 1;
  if (drained % EVENT_LOOP_EVERY === 0) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => process.nextTick(resolve));
}

/**
 * One scenario: a script that chance has a small part in. It runs once as it stands, with seed 1, and then under many
 * seeds. The title begins with the scenario's name.
 */
export function scenario(title: string, script: (seed: number) => Promise<void>): void {
  it(`${title} – the script`, async () => script(1));
  it(
    `${title} – ${SEEDS} seeds`,
    async () => {
      const failed: string[] = [];
      for (let seed = 1; seed <= SEEDS && failed.length < 3; seed += 1) {
        try {
          await script(seed);
        } catch (error) {
          failed.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
        }
      }
      expect(failed).toEqual([]);
    },
    PATIENCE_MS,
  );
}
