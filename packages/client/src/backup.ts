import type { IncomingMessage } from 'node:http';
import { BACKUP_MEDIA_TYPE, parseBody, type Restored, restoredSchema } from '@rrmq/contract';
import { BackupVerifier } from './backup-verifier.ts';
import type { CallScope } from './call-scope.ts';
import type { CallRunner } from './cluster.ts';
import { RrmqError } from './error.ts';
import { handshakeFailure } from './handshake.ts';
import { reasonOf } from './reason.ts';
import { parseJson, unexpected } from './reply.ts';
import type { RetryingCaller, Tried } from './retrying.ts';
import { type ByteSource, readText, type StreamTransport } from './stream-transport.ts';
import { type V1Caller, v1Refusal } from './v1-caller.ts';

const PATH = '/v1/backup';

/** Options of a backup or restore, which takes as long as bytes move. */
export interface BackupOptions {
  /** Ends it early with code `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What `client.backup` works with. */
export interface BackupParts {
  readonly v1: V1Caller;
  readonly caller: RetryingCaller;
  readonly streams: StreamTransport;
  readonly run: CallRunner;
}

/**
 * Saves and restores all topics and messages of a cluster: `client.backup`. Both need the admin token, or, where the nodes
 * have none, a client on the node's own machine.
 */
export class BackupClient {
  readonly #parts: BackupParts;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  /**
   * The bytes of a backup, as they come. It is whole only when the iteration ends without an error: each byte was
   * checked then. A node that cannot begin is tried again, or another one; nothing is repeated later.
   */
  async *save(options: BackupOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    const begun = await this.#parts.run(options, (scope) => this.#begin(scope, options));
    const { response, url } = begun;
    const verifier = new BackupVerifier();
    try {
      for await (const bytes of response as AsyncIterable<Buffer>) {
        verifier.push(bytes);
        yield bytes;
      }
    } catch (error) {
      throw error instanceof RrmqError ? error : brokenOff(error, { ...options, url });
    } finally {
      response.destroy();
    }
    verifier.end();
  }

  /**
   * Fills an empty cluster with what `save` gave. The leader is asked for first; what is sent is sent once. Rejects with
   * outcome `none` when the cluster is still empty, `unknown` when it may be filled, and with the source's own error
   * when that cannot be read.
   */
  async restore(source: ByteSource, options: BackupOptions = {}): Promise<Restored> {
    const url = await this.#parts.run(options, (scope) => this.#leader(scope));
    const headers = {
      ...this.#parts.v1.headersFor('restoreBackup'),
      'content-type': BACKUP_MEDIA_TYPE,
    };
    const sent = { method: 'POST', path: PATH, headers, signal: options.signal } as const;
    const reading = new Reading(source);
    const reply = await this.#parts.streams.upload(url, sent, reading).catch((error: unknown) => {
      throw reading.hasFailed ? error : brokenOff(error, { ...options, url }, 'unknown');
    });
    if (reply.status !== 200) throw v1Refusal(reply).error;
    const parsed = parseBody(restoredSchema, parseJson(reply.body));
    if (!parsed.ok) throw unexpected(reply, 'unknown');
    return parsed.value;
  }

  /** The head of the answer of the first node that begins. */
  #begin(scope: CallScope, options: BackupOptions): Promise<Begun> {
    const { caller, streams, v1 } = this.#parts;
    const headers = v1.headersFor('saveBackup');
    const leaderless = new Map<string, RrmqError>();
    const attempt = async (url: string): Promise<Tried<Begun>> => {
      try {
        // The call's time bounds only how long it takes to begin.
        const signal = anyOf(scope.signal, options.signal);
        const sent = { method: 'GET', path: PATH, headers, signal } as const;
        const response = await scope.race(streams.download(url, sent));
        if (response.statusCode === 200) return { kind: 'success', value: { response, url } };
        const { statusCode: status = 0, headers: received } = response;
        const body = await readText(response);
        const refusal = v1Refusal({ status, body, headers: received, url });
        return await this.#explain(refusal, { scope, leaderless });
      } catch (error) {
        const failed =
          error instanceof RrmqError
            ? error
            : (handshakeFailure(error, url) ?? unreachable(error, url));
        return { kind: 'failure', error: failed, leaderHint: undefined };
      }
    };
    const mayRepeat = ({ retryable }: RrmqError): boolean => retryable;
    return caller.run({ name: 'saveBackup', attempt, mayRepeat, needsLeader: false }, scope);
  }

  /**
   * A node that cannot begin may know no leader, which says more. When the call's time is over before the node has said
   * so again, what it said the last time holds.
   */
  async #explain(refusal: Refusal, { scope, leaderless }: Explaining): Promise<Refusal> {
    const { code, url } = refusal.error;
    if (code !== 'backup-unavailable' || url === undefined) return refusal;
    const asked = await this.#parts.v1.ask(url, { name: 'getCluster' }, scope);
    if (asked.kind === 'failure') {
      return { ...refusal, error: leaderless.get(url) ?? refusal.error };
    }
    leaderless.delete(url);
    if (asked.value.body.leader !== null) return refusal;
    const details = { code: 'no-leader', outcome: 'none', retryable: true, url } as const;
    const error = new RrmqError('this node does not lead and knows of no leader', details);
    leaderless.set(url, error);
    return { ...refusal, error };
  }

  /** The URL of a node that says that it leads: an upload cannot be sent on. */
  #leader(scope: CallScope): Promise<string> {
    const { caller, v1 } = this.#parts;
    const attempt = async (url: string): Promise<Tried<string>> => {
      const asked = await v1.ask(url, { name: 'getCluster' }, scope);
      if (asked.kind === 'failure') return asked;
      const { role, members } = asked.value.body;
      if (role === 'leader') return { kind: 'success', value: url };
      const text = 'this node does not lead';
      const details = { code: 'not-leader', outcome: 'none', retryable: true, url } as const;
      const leaderHint = members.find(({ isLeader }) => isLeader)?.url;
      return { kind: 'failure', error: new RrmqError(text, details), leaderHint };
    };
    const mayRepeat = ({ retryable }: RrmqError): boolean => retryable;
    return caller.run({ name: 'restoreBackup', attempt, mayRepeat, needsLeader: true }, scope);
  }
}

interface Explaining {
  readonly scope: CallScope;
  /** By URL: what nodes said that knew of no leader when they were asked last. */
  readonly leaderless: Map<string, RrmqError>;
}

/** The head of a backup under way. */
interface Begun {
  readonly response: IncomingMessage;
  /** Of the node that sends it. */
  readonly url: string;
}

type Refusal = Extract<Tried<never>, { kind: 'failure' }>;

/** A source that remembers whether it was the one that failed. */
class Reading {
  readonly #source: ByteSource;
  hasFailed = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const bytes of this.#source) yield bytes;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}

function anyOf(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}

function unreachable(cause: unknown, url: string): RrmqError {
  const text = `cannot reach ${url}: ${reasonOf(cause)}`;
  return new RrmqError(text, { code: 'unreachable', outcome: 'none', retryable: true, url, cause });
}

function brokenOff(
  cause: unknown,
  { signal, url }: BackupOptions & { readonly url: string },
  outcome: RrmqError['outcome'] = 'none',
): RrmqError {
  if (signal?.aborted === true) {
    const text = 'the call was aborted by its caller';
    return new RrmqError(text, { code: 'aborted', outcome, retryable: false, url, cause });
  }
  const text = `the connection was lost before the end: ${reasonOf(cause)}`;
  return new RrmqError(text, { code: 'connection-lost', outcome, retryable: true, url, cause });
}
