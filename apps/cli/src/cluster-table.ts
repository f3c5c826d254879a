import type { ClusterView, MemberView } from '@rrmq/client';
import { formatBytes } from './bytes.ts';
import type { Column } from './output.ts';

/** A member, and what only the answering node knows of itself. */
interface MemberRow extends MemberView {
  /** `null`: not known yet. */
  readonly freeBytes?: number | null;
}

/** The members of a view. A leader tells of itself elsewhere than of the others: it holds its own log, and lags behind nobody. */
export function memberRows({ members, node, role, indexes, disk }: ClusterView): MemberRow[] {
  return members.map((member) => {
    if (member.id !== node || role !== 'leader') return member;
    return { ...member, match: indexes.last, lagEntries: 0, freeBytes: disk.freeBytes };
  });
}

/** A member's line in the table. */
export const memberColumns: readonly Column<MemberRow>[] = [
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
    text: diskOf,
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

/** Of a silent member nobody knows whether it still has room, or ever had. */
function diskOf({ room, live, freeBytes }: MemberRow): string {
  if (room === false) return 'full';
  if (room === true) return live === true ? 'ok' : '?';
  return typeof freeBytes === 'number' ? `${formatBytes(freeBytes)} free` : '-';
}

function shown(value: number | undefined): string {
  return value === undefined ? '-' : String(value);
}
