import type { NodeReport } from '@rrmq/client';
import { type Command, Option } from 'commander';
import { parseDuration } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import type { Column } from './output.ts';
import { type Session, withSession } from './session.ts';

/** A node as `rrmq status` shows it. */
interface NodeRow {
  /** Its place in the list of URLs, from 1. */
  readonly node: number;
  readonly url: string;
  readonly reachable: boolean;
  readonly role: string | null;
  readonly term: number | null;
  readonly latencyMs: number | null;
  readonly error: string | null;
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
Exits with 4 when no node answers, or when none of those asked says that it leads.

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
  const rows = await look(session);
  await session.output.records(rows, columns);
  if (!rows.some(({ reachable }) => reachable)) {
    const next = 'start a cluster with `rrmq dev`, or name its nodes with --url or RRMQ_URL';
    throw new Failure('no node can be reached', next, exitCodes.unavailable);
  }
  if (!rows.some(({ role }) => role === 'Leader')) {
    const next =
      'name all nodes with --url, or wait for an election: it needs a majority of all nodes';
    throw new Failure('none of the nodes asked leads', next, exitCodes.unavailable);
  }
}

async function watch(session: Session, intervalMs: number): Promise<void> {
  const { output, io } = session;
  while (!io.stop.aborted) {
    const rows = await look(session);
    if (io.stop.aborted) return;
    // Home, and clear to the end: the table is drawn over the last one.
    if (output.isForPeople) await output.text('\u001b[H\u001b[J');
    await output.records(rows, columns);
    await pause(intervalMs, io.stop);
  }
}

async function look({ client, call }: Session): Promise<NodeRow[]> {
  return (await client.status(call)).map((report, i) => toRow(report, i + 1));
}

function toRow(report: NodeReport, node: number): NodeRow {
  const { url } = report;
  if (!report.reachable) {
    const unheard = { role: null, term: null, latencyMs: null };
    return { node, url, reachable: false, ...unheard, error: report.error.message };
  }
  const { role, term } = report;
  const latencyMs = Math.round(report.latencyMs * 10) / 10;
  return { node, url, reachable: true, role, term, latencyMs, error: null };
}

const columns: readonly Column<NodeRow>[] = [
  { title: 'node', text: ({ node }) => String(node) },
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

/** Resolves after `ms`, or when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
}
