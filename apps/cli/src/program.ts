import { Command, CommanderError, Option } from 'commander';
import { addBackupCommands } from './backup-commands.ts';
import { addClusterCommands } from './cluster-commands.ts';
import { addDevCommand } from './dev-command.ts';
import { parseDuration } from './duration.ts';
import { type ExitCode, exitCodes, exitCodesHelp } from './exit-code.ts';
import { Failure, toFailure } from './failure.ts';
import { type Io, OutputClosed, write } from './io.ts';
import { outputFormats, printable } from './output.ts';
import { addPopCommand } from './pop-command.ts';
import { addPublishCommand } from './publish-command.ts';
import { defaultUrls } from './session.ts';
import { addStatusCommand } from './status-command.ts';
import { addTopicCommands } from './topic-commands.ts';

/**
 * Runs the `rrmq` command. Never rejects and never ends the process: all output is written when the exit
 * code comes back.
 * @param args the arguments behind the program's name
 * @param version what `--version` prints
 */
export async function run(args: readonly string[], io: Io, version: string): Promise<ExitCode> {
  const help: HelpText = { out: '', err: '', command: 'rrmq' };
  try {
    const program = buildProgram(io, version, help);
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return fail(io, error, help);
  }
}

/** What commander wants to print, to be written when it has ended the parsing. */
interface HelpText {
  out: string;
  err: string;
  /** The command whose usage was wrong, as one types it. */
  command: string;
}

function buildProgram(io: Io, version: string, help: HelpText): Command {
  const program = new Command('rrmq')
    .description('Topics, messages and clusters of RRMQ')
    .version(version)
    .option('--url <urls>', `nodes, with commas (env: RRMQ_URL, default: ${defaultUrls})`)
    .addOption(
      new Option(
        '-o, --output <format>',
        'default: a table on a terminal, else plain lines',
      ).choices(outputFormats),
    )
    .addOption(
      new Option('--timeout <duration>', 'for each call, e.g. 500ms, 5s, 1m')
        .argParser(parseDuration)
        .default(10_000, '10s'),
    )
    .option(
      '--token-file <file>',
      'a file that holds the admin token (env: RRMQ_ADMIN_TOKEN is the token itself)',
    )
    .option('--ca <file>', 'certificates by which nodes with https URLs are trusted, in PEM')
    .addHelpText('after', `${exitCodesHelp}\n\n${examples}`)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => {
        help.out += text;
      },
      writeErr: (text) => {
        help.err += text;
      },
      getOutHasColors: () => false,
    });
  addTopicCommands(program, io);
  addPublishCommand(program, io);
  addPopCommand(program, io);
  addStatusCommand(program, io);
  addClusterCommands(program, io);
  addBackupCommands(program, io);
  addDevCommand(program);
  rememberCommand(program, 'rrmq', help);
  return program;
}

/** Each command, when it ends the parsing, says which one it is: its help is what helps. */
function rememberCommand(command: Command, path: string, help: HelpText): void {
  command.exitOverride((error) => {
    help.command = path;
    throw error;
  });
  for (const each of command.commands) rememberCommand(each, `${path} ${each.name()}`, help);
}

async function fail(io: Io, error: unknown, help: HelpText): Promise<ExitCode> {
  if (error instanceof OutputClosed) return exitCodes.ok;
  if (error instanceof CommanderError) return endParsing(io, error, help);
  const failure = toFailure(error);
  const isQuiet = failure.exitCode !== exitCodes.unknown && !(error instanceof Failure);
  if (io.stop.aborted && isQuiet) return exitCodes.interrupted;
  await report(io, failure.message, failure.next);
  return failure.exitCode;
}

/** Commander ends by an error, also after `--help` and `--version`. */
async function endParsing(io: Io, error: CommanderError, help: HelpText): Promise<ExitCode> {
  if (error.exitCode === 0) {
    await write(io.stdout, help.out).catch(() => undefined);
    return exitCodes.ok;
  }
  if (error.code === 'commander.help') {
    await write(io.stderr, help.err).catch(() => undefined);
  } else {
    const what = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    await report(io, what, `see \`${help.command} --help\``);
  }
  return exitCodes.usage;
}

/** Two lines on standard error: what failed, and what to do. When nobody reads them, so be it. */
async function report(io: Io, what: string, next: Failure['next']): Promise<void> {
  const text = printable(`error: ${what}\nnext: ${next}\n`);
  await write(io.stderr, text).catch(() => undefined);
}

const examples = `Examples:
  $ rrmq dev                         a local cluster of three nodes; then, in another terminal:
  $ rrmq topic create orders
  $ rrmq publish orders 'hello'
  $ rrmq pop orders
  $ rrmq --url http://10.0.0.1:7001,http://10.0.0.2:7001 status
  $ rrmq cluster status --watch
  $ rrmq backup save orders.backup`;
