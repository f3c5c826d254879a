import type { Command } from 'commander';
import { parseWhole } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure, toFailure, usageFailure } from './failure.ts';
import { readAll, readLines } from './input.ts';
import { type Io, write } from './io.ts';
import { counting, Progress } from './progress.ts';
import { type Session, withSession } from './session.ts';

const seeHelp = 'see `rrmq publish --help`';
const giveMessage =
  "give the message as an argument or by a pipe; '' as an argument is an empty one";

interface PublishOptions {
  readonly lines?: true;
  readonly concurrency: number;
}

/** `rrmq publish TOPIC [MESSAGE…]` */
export function addPublishCommand(program: Command, io: Io): void {
  program
    .command('publish')
    .description('publish messages, from arguments or from standard input')
    .argument('<topic>')
    .argument('[message...]', 'one message each; none, or -, reads standard input')
    .option('--lines', 'every line of standard input is a message')
    .option(
      '--concurrency <n>',
      'publishes under way at once; above 1 their order is not kept',
      parseWhole(1, 1024),
      1,
    )
    .addHelpText(
      'after',
      `
Standard input without --lines is one message, taken as it is, with its last line feed; it must not be
empty: an empty message is the argument ''.
With --lines a line ends at \\n or at \\r\\n, which do not belong to the message; all else does, spaces and
a \\r elsewhere too. An empty line is an empty message; one missing line end at the very end is fine.
Messages are published in order; at the first that fails the command stops and says how far it got.

Examples:
  $ rrmq publish orders '{"id":1}' '{"id":2}'
  $ rrmq publish orders < order.json
  $ rrmq publish orders --lines --concurrency 64 < orders.jsonl
  $ rrmq publish orders -- -1        a message that begins with a dash`,
    )
    .action(
      async (topic: string, messages: string[], options: PublishOptions, command: Command) => {
        const source = messagesOf(io, messages, options);
        const ordered = options.concurrency === 1;
        await withSession(
          io,
          command,
          (session) => publishAll(session, { topic, source, concurrency: options.concurrency }),
          { ordered, maxConcurrentPublishes: options.concurrency },
        );
      },
    );
}

/** @throws {Failure} when arguments and options contradict each other. */
function messagesOf(
  io: Io,
  messages: readonly string[],
  options: PublishOptions,
): AsyncIterable<string> {
  const fromInput = messages.length === 0 || (messages.length === 1 && messages[0] === '-');
  if (fromInput) return options.lines === true ? lineByLine(io) : wholeInput(io);
  if (options.lines === true)
    throw usageFailure('--lines reads standard input: give no messages', seeHelp);
  if (messages.includes('-')) throw usageFailure('- for standard input must stand alone', seeHelp);
  return fromArguments(messages);
}

/** @throws {Failure} when there is no input: it hardly was meant to be a message. */
async function* wholeInput(io: Io): AsyncGenerator<string> {
  await tellPerson(io, 'reading one message from standard input, to its end (Ctrl-D)');
  const message = await readAll(io.stdin);
  if (message !== '') yield message;
  else if (!io.stop.aborted) throw usageFailure('standard input is empty', giveMessage);
}

async function* lineByLine(io: Io): AsyncGenerator<string> {
  await tellPerson(io, 'reading messages from standard input, one a line, to its end (Ctrl-D)');
  yield* readLines(io.stdin);
}

/** Who sits before a terminal that waits must know what for. */
async function tellPerson(io: Io, sentence: string): Promise<void> {
  if (io.isTerminal.stdin) await write(io.stderr, `${sentence}\n`).catch(() => undefined);
}

async function* fromArguments(messages: readonly string[]): AsyncGenerator<string> {
  yield* messages;
}

interface Publication {
  readonly topic: string;
  readonly source: AsyncIterable<string>;
  /** Publishes under way at once; only so many messages are held in memory. */
  readonly concurrency: number;
}

async function publishAll(session: Session, publication: Publication): Promise<void> {
  const { io, client, output, call } = session;
  const { topic, source, concurrency } = publication;
  const progress = new Progress(io, counting('published'));
  const underWay = new Set<Promise<void>>();
  const failed: { first?: unknown } = {};
  const publish = async (message: string): Promise<void> => {
    try {
      await client.publish(topic, message, call);
      progress.step();
    } catch (error) {
      failed.first ??= error;
    }
  };
  try {
    for await (const message of source) {
      const publishing = publish(message).finally(() => underWay.delete(publishing));
      underWay.add(publishing);
      if (underWay.size >= concurrency) await Promise.race(underWay);
      if (failed.first !== undefined || io.stop.aborted) break;
    }
  } catch (error) {
    failed.first ??= error;
  }
  await Promise.all(underWay);
  progress.end();
  if (io.stop.aborted) throw withCount(stopped(failed.first), progress.count);
  if (failed.first !== undefined) throw withCount(toFailure(failed.first), progress.count);
  await output.note(`published ${progress.count} to ${topic}`);
}

/** What the end by a signal means: only a publish that was under way can have an unknown outcome. */
function stopped(error: unknown): Failure {
  const failure = error === undefined ? undefined : toFailure(error);
  if (failure?.exitCode === exitCodes.unknown) return failure;
  return new Failure('stopped before all was published', 'run it again', exitCodes.interrupted);
}

/** Says how far it got, so that the rest can be published later. */
function withCount(failure: Failure, published: number): Failure {
  if (published === 0) return failure;
  return new Failure(
    failure.message,
    `${published} published before: go on behind them; ${failure.next}`,
    failure.exitCode,
  );
}
