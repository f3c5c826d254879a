import { formatCount } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { Account } from './ledger.ts';

/** So many messages are named of each broken promise. */
const NAMED_MAX = 5;

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
