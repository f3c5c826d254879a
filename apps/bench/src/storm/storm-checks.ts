import type { Faults } from './faults.ts';
import type { NodeState } from './node-states.ts';
import type { Totals } from './storm-ledger.ts';
import type { Stats } from './storm-requests.ts';

/** Whether the counts of every node are the same, and those that the storm itself arrived at. */
export function checkStats(stats: readonly Stats[], totals: Totals, faults: Faults): void {
  const first = countsIn(stats[0]);
  for (const [node, each] of stats.entries()) {
    const { published, acked, dead, deadLettered, delivered, discarded } = each;
    const claims = [
      ['published', published, totals.published],
      ['acked', acked, totals.acked],
      ['dead', dead, totals.dead],
      ['dead-lettered', deadLettered, totals.dead],
      ['discarded', discarded.expired + discarded.overflow + discarded.purged, 0],
      ['redriven', each.redriven, 0],
      ['left', each.ready + each.leased + each.delayed, 0],
      // Of some deliveries the answer was lost.
      ['delivered, at least', Math.min(delivered, totals.delivered), totals.delivered],
      ['what the first node says', Number(countsIn(each) === first), 1],
    ] as const;
    for (const [what, counted, expected] of claims) {
      if (counted === expected) continue;
      faults.note('wrong count', `node ${node}: ${what} is ${counted}, not ${expected}`);
    }
  }
}

/** Whether all nodes stored the same history. */
export function checkStates(states: readonly NodeState[], faults: Faults): void {
  const [first] = states;
  for (const { node, index, hash } of states) {
    if (index === first?.index && hash === first.hash) continue;
    faults.note('other state', `node ${node} at entry ${index} has ${hash}`);
  }
}

/** Rates are what a node has seen since its start: another one elsewhere. */
const countsIn = (stats: Stats | undefined): string =>
  JSON.stringify({ ...stats, rates: undefined });
