import { formatCount, formatFigure } from '../quantities.ts';
import { spreadOf } from '../statistics.ts';
import { formatTable } from '../table.ts';
import type { Failover } from './killing.ts';
import type { Account } from './ledger.ts';

/** So many messages are named of each broken promise. */
const NAMED_MAX = 5;

export function formatFailovers(failovers: readonly Failover[]): string {
  const row = (name: string, values: readonly number[]) => {
    const { min, median, p90, max } = spreadOf(values);
    return [name, ...[min, median, p90, max].map(formatFigure)];
  };
  const rows = [
    row(
      'until a publish called after it is acked',
      failovers.map(({ ackMs }) => ackMs),
    ),
    row(
      'until a survivor says that it leads',
      failovers.map(({ leaderMs }) => leaderMs),
    ),
  ];
  const titles = [`ms after kill -9 (${failovers.length} times)`, 'min', 'median', 'p90', 'max'];
  return formatTable(titles, rows);
}

/** The accounts of all producers as one. */
export function formatAccounts(accounts: readonly Account[]): string {
  const sum = (figure: (account: Account) => number) =>
    formatCount(accounts.reduce((total, account) => total + figure(account), 0));
  const titles = ['messages', 'acked', 'unknown', 'refused', 'popped', 'of unknown outcome'];
  const row = [
    '',
    sum(({ acked }) => acked),
    sum(({ unknown }) => unknown),
    sum(({ refused }) => refused),
    sum(({ popped }) => popped),
    sum(({ unknownPopped }) => unknownPopped),
  ];
  return [
    formatTable(titles, [row]),
    '',
    ...(['lost', 'duplicated', 'invented', 'misplaced'] as const).map((kind) =>
      formatBroken(
        kind,
        accounts.flatMap((account) => account[kind]),
      ),
    ),
  ].join('\n');
}

function formatBroken(kind: string, messages: readonly string[]): string {
  const named = messages.slice(0, NAMED_MAX).join(', ');
  const more = messages.length > NAMED_MAX ? ', …' : '';
  return `${kind}: ${formatCount(messages.length)}${named === '' ? '' : ` (${named}${more})`}`;
}
