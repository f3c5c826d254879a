import { formatCount } from '../quantities.ts';
import { formatTable } from '../table.ts';
import { type FlowAccount, isFlowClean } from './flow-job.ts';

/** What became of the messages of a flow, and whether that is as promised. */
export function formatFlowAccount(account: FlowAccount): string {
  const { acked, popped, unknown, unknownPopped, unknownPops, lost, doubled, invented } = account;
  const titles = [
    'messages',
    'acked',
    'popped',
    'unknown publishes',
    'of them popped',
    'unknown pops',
    'lost',
    'doubled',
    'invented',
  ];
  const figures = [acked, popped, unknown, unknownPopped, unknownPops, lost, doubled, invented];
  const verdict = isFlowClean(account)
    ? 'every acked message was popped once'
    : '! acked messages were lost, doubled or invented';
  return `${formatTable(titles, [['', ...figures.map(formatCount)]])}\n${verdict}`;
}
