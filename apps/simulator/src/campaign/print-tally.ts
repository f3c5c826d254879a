import type { Tally } from './tally.ts';

/** More than these are not printed one by one. */
const FAILURES_PRINTED = 20;

export function printTally(
  total: Tally,
  { tookMs, workers }: { readonly tookMs: number; readonly workers: number },
): void {
  const hours = total.simulatedMs / 3_600_000;
  const rate = total.simulatedMs / tookMs;
  const each = workers === 1 ? '' : `, ${(rate / workers).toFixed(0)} a process`;
  console.log(
    `${total.seeds} seeds, ${hours.toFixed(2)} simulated hours in ${(tookMs / 1_000).toFixed(1)} s ` +
      `(${rate.toFixed(0)} simulated seconds a second${each}), ${total.events} events`,
  );
  console.log(
    `${total.calls} client calls, ${total.acked} messages acked, ${total.popped} popped, ` +
      `${total.empty} pops of an empty topic, ${total.reads} reads, ` +
      `${total.committed} entries committed`,
  );
  for (const what of ['faults', 'changes', 'seen'] as const) {
    const counts = Object.entries(total[what]).toSorted(([, a], [, b]) => b - a);
    console.log(`${what}: ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`);
  }
  for (const { seed, error } of total.failures.slice(0, FAILURES_PRINTED)) {
    console.log(`seed ${seed}: ${error}`);
  }
  const more = total.failures.length - FAILURES_PRINTED;
  if (more > 0) console.log(`and ${more} more`);
  console.log(total.failures.length === 0 ? 'no failure' : `${total.failures.length} seeds failed`);
}
