import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { ExitCode } from './exit-code.ts';
import { environmentName, flagName, logFormats, logLevels } from './settings.ts';

const EXAMPLES = `
Examples:
  rrmq-node config.json 0                   the first node of the list in config.json
  rrmq-node config.json 2 --data-dir /var/lib/rrmq
  rrmq-node --join http://10.0.0.1:7001     one more node for a running cluster
  rrmq-node --data-dir rrmq-data/joined     the same node again: it knows its cluster now
  rrmq-node dev                             three nodes here, to try things out
  rrmq-node verify rrmq-data/1f2e…/node-0   is the data of a stopped node whole?

config.json:
  {"addresses":[{"ip":"10.0.0.1","port":7001,"internal_port":7101},
                {"ip":"10.0.0.2","port":7001,"internal_port":7101},
                {"ip":"10.0.0.3","port":7001,"internal_port":7101}]}
  Clients use "port"; nodes talk to each other on "internal_port" (on "port" when it is missing).
  Options may stand there too, for example "dataDir" or "heartbeatMs". Flags come before the
  environment, the environment before the file. Relative paths, those in the file too, begin at
  the working directory.

Exit codes:
  0 stopped   1 failed   2 wrong arguments or config   3 a port is taken
  4 data directory in use, or another node's   5 corrupt data   6 the disk failed
  7 the cluster did not take this node in`;

/** Both from src and from dist it lies one folder up. */
function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return version;
}

function option(name: string, argument: string, description: string): Option {
  const variable = environmentName(name);
  return new Option(`${flagName(name)} <${argument}>`, `${description} [${variable}]`);
}

function buildProgram(version: string): Command {
  const program = new Command('rrmq-node')
    .description('One node of an RRMQ cluster.')
    .version(version)
    .enablePositionalOptions()
    .argument('[config]', 'JSON file with the addresses of all nodes')
    .argument('[index]', 'place of this node in the list, from 0')
    .option(
      '--join <url>',
      'join the running cluster of the node at this URL; later starts need no URL',
    )
    .option('--ip <ip>', 'joining: address to listen on; the one that reaches the cluster')
    .option('--port <port>', 'joining: port for clients; the first free one from 7001 up')
    .option('--internal-port <port>', 'joining: port for peers; 100 more than that for clients')
    .addOption(
      new Option(
        '--as <role>',
        'joining: voter, once it has caught up, or learner; voter by default',
      ).choices(['voter', 'learner']),
    )
    .option('--replaces <id>', 'joining: the member that leaves when this node is a voter')
    .addOption(option('dataDir', 'dir', 'where the data lives'))
    .addOption(option('clusterSecretFile', 'file', 'what all nodes of a cluster must know'))
    .addOption(option('adminTokenFile', 'file', 'what changes of the cluster and backups need'))
    .addOption(option('tlsKey', 'file', 'key for both ports, PEM'))
    .addOption(option('tlsCert', 'file', 'its certificate, PEM'))
    .addOption(option('tlsCa', 'file', "who signs the nodes' certificates, PEM"))
    .addOption(option('logLevel', 'level', logLevels.join(', ')))
    .addOption(option('logFormat', 'format', `${logFormats.join(' or ')}; pretty on a terminal`))
    .addOption(option('heartbeatMs', 'ms', 'between two heartbeats of a leader, 50'))
    .addOption(
      option(
        'electionTimeoutMs',
        'ms',
        'without heartbeats until an election, 300; up to twice that',
      ),
    )
    .addOption(option('keepLogBytes', 'bytes', 'of the log, for nodes that were away, 64 MiB'))
    .addOption(
      option(
        'reserveBytes',
        'bytes',
        'free on the disk, below which publishes are refused, 64 MiB',
      ),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (config: string | undefined, index: string | undefined, flags: Flags) => {
      const { exitWith } = await import('./run-node.ts');
      const { NodeFailure } = await import('./node-failure.ts');
      try {
        await start(config, index, { flags, version });
      } catch (error) {
        if (error instanceof NodeFailure) exitWith(error);
        throw error;
      }
    });
  addDev(program);
  addOffline(program);
  return program;
}

/** What is done with the data directory of a node that does not run. */
function addOffline(program: Command): void {
  program
    .command('verify')
    .description('read the data directory of a stopped node and say whether it is whole')
    .argument('<dir>')
    .action(async (directory: string) => {
      const { verifyCommand } = await import('./verify.ts');
      process.exitCode = await verifyCommand(directory);
    });
  program
    .command('force-new-cluster')
    .description('make a stopped node a cluster of its own, when a majority is lost for good')
    .argument('<dir>', 'its data directory')
    .option('--confirm <words>', 'the words that the command asks for')
    .action(async (directory: string, options: { confirm?: string }) => {
      const { forceNewClusterCommand } = await import('./force-new-cluster.ts');
      process.exitCode = await forceNewClusterCommand(directory, { confirm: options.confirm });
    });
}

type Flags = Readonly<Record<string, string | undefined>>;

/** A node of a config file, or one that joins or has joined. */
async function start(
  config: string | undefined,
  index: string | undefined,
  { flags, version }: { flags: Flags; version: string },
): Promise<void> {
  const { runJoinedNode, runNode } = await import('./run-node.ts');
  const { parseJoinFlags } = await import('./join/join-flags.ts');
  const joining = parseJoinFlags({ config, index, flags });
  if (joining !== undefined) await runJoinedNode({ ...joining, flags, version });
  else await runNode({ configPath: config ?? '', indexText: index ?? '', flags, version });
}

function addDev(program: Command): void {
  program
    .command('dev')
    .description('run a local cluster in the foreground; Ctrl-C stops it')
    .option('--nodes <count>', 'how many', '3')
    .option('--base-port <port>', 'port of the first node; the others follow', '7001')
    .option('--data-dir <dir>', 'where the data and logs of its nodes live', 'rrmq-data/dev')
    .action(async (flags: { nodes: string; basePort: string; dataDir: string }) => {
      const { devCommand } = await import('./dev/dev-command.ts');
      // A check that is still under way must not keep us.
      process.exit(await devCommand(flags));
    });
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exitCode = ExitCode.failure;
});

try {
  const program = buildProgram(readVersion());
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
}
