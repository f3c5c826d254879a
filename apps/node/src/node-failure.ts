import { StateDiverged, StoreCorrupt } from '@rrmq/queue';
import {
  DirectoryLocked,
  FalseClaim,
  LogCorrupt,
  NoLog,
  NotMember,
  StoreMismatch,
  WentBack,
  WrongDirectory,
} from '@rrmq/raft';
import { ExitCode } from './exit-code.ts';
import { systemErrorCode } from './system-error.ts';

/** What its user can set right without looking into the program. */
const CODES_OF_USERS: readonly ExitCode[] = [
  ExitCode.usage,
  ExitCode.portTaken,
  ExitCode.dataDirectory,
  ExitCode.notJoined,
];

/** Why the program cannot start or go on, in words for the person who runs it. */
export class NodeFailure extends Error {
  override readonly name = 'NodeFailure';
  readonly exitCode: ExitCode;
  /** What to do now; one sentence. */
  readonly advice: string;

  constructor(message: string, exitCode: ExitCode, advice: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.advice = advice;
  }

  /** Its words are enough: a stack would say nothing more. */
  get isUsers(): boolean {
    return CODES_OF_USERS.includes(this.exitCode);
  }
}

/** Where things are, for the words of a failure. */
export interface FailurePlace {
  readonly directory: string;
  /** What to do when another process uses the directory, for commands other than the start of a node. */
  readonly whenLocked?: string;
}

/** Puts any error that ends the program into words. */
export function explainFailure(error: unknown, place: FailurePlace): NodeFailure {
  if (error instanceof NodeFailure) return error;
  if (error instanceof DirectoryLocked) return lockedFailure(error, place);
  if (error instanceof WrongDirectory) return wrongDirectoryFailure(error);
  if (error instanceof WentBack) return wentBackFailure(error, place);
  if (error instanceof LogCorrupt) return corruptFailure(error, place);
  if (error instanceof StoreMismatch || error instanceof StoreCorrupt) {
    return storeFailure(error, place);
  }
  if (error instanceof StateDiverged) return divergedFailure(error, place);
  if (error instanceof NoLog || error instanceof NotMember) {
    const advice = error instanceof NoLog ? 'Check the path.' : 'Take the data of a member.';
    return new NodeFailure(error.message, ExitCode.dataDirectory, advice, error);
  }
  const code = systemErrorCode(error);
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    const message = `${place.directory} is no directory, or lies under something that is none.`;
    return new NodeFailure(message, ExitCode.dataDirectory, 'Choose another --data-dir.', error);
  }
  if (code !== undefined) return diskFailure(error, code, place);
  return unforeseenFailure(error);
}

function lockedFailure(error: DirectoryLocked, { whenLocked }: FailurePlace): NodeFailure {
  const advice =
    whenLocked ??
    'Is this node running already? Stop that process, or start with another --data-dir.';
  const message = `The data directory is in use: ${error.message}.`;
  return new NodeFailure(message, ExitCode.dataDirectory, advice, error);
}

function wrongDirectoryFailure(error: WrongDirectory): NodeFailure {
  const message = `The data directory is not this node's: ${error.message}.`;
  const advice =
    'Start with the config file and index that it was made with, or with another --data-dir.';
  return new NodeFailure(message, ExitCode.dataDirectory, advice, error);
}

function corruptFailure(error: LogCorrupt, { directory }: FailurePlace): NodeFailure {
  const where = `${directory}/${error.file}, byte ${error.offset}`;
  const entry = error.index === undefined ? '' : ` (entry ${error.index})`;
  const message = `The log is corrupt at ${where}${entry}: ${error.why}. Nothing was changed.`;
  const advice = `Look closer with "rrmq-node verify ${directory}"; put a copy of the directory aside before anything else.`;
  return new NodeFailure(message, ExitCode.corruptLog, advice, error);
}

function wentBackFailure(error: WentBack, { directory }: FailurePlace): NodeFailure {
  const message = `${directory} holds older data than this node had before: ${error.message}.`;
  const advice =
    'A node with old data must not vote: move the directory away and join an empty node in its place (rrmq-node --join … --replaces <id>).';
  return new NodeFailure(message, ExitCode.corruptLog, advice, error);
}

function storeFailure(error: Error, { directory }: FailurePlace): NodeFailure {
  const message = `The store in ${directory} cannot be used: ${error.message}. Nothing was changed.`;
  const advice = `Look closer with "rrmq-node verify ${directory}"; if the other nodes are well, remove this member and join an empty node in its place.`;
  return new NodeFailure(message, ExitCode.corruptLog, advice, error);
}

function divergedFailure(error: StateDiverged, { directory }: FailurePlace): NodeFailure {
  const message = `The state in ${directory} is not that of the leader: ${error.message}. This node must not serve or vote.`;
  const advice =
    'If only this node says so, move its directory away and join an empty node in its place (rrmq-node --join … --replaces <id>); if all but the leader do, replace the leader. Keep the directories: this is a bug.';
  return new NodeFailure(message, ExitCode.corruptLog, advice, error);
}

function diskFailure(error: unknown, code: string, { directory }: FailurePlace): NodeFailure {
  const message = `The log in ${directory} could not be read or written: ${wordsOf(error)}.`;
  const advice = ['EACCES', 'EROFS', 'EPERM'].includes(code)
    ? 'Check the permissions of the directory, or choose another by --data-dir.'
    : 'Check the disk and its free space, then start the node again: what it acknowledged is recovered.';
  return new NodeFailure(message, ExitCode.diskFailure, advice, error);
}

function unforeseenFailure(error: unknown): NodeFailure {
  const what = wordsOf(error);
  const message =
    error instanceof FalseClaim
      ? `A claim of the program about itself turned out false: ${what}.`
      : `Unexpected failure: ${what}.`;
  const advice = 'This is a bug; its stack is in the log. Starting again is safe.';
  return new NodeFailure(message, ExitCode.failure, advice, error);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
