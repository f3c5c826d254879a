import type { Command } from 'commander';
import { parseWhole } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure, usageFailure } from './failure.ts';
import { type Io, OutputClosed } from './io.ts';
import { reasonOf } from './reason.ts';
import { type Session, withSession } from './session.ts';

interface PopOptions {
  readonly number?: number;
  readonly all?: true;
}

/** `rrmq pop TOPIC` */
export function addPopCommand(program: Command, io: Io): void {
  program
    .command('pop')
    .description('take messages off a topic and print them, first in first out')
    .argument('<topic>')
    .option('-n, --number <n>', 'at most so many (default: 1)', parseWhole(1, 1e12))
    .option('--all', 'until the topic is empty')
    .addHelpText(
      'after',
      `
A message is printed before the next is taken. Pop is at most once: after exit code 5, or when
whoever reads the output goes away, one message may be gone without having been printed.
Exits with 3 when there was nothing to pop; with --all an empty topic is no failure: it exits with 0.
A message with line feeds takes several lines; with -o jsonl each one takes exactly one.

Examples:
  $ rrmq pop orders
  $ rrmq pop orders -n 10
  $ rrmq pop orders --all -o jsonl > orders.jsonl`,
    )
    .action(async (topic: string, options: PopOptions, command: Command) => {
      if (options.all === true && options.number !== undefined) {
        throw usageFailure('-n and --all exclude each other', 'see `rrmq pop --help`');
      }
      const max = options.all === true ? Number.POSITIVE_INFINITY : (options.number ?? 1);
      await withSession(io, command, async (session) => {
        const popped = await popUpTo(session, topic, max);
        if (popped === 0 && options.all !== true) throw empty(topic);
      });
    });
}

async function popUpTo(session: Session, topic: string, max: number): Promise<number> {
  const { client, output, call, io } = session;
  const list = output.messages<{ message: string }>(({ message }) => message);
  let popped = 0;
  try {
    while (popped < max) {
      const message = await client.pop(topic, call);
      if (message === undefined) break;
      await list.add({ message }).catch((error: unknown) => {
        throw error instanceof OutputClosed ? error : unprinted(topic, error);
      });
      popped++;
      io.stop.throwIfAborted();
    }
  } finally {
    await list.end();
  }
  return popped;
}

function unprinted(topic: string, error: unknown): Failure {
  const what = `the output could not be written (${reasonOf(error)}): the last message taken off ${topic} is gone`;
  return new Failure(what, 'make room for the output before you go on', exitCodes.unknown);
}

function empty(topic: string): Failure {
  return new Failure(`nothing to pop: ${topic} is empty`, 'publish first', exitCodes.notFound);
}
