import type { ClusterView, MemberView } from '@rrmq/client';
import type { Column } from './output.ts';

/** A member's line in the table. */
export const memberColumns: readonly Column<MemberView>[] = [
  { title: 'id', text: ({ id }) => String(id) },
  { title: 'url', text: ({ url }) => url },
  {
    title: 'role',
    text: roleOf,
    color: ({ isLeader }, colors) => (isLeader ? colors.green : String),
  },
  {
    title: 'state',
    text: stateOf,
    color: ({ live }, colors) => (live === false ? colors.red : String),
  },
  { title: 'match', text: ({ match }) => shown(match) },
  { title: 'lag', text: ({ lagEntries }) => shown(lagEntries) },
  {
    title: 'disk',
    text: ({ room }) => (room === undefined ? '-' : room ? 'ok' : 'full'),
    color: ({ room }, colors) => (room === false ? colors.red : String),
  },
];

/** What the table leaves out, in one line. */
export function summaryOf(view: ClusterView): string {
  const { clusterId, node, term, leader, isSettled, indexes, members } = view;
  const voters = members.filter(({ role }) => role === 'voter').length;
  return [
    `cluster ${clusterId}, seen by node ${node}: term ${term}`,
    leader === null ? 'no leader' : `leader ${leader}`,
    `${voters} voters of ${members.length} members${isSettled ? '' : ', a change is under way'}`,
    `committed ${indexes.committed}, flushed ${indexes.flushed}`,
  ].join('; ');
}

function roleOf({ role, isLeader, promoting, replaces }: MemberView): string {
  if (isLeader) return `${role}, leader`;
  if (promoting !== true) return role;
  return replaces === undefined ? `${role}, to be voter` : `${role}, to replace ${replaces}`;
}

/** Only the leader knows it, and not of itself. */
function stateOf({ live, state }: MemberView): string {
  if (live === undefined) return '-';
  return live ? (state ?? '-') : 'silent';
}

function shown(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}
