import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type BackupSummary, BackupVerifier, RrmqError } from '@rrmq/client';
import type { Command } from 'commander';
import { formatBytes } from './bytes.ts';
import { exitCodes } from './exit-code.ts';
import { Failure, usageFailure } from './failure.ts';
import { type Io, write } from './io.ts';
import { NewFile } from './new-file.ts';
import { type Column, Output, type OutputFormat } from './output.ts';
import { countingBytes, Progress } from './progress.ts';
import { reasonOf } from './reason.ts';
import { withSession } from './session.ts';

/** Stands for standard input or output. */
const STREAM = '-';

/** `rrmq backup …` */
export function addBackupCommands(program: Command, io: Io): void {
  const backup = program.command('backup').description('save and restore a whole cluster');
  addSave(backup, io);
  addVerify(backup, io);
  addRestore(backup, io);
}

function addSave(backup: Command, io: Io): void {
  backup
    .command('save')
    .description('write all topics and messages of the running cluster to a file')
    .argument('<file>', 'its name, or - for standard output')
    .option('--force', 'replace a file of this name')
    .addHelpText(
      'after',
      `
The cluster goes on meanwhile; the backup holds what was committed when it began. The file appears when
it is whole, checked and on disk. Of standard output only exit code 0 says that the backup is whole.

Examples:
  $ rrmq backup save orders.backup
  $ rrmq backup save - --token-file token | zstd > orders.backup.zst`,
    )
    .action(async (file: string, options: { force?: true }, command: Command) => {
      if (file === STREAM && io.isTerminal.stdout) {
        throw usageFailure('a backup is not for a terminal', 'name a file, or redirect the output');
      }
      await withSession(io, command, async ({ client, output }) => {
        const source = client.backup.save({ signal: io.stop });
        if (file === STREAM) return saveTo(io, source, (bytes) => writeWhole(io, bytes));
        const summary = await saveToFile(
          io,
          source,
          await NewFile.create(file, options.force === true),
        );
        await output.object({ file, ...summary }, [summary], columns);
      });
    });
}

async function saveTo(
  io: Io,
  source: AsyncIterable<Uint8Array>,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const progress = new Progress(io, countingBytes('saved', undefined));
  try {
    for await (const bytes of source) {
      await take(bytes);
      progress.step(bytes.length);
    }
  } finally {
    progress.end();
  }
}

/** Whoever wants a backup wants all of it: here it is a failure when the reader goes away. */
async function writeWhole(io: Io, bytes: Uint8Array): Promise<void> {
  try {
    await write(io.stdout, bytes);
  } catch (error) {
    const why = reasonOf(error);
    const next = 'throw away what was written, and save it again';
    throw new Failure(
      `the backup could not be written to its end: ${why}`,
      next,
      exitCodes.failure,
    );
  }
}

async function saveToFile(
  io: Io,
  source: AsyncIterable<Uint8Array>,
  file: NewFile,
): Promise<BackupSummary> {
  const verifier = new BackupVerifier();
  try {
    await saveTo(io, source, async (bytes) => {
      verifier.push(bytes);
      await file.write(bytes);
    });
    const summary = verifier.end();
    await file.finish();
    return summary;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function addVerify(backup: Command, io: Io): void {
  backup
    .command('verify')
    .description('check a backup, without any node')
    .argument('<file>', 'its name, or - for standard input')
    .addHelpText(
      'after',
      `
Every byte is checked by checksums and by a SHA-256. Exits with 1 when the backup is damaged or not whole.

Examples:
  $ rrmq backup verify orders.backup
  $ zstd -dc orders.backup.zst | rrmq backup verify -`,
    )
    .action(async (file: string, _options: object, command: Command) => {
      const { output: format } = command.optsWithGlobals<{ output?: OutputFormat }>();
      const summary = await verify(io, file);
      const output = new Output(io, format);
      await output.object({ file, ...summary }, [summary], columns);
      await output.note('the backup is whole');
    });
}

function addRestore(backup: Command, io: Io): void {
  backup
    .command('restore')
    .description('fill an empty cluster with a backup')
    .argument('<file>', 'its name, or - for standard input')
    .addHelpText(
      'after',
      `
A file is checked before anything is sent; standard input is checked by the cluster while it comes.
The cluster takes nothing else meanwhile. Nobody sees anything of it before all of it is there: when it
breaks off, the cluster is empty as before.

Examples:
  $ rrmq backup restore orders.backup
  $ zstd -dc orders.backup.zst | rrmq backup restore -`,
    )
    .action(async (file: string, _options: object, command: Command) => {
      if (file !== STREAM) await verify(io, file);
      await withSession(io, command, async ({ client, output }) => {
        const source = reading(io, file, 'restored');
        const restored = await client.backup.restore(source, { signal: io.stop });
        const { topics, messages } = restored;
        await output.object(
          restored,
          [restored],
          [
            { title: 'topics', text: () => String(topics) },
            { title: 'messages', text: () => String(messages) },
          ],
        );
      });
    });
}

async function verify(io: Io, file: string): Promise<BackupSummary> {
  const verifier = new BackupVerifier();
  try {
    for await (const bytes of reading(io, file, 'checked')) verifier.push(bytes);
    return verifier.end();
  } catch (error) {
    if (!(error instanceof RrmqError)) throw error;
    const what = `${file === STREAM ? 'standard input' : file}: ${error.message}`;
    throw new Failure(what, 'use another backup, or save a new one', exitCodes.failure);
  }
}

/** The bytes of a file or of standard input, with progress. Ends with a failure when the program is stopped. */
async function* reading(
  io: Io,
  file: string,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const isStream = file === STREAM;
  const total = isStream ? undefined : await sizeOf(file);
  const progress = new Progress(io, countingBytes(what, total));
  try {
    for await (const chunk of isStream ? io.stdin : createReadStream(file)) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      yield bytes;
      progress.step(bytes.length);
      if (io.stop.aborted) throw stopped();
    }
  } catch (error) {
    if (io.stop.aborted) throw stopped();
    throw error instanceof Failure ? error : unreadable(file, error);
  } finally {
    progress.end();
  }
}

async function sizeOf(file: string): Promise<number> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return size;
}

function unreadable(file: string, error: unknown): Failure {
  const what = `cannot read ${file}: ${reasonOf(error)}`;
  return new Failure(what, 'name a backup made by `rrmq backup save`', exitCodes.failure);
}

function stopped(): Failure {
  return new Failure('stopped before the end', 'run it again', exitCodes.interrupted);
}

const columns: readonly Column<BackupSummary>[] = [
  { title: 'cluster', text: ({ clusterId }) => clusterId },
  { title: 'index', text: ({ index }) => String(index) },
  { title: 'created', text: ({ createdAt }) => createdAt },
  { title: 'state', text: ({ bytes }) => formatBytes(bytes) },
];
