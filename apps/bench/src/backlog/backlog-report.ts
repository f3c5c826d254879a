import { formatBytes, formatCount, formatFigure, UNKNOWN } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { BacklogFigures, NodeState } from './backlog-cluster.ts';
import { rateOf, type Stretch } from './backlog-load.ts';

/** Everything `bench backlog` has to say. */
export function formatBacklogs(all: readonly BacklogFigures[]): string {
  return [
    'Messages per second: first and last tenth of the backlog published; received and acked from a small topic and from the backlog',
    formatRates(all),
    'Own memory of each node (MiB): idle, with the backlog, the most, after the restarts; disk a message, on each node',
    formatCosts(all),
    'Restart of all nodes until the leader shows the backlog; messages missing or too many afterwards',
    formatRestarts(all),
  ].join('\n\n');
}

function formatRates(all: readonly BacklogFigures[]): string {
  const rows = all.map((figures) => {
    const { firstPublishes, lastPublishes, fewConsumed, manyConsumed, retries } = figures;
    return [
      nameOf(figures),
      formatFigure(rateOf(firstPublishes)),
      formatFigure(rateOf(lastPublishes)),
      formatRatio(firstPublishes, lastPublishes),
      formatFigure(rateOf(fewConsumed)),
      formatFigure(rateOf(manyConsumed)),
      formatRatio(fewConsumed, manyConsumed),
      formatCount(retries),
    ];
  });
  const publishing = ['first publishes', 'last', 'ratio'];
  return formatTable(
    ['backlog', ...publishing, 'consumed', 'of backlog', 'ratio', 'retries'],
    rows,
  );
}

const formatRatio = (before: Stretch, after: Stretch): string =>
  formatFigure(rateOf(after) / rateOf(before));

function formatCosts(all: readonly BacklogFigures[]): string {
  const rows = all.map((figures) => {
    const { job, idle, full, restarted } = figures;
    const eachMiB = (
      states: readonly NodeState[],
      of: (state: NodeState) => number | undefined = ({ anonymousBytes }) => anonymousBytes,
    ) => states.map((state) => formatMebibytes(of(state))).join(' ');
    const perMessage = (of: (state: NodeState) => number) =>
      full.map((state) => formatBytes(Math.round(of(state) / job.messages))).join(' ');
    return [
      nameOf(figures),
      eachMiB(idle),
      eachMiB(full),
      eachMiB(restarted, ({ peakAnonymousBytes }) => peakAnonymousBytes),
      eachMiB(restarted),
      perMessage(({ storeAllocatedBytes }) => storeAllocatedBytes),
      eachMiB(full, ({ logBytes }) => logBytes),
    ];
  });
  const memory = ['idle', 'full', 'most', 'restarted'];
  return formatTable(['backlog', ...memory, 'store/message', 'log MiB'], rows);
}

function formatRestarts(all: readonly BacklogFigures[]): string {
  const rows = all.map((figures) => [
    nameOf(figures),
    formatFigure(figures.restartMs),
    formatFigure(figures.recoveryMs),
    formatCount(figures.wrong),
  ]);
  return formatTable(['backlog', 'after SIGTERM ms', 'after SIGKILL ms', 'wrong'], rows);
}

const nameOf = ({ job: { nodes, messages } }: BacklogFigures): string =>
  `${formatCount(messages)} on ${nodes} node${nodes === 1 ? '' : 's'}`;

const formatMebibytes = (bytes: number | undefined): string =>
  bytes === undefined ? UNKNOWN : (bytes / 1024 / 1024).toFixed(0);
