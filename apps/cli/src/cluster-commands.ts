import type { ClusterView, NewMember, RrmqError } from '@rrmq/client';
import { V1_TIMEOUT_MS } from '@rrmq/contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { memberColumns, memberRows, summaryOf } from './cluster-table.ts';
import { parseDuration, parseWhole } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure, toFailure } from './failure.ts';
import { type Io, write } from './io.ts';
import { printable } from './output.ts';
import { type Session, withSession } from './session.ts';
import { repeatedly } from './watching.ts';

const parseId = parseWhole(1, 1e15);

/** `rrmq cluster …` */
export function addClusterCommands(program: Command, io: Io): void {
  const cluster = program.command('cluster').description('see and change who belongs to a cluster');
  addStatus(cluster, io);
  addAdd(cluster, io);
  addRemove(cluster, io);
  addPromote(cluster, io);
  addTransfer(cluster, io);
}

function addStatus(cluster: Command, io: Io): void {
  cluster
    .command('status')
    .description('show the members as the leader sees them')
    .option('--watch', 'show it again and again, until stopped')
    .addOption(
      new Option('--interval <duration>', 'between two looks of --watch')
        .argParser(parseDuration)
        .default(1000, '1s'),
    )
    .addHelpText(
      'after',
      `
When no leader can be asked, another node says what it knows, and the exit code is 4.
With -o json one object, with -o jsonl one line a look.

Examples:
  $ rrmq cluster status
  $ rrmq cluster status --watch
  $ rrmq cluster status -o json | jq '.members[] | {id, lagEntries}'`,
    )
    .action(async (options: { watch?: true; interval: number }, command: Command) => {
      await withSession(io, command, (session) =>
        options.watch === true ? watch(session, options.interval) : showOnce(session),
      );
    });
}

function addAdd(cluster: Command, io: Io): void {
  cluster
    .command('add')
    .description('make a node a member; it is a learner until it has caught up')
    .argument('<host:port[:internal]>', 'where clients and peers reach it', parseAddress)
    .addOption(
      new Option('--as <role>', 'what it is to be').choices(['voter', 'learner']).default('voter'),
    )
    .option('--replaces <id>', 'the member that leaves when this one is promoted', parseId)
    .addHelpText(
      'after',
      `
The host is an IP address, or a name that all nodes and clients can look up. Without a port for peers they
use the first, too. A node that is started with --join adds itself; what is added here is the place of one
that joins at this very address (rrmq-node --join URL --ip HOST --port PORT --internal-port INTERNAL).

Examples:
  $ rrmq cluster add 10.0.0.4:7001:7101
  $ rrmq cluster add 10.0.0.4:7001 --as learner
  $ rrmq cluster add '[fd00::4]:7001:7101' --replaces 2`,
    )
    .action(async (address: Address, options: AddOptions, command: Command) => {
      await withChange(io, command, async ({ client, output, call }) => {
        const addition = await client.cluster.addMember({ address, ...options }, call);
        const { id, added } = addition;
        await output.object(addition, [{ id }], [{ title: 'id', text: (row) => String(row.id) }]);
        const then = options.as === 'voter' ? ', and becomes a voter once it has caught up' : '';
        await output.note(added ? `node ${id} was added${then}` : `node ${id} is a member already`);
      });
    });
}

function addRemove(cluster: Command, io: Io): void {
  cluster
    .command('remove')
    .description('make members leave, all in one change; the leader may be among them')
    .argument('<id...>', 'ids as `rrmq cluster status` shows them', collectIds)
    .addHelpText(
      'after',
      `
Refused when the rest could not go on. A removed node never comes back under its id.

Examples:
  $ rrmq cluster remove 3
  $ rrmq cluster remove 4 5`,
    )
    .action(async (ids: number[], _options: object, command: Command) => {
      await withChange(io, command, async (session) =>
        show(session, await session.client.cluster.removeMembers(ids, session.call)),
      );
    });
}

function addPromote(cluster: Command, io: Io): void {
  cluster
    .command('promote')
    .description('make learners voters, all in one change')
    .argument('<id...>', 'ids as `rrmq cluster status` shows them', collectIds)
    .addHelpText(
      'after',
      `
Examples:
  $ rrmq cluster promote 4
  $ rrmq cluster promote 4 5`,
    )
    .action(async (ids: number[], _options: object, command: Command) => {
      await withChange(io, command, async (session) =>
        show(session, await session.client.cluster.promote(ids, session.call)),
      );
    });
}

function addTransfer(cluster: Command, io: Io): void {
  cluster
    .command('transfer')
    .description('hand leadership over, by default to the voter that has the most')
    .option('--to <id>', 'the voter that shall lead', parseId)
    .addHelpText(
      'after',
      `
Examples:
  $ rrmq cluster transfer
  $ rrmq cluster transfer --to 2`,
    )
    .action(async (options: { to?: number }, command: Command) => {
      await withChange(io, command, async ({ client, output, call }) => {
        const changed = await client.cluster.transferLeadership({ ...call, ...options });
        const columns = [{ title: 'leader', text: () => String(changed.leader) }];
        await output.object(changed, [changed], columns);
        await output.note(`node ${changed.leader} leads`);
      });
    });
}

interface AddOptions {
  readonly as: 'voter' | 'learner';
  readonly replaces?: number;
}

type Address = NewMember['address'];

/** Changes wait for the nodes, so they are given more time than other calls, unless --timeout says how much. */
function withChange(
  io: Io,
  command: Command,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const isGiven = command.getOptionValueSourceWithGlobals('timeout') !== 'default';
  return withSession(io, command, work, isGiven ? {} : { timeoutMs: V1_TIMEOUT_MS });
}

async function showOnce(session: Session): Promise<void> {
  const view = await session.client.cluster.status(session.call);
  await show(session, view);
  if (view.leader !== null) return;
  const next = 'wait for an election: it needs a majority of the voters';
  throw new Failure(`node ${view.node} knows no leader`, next, exitCodes.unavailable);
}

/** A look that fails says so and is followed by the next. */
async function watch(session: Session, intervalMs: number): Promise<void> {
  const { client, call, output, io } = session;
  await repeatedly(io, intervalMs, async () => {
    const seen = await client.cluster.status(call).catch((error: RrmqError) => error);
    if (io.stop.aborted) return;
    await output.clear();
    if (!(seen instanceof Error)) return show(session, seen);
    await write(io.stderr, printable(`error: ${toFailure(seen).message}\n`));
  });
}

async function show({ output }: Session, view: ClusterView): Promise<void> {
  await output.note(summaryOf(view));
  await output.object(view, memberRows(view), memberColumns);
}

/** `host:port` or `host:port:internal`; an IPv6 address in brackets. */
function parseAddress(text: string): Address {
  const [, host = '', port = '', internal] =
    /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const ports = [port, internal ?? port].map(Number);
  if (host === '' || ports.some((each) => each < 1 || each > 65_535)) {
    throw new InvalidArgumentError(
      'It must be host:port or host:port:internal, as 10.0.0.4:7001:7101.',
    );
  }
  const ip = host.replace(/^\[|\]$/g, '');
  return { ip, port: Number(port), internalPort: Number(internal ?? port) };
}

function collectIds(text: string, before: readonly number[] | undefined): number[] {
  return [...(before ?? []), parseId(text)];
}
