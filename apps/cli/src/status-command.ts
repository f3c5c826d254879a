import type { ClusterView, MemberView, NodeReport, RrmqError } from '@rrmq/client';
import { type Command, Option } from 'commander';
import { parseDuration } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure, nextStepAfter } from './failure.ts';
import type { Io } from './io.ts';
import type { Column } from './output.ts';
import { type Session, withSession } from './session.ts';
import { repeatedly } from './watching.ts';

/** A node as `rrmq status` shows it. */
interface NodeRow {
  /** Its id in the cluster; `null` when it did not say. */
  readonly node: number | null;
  readonly url: string;
  readonly reachable: boolean;
  readonly role: string | null;
  readonly term: number | null;
  readonly latencyMs: number | null;
  readonly error: string | null;
}

/** What the nodes said. */
interface Look {
  readonly rows: readonly NodeRow[];
  /** Why nodes said nothing; the one that helps most is first. */
  readonly errors: readonly RrmqError[];
  /** Who leads by what a node said, when none of those named says so itself. */
  readonly leader: MemberView | undefined;
}

/** `rrmq status` */
export function addStatusCommand(program: Command, io: Io): void {
  program
    .command('status')
    .description('show the role and term of every node')
    .option('--watch', 'show it again and again, until stopped')
    .addOption(
      new Option('--interval <duration>', 'between two looks of --watch')
        .argParser(parseDuration)
        .default(1000, '1s'),
    )
    .addHelpText(
      'after',
      `
Shows the nodes named by --url, and the leader when it is none of them but one of them knows it.
Exits with 4 when no node answers, or when no leader can be found among them or through them.

Examples:
  $ rrmq status
  $ rrmq status --watch --interval 500ms
  $ rrmq status -o json | jq -r '.[] | select(.role == "Leader").url'`,
    )
    .action(async (options: { watch?: true; interval: number }, command: Command) => {
      await withSession(io, command, (session) =>
        options.watch === true ? watch(session, options.interval) : showOnce(session),
      );
    });
}

async function showOnce(session: Session): Promise<void> {
  const { rows, errors, leader } = await look(session);
  await session.output.records(rows, columns);
  const [error] = errors;
  if (error !== undefined && !rows.some(({ reachable }) => reachable)) {
    const what = `no node can be reached: ${error.message}`;
    throw new Failure(what, nextStepAfter(error), exitCodes.unavailable);
  }
  if (rows.some(({ role }) => role === 'Leader')) return;
  if (leader !== undefined) {
    const what = `the leader, node ${leader.id} at ${leader.url}, cannot be reached from here`;
    throw new Failure(what, 'check the way to it, or wait for an election', exitCodes.unavailable);
  }
  const next =
    'name all nodes with --url, or wait for an election: it needs a majority of all nodes';
  throw new Failure('none of the nodes asked leads', next, exitCodes.unavailable);
}

async function watch(session: Session, intervalMs: number): Promise<void> {
  const { output, io } = session;
  await repeatedly(io, intervalMs, async () => {
    const { rows } = await look(session);
    if (io.stop.aborted) return;
    await output.clear();
    await output.records(rows, columns);
  });
}

async function look(session: Session): Promise<Look> {
  const reports = await session.client.status(session.call);
  const views = await Promise.all(
    reports.map(async ({ url, reachable }) => (reachable ? viewFrom(session, url) : undefined)),
  );
  const rows = reports.map((report, i) => toRow(report, views[i]?.node ?? null));
  const errors = reports
    .flatMap((report) => (report.reachable ? [] : [report.error]))
    .toSorted((a, b) => Number(a.retryable) - Number(b.retryable));
  if (rows.some(({ role }) => role === 'Leader')) return { rows, errors, leader: undefined };
  const leader = views.flatMap((view) => view?.members ?? []).find(({ isLeader }) => isLeader);
  const row = leader === undefined ? undefined : await leaderRow(session, leader, rows);
  return { rows: row === undefined ? rows : [...rows, row], errors, leader };
}

/** How the node sees the cluster; `undefined` when it cannot say, as nodes of earlier versions. */
async function viewFrom({ client, call }: Session, url: string): Promise<ClusterView | undefined> {
  try {
    return await client.cluster.status({ ...call, from: url });
  } catch {
    return undefined;
  }
}

/** The leader that another node named, if it says so itself. Nobody leads to another protocol. */
async function leaderRow(
  session: Session,
  { url }: MemberView,
  rows: readonly NodeRow[],
): Promise<NodeRow | undefined> {
  const protocols = rows.map((row) => new URL(row.url).protocol);
  if (!URL.canParse(url) || !protocols.includes(new URL(url).protocol)) return undefined;
  const startedMs = performance.now();
  const view = await viewFrom(session, url);
  if (view?.role !== 'leader') return undefined;
  const latencyMs = rounded(performance.now() - startedMs);
  const { node, term } = view;
  return { node, url, reachable: true, role: 'Leader', term, latencyMs, error: null };
}

function toRow(report: NodeReport, node: number | null): NodeRow {
  const { url } = report;
  if (!report.reachable) {
    const unheard = { role: null, term: null, latencyMs: null };
    return { node, url, reachable: false, ...unheard, error: report.error.message };
  }
  const { role, term } = report;
  const latencyMs = rounded(report.latencyMs);
  return { node, url, reachable: true, role, term, latencyMs, error: null };
}

function rounded(latencyMs: number): number {
  return Math.round(latencyMs * 10) / 10;
}

const columns: readonly Column<NodeRow>[] = [
  { title: 'node', text: ({ node }) => (node === null ? '-' : String(node)) },
  { title: 'url', text: ({ url }) => url },
  {
    title: 'role',
    text: ({ role }) => role ?? '-',
    color: ({ role }, colors) => (role === 'Leader' ? colors.green : String),
  },
  { title: 'term', text: ({ term }) => (term === null ? '-' : String(term)) },
  {
    title: 'state',
    text: ({ reachable }) => (reachable ? 'reachable' : 'unreachable'),
    color: ({ reachable }, colors) => (reachable ? String : colors.red),
  },
  {
    title: 'latency',
    text: ({ latencyMs }) => (latencyMs === null ? '-' : `${latencyMs.toFixed(1)} ms`),
  },
];
