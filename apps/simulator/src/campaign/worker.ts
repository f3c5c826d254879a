import type { Portion, WorkerMessage } from './messages.ts';
import { type SeedOptions, addSeed, emptyTally } from './tally.ts';

/** Runs the portions that its parent sends, until the channel is closed. */
export function serveParent(options: SeedOptions): void {
  const tell = (message: WorkerMessage): void => void process.send?.(message);
  process.on('message', (portion) => void runPortion(portion as Portion, options, tell));
  // Whoever ends the campaign ends it in the parent, which waits for the seeds under way.
  process.on('SIGINT', () => undefined);
}

async function runPortion(
  { from, seeds }: Portion,
  options: SeedOptions,
  tell: (message: WorkerMessage) => void,
): Promise<void> {
  const tally = emptyTally();
  const before = process.cpuUsage();
  for (let seed = from; seed < from + seeds; seed += 1) {
    tell({ kind: 'began', seed });
    await addSeed(tally, seed, options);
  }
  const { user, system } = process.cpuUsage(before);
  tell({ kind: 'done', tally, cpuMs: (user + system) / 1_000 });
}
