import { RrmqError, type RrmqErrorCode } from '@rrmq/client';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { OutputFailed } from './io.ts';
import { reasonOf } from './reason.ts';

/** How a command failed, in words for a person: what happened, and what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;
  readonly next: string;

  constructor(what: string, next: string, exitCode: ExitCode) {
    super(what);
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** A wrong command line. */
export function usageFailure(what: string, next: string): Failure {
  return new Failure(what, next, exitCodes.usage);
}

/** Any error of a call as a failure. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof RrmqError) return ofCall(error);
  if (error instanceof OutputFailed) {
    const what = `the output could not be written: ${error.message}`;
    return new Failure(what, 'choose an output that has room', exitCodes.failure);
  }
  const next = 'run it again; if it lasts, report it with this message';
  return new Failure(reasonOf(error), next, exitCodes.failure);
}

function ofCall(error: RrmqError): Failure {
  const what = `${error.message} [${error.code}]`;
  if (error.outcome === 'unknown') {
    const next =
      'it may have taken effect, or not: look before you repeat it; `rrmq status` shows the nodes';
    return new Failure(what, next, exitCodes.unknown);
  }
  if (error.code === 'aborted') {
    return new Failure(what, 'run the command again', exitCodes.interrupted);
  }
  return new Failure(what, nextStepAfter(error), exitCodeOf(error));
}

/** What to do about an error of a call that certainly had no effect. */
export function nextStepAfter(error: RrmqError): string {
  if (error.code === 'unreachable' && isHangUp(error)) return schemeOrStart;
  return nextSteps[error.code] ?? 'see `rrmq status`';
}

/** A port that speaks TLS hangs up on who does not; so does a node that ends just then. */
function isHangUp({ url, cause }: { url?: string | undefined; cause?: unknown }): boolean {
  if (url?.startsWith('http:') !== true) return false;
  if (cause instanceof RrmqError) return isHangUp(cause);
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';
}

const unavailable: ReadonlySet<RrmqErrorCode> = new Set([
  'unreachable',
  'wrong-scheme',
  'timeout',
  'connection-lost',
  'not-leader',
  'no-leader',
  'unconfirmed',
  'transferring',
  'shutting-down',
  'overloaded',
  'restoring',
  'backup-unavailable',
]);

function exitCodeOf({ code }: RrmqError): ExitCode {
  if (code === 'unknown-topic' || code === 'no-message') return exitCodes.notFound;
  return unavailable.has(code) ? exitCodes.unavailable : exitCodes.failure;
}

const startOrName = 'start a cluster with `rrmq dev`, or name its nodes with --url or RRMQ_URL';
const schemeOrStart =
  'if the nodes speak TLS, write https:// in --url or RRMQ_URL; else start them, with `rrmq dev` for example';
const needsMajority =
  'wait for an election; if it lasts, `rrmq status` shows whether a majority of the nodes runs';

const nextSteps: Partial<Record<RrmqErrorCode, string>> = {
  unreachable: startOrName,
  'untrusted-certificate':
    'name the certificate of the authority that signed it with --ca; it must be for the address in the URL',
  'wrong-scheme': 'write http:// in --url or RRMQ_URL, or start the nodes with TLS',
  timeout: 'see `rrmq status`, or allow more time with --timeout',
  'not-leader': needsMajority,
  'no-leader': needsMajority,
  unconfirmed: needsMajority,
  'shutting-down': needsMajority,
  overloaded: 'publish more slowly, or later',
  'unknown-topic': 'create it with `rrmq topic create`; `rrmq topic ls` lists the topics',
  'topic-exists': 'nothing to do, or pass --if-not-exists to accept it',
  'invalid-topic-name': 'choose a name of 1 to 4096 bytes of UTF-8',
  'invalid-body': 'send well-formed text',
  'body-too-large': 'split the message: 8 MiB is the limit, JSON quotes included',
  'disk-full': 'pop messages, or give the nodes more disk',
  transferring: needsMajority,
  unauthorized:
    'name the file that holds the admin token with --token-file, or set RRMQ_ADMIN_TOKEN',
  'admin-token-required':
    "run it on the node's own machine, or start the nodes with an admin token and give it by --token-file",
  'unknown-member': '`rrmq cluster status` shows the ids of the members',
  'address-taken': '`rrmq cluster status` shows who has this address',
  'change-in-progress': 'wait for the earlier change: `rrmq cluster status --watch` shows it',
  'would-lose-quorum':
    'start the nodes that are down, or let new ones catch up first: `rrmq cluster status` shows them',
  'not-caught-up': 'wait until it has caught up: `rrmq cluster status --watch` shows its lag',
  'not-voter': 'promote it first with `rrmq cluster promote`',
  'member-unreachable': 'check that the member runs, and the way to it',
  'invalid-change': '`rrmq cluster status` shows the members as they are',
  restoring: 'wait for the end of the restore; one that broke off ends when it is run again',
  'backup-unavailable': 'try again in a moment, or name another node with --url',
  'not-empty': 'restore into a new cluster without topics',
  'restore-conflict': 'let the other restore end, then see `rrmq topic ls`',
  'backup-malformed': 'use another backup; `rrmq backup verify` checks one',
  'unexpected-reply': 'check that --url names RRMQ nodes and not another service',
};
