import type { NodeStatus } from '@rrmq/contract';
import { Admission } from './admission.ts';
import { BackupClient } from './backup.ts';
import { CallScope } from './call-scope.ts';
import { type CallRunner, ClusterClient } from './cluster.ts';
import { RrmqError } from './error.ts';
import { explainHangUp } from './handshake.ts';
import { LeaderLocator } from './leader-locator.ts';
import {
  type CallOptions,
  type ConnectOptions,
  parseOptions,
  parseTimeoutMs,
  parseUrls,
  type Settings,
} from './options.ts';
import { Publisher } from './publisher.ts';
import { type EncodedRequest, encodeRequest } from './request.ts';
import { RetryingCaller } from './retrying.ts';
import { StreamTransport } from './stream-transport.ts';
import { Transport } from './transport.ts';
import { V1Caller } from './v1-caller.ts';

/** How long a node may take to tell its status while the leader is looked for, in ms: it waits for nothing. */
const PROBE_TIMEOUT_MS = 500;

/** Options of `createTopic`. */
export interface CreateTopicOptions extends CallOptions {
  /** Whether a topic that is there already is a success. Default `false`: refused with `topic-exists`. */
  readonly ifNotExists?: boolean | undefined;
}

/** What came of `createTopic`. */
export interface TopicCreation {
  /** `false` when the topic was there before (only with `ifNotExists`). */
  readonly created: boolean;
}

/** The proof that a message is on disk on a majority of the nodes. */
export interface PublishReceipt {
  /** Whether the cluster had it already from an earlier try of this same call. */
  readonly duplicate: boolean;
}

/** What one node said of itself, or why it said nothing. */
export type NodeReport =
  | ({ readonly url: string; readonly reachable: true; readonly latencyMs: number } & NodeStatus)
  | { readonly url: string; readonly reachable: false; readonly error: RrmqError };

/**
 * A client of one cluster. It finds the leader, follows it when it changes, and repeats what failed as long
 * as that is safe and the call's time lasts. Every method rejects with an `RrmqError` (or a `RangeError` for a
 * `timeoutMs` out of range). To be made by `connect`.
 */
export class RrmqClient {
  /** The cluster's members and its leader. */
  readonly cluster: ClusterClient;
  /** All topics and messages as one stream. */
  readonly backup: BackupClient;
  readonly #urls: readonly string[];
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #admission: Admission;
  readonly #caller: RetryingCaller;
  readonly #publisher: Publisher;

  constructor(urls: readonly string[], settings: Settings) {
    this.#urls = urls;
    this.#settings = settings;
    this.#transport = new Transport(settings);
    this.#admission = new Admission(settings);
    const leaders = new LeaderLocator(urls, (url) => this.#statusWithin(url, PROBE_TIMEOUT_MS));
    this.#caller = new RetryingCaller(this.#transport, leaders, settings);
    this.#publisher = new Publisher(this.#caller, {
      perTopic: settings.ordered ? 1 : settings.maxConcurrentPublishes,
      total: settings.maxConcurrentPublishes,
    });
    const v1 = new V1Caller(this.#transport, this.#caller, settings.adminToken);
    const run: CallRunner = (options, work) => this.#run({ bodyBytes: 0 }, options, work);
    const streams = new StreamTransport(settings);
    this.cluster = new ClusterClient(v1, leaders, run);
    this.backup = new BackupClient({ v1, caller: this.#caller, streams, run });
  }

  /**
   * Creates a topic. Safe to repeat: when an earlier try of the same call had an unknown outcome,
   * `topic-exists` counts as created, though another client may have been the one.
   */
  async createTopic(name: string, options: CreateTopicOptions = {}): Promise<TopicCreation> {
    const request = encodeRequest('createTopic', { topic: name });
    try {
      await this.#run(request, options, (scope) => this.#caller.call(request, scope));
      return { created: true };
    } catch (error) {
      if (!(error instanceof RrmqError) || error.code !== 'topic-exists') throw error;
      if (error.outcome === 'unknown') return { created: true };
      if (options.ifNotExists === true) return { created: false };
      throw error;
    }
  }

  /** The names of all topics in creation order, as the leader knows them, or another node if there is none. */
  async topics(options: CallOptions = {}): Promise<string[]> {
    const request = encodeRequest('listTopics', undefined);
    const { body } = await this.#run(request, options, (scope) =>
      this.#caller.call(request, scope),
    );
    return body.topics;
  }

  /**
   * Appends a message to a topic, exactly once as long as it resolves: tries are told apart by a producer
   * id, epoch and sequence. When it rejects with outcome `unknown`, calling it again may publish twice.
   * Messages of one topic keep the order of the calls, unless `ordered: false`.
   */
  async publish(
    topic: string,
    message: string,
    options: CallOptions = {},
  ): Promise<PublishReceipt> {
    const request = encodeRequest('publish', { topic, message });
    const { duplicate } = await this.#run(request, options, (scope) =>
      this.#publisher.publish(topic, request, scope),
    );
    return { duplicate };
  }

  /**
   * Takes a topic's first message, or `undefined` when it has none. At most once: a try with an unknown
   * outcome is never repeated, the call rejects with outcome `unknown`, and the message may be gone.
   */
  async pop(topic: string, options: CallOptions = {}): Promise<string | undefined> {
    const request = encodeRequest('pop', { topic });
    try {
      const { body } = await this.#run(request, options, (scope) =>
        this.#caller.call(request, scope),
      );
      return body.message;
    } catch (error) {
      if (error instanceof RrmqError && error.code === 'no-message') return undefined;
      throw error;
    }
  }

  /** Asks every URL given to `connect` once; a node that does not answer is part of the result. */
  async status(options: CallOptions = {}): Promise<NodeReport[]> {
    const request = encodeRequest('status', undefined);
    return this.#run(request, options, (scope) =>
      Promise.all(this.#urls.map((url) => this.#report(url, scope))),
    );
  }

  /** Takes no more calls, waits until those under way are settled, and closes the connections. */
  async close(): Promise<void> {
    await this.#admission.close();
    this.#transport.destroy();
  }

  /** The same as `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run<T>(
    request: Pick<EncodedRequest, 'bodyBytes'>,
    options: CallOptions,
    work: (scope: CallScope) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = parseTimeoutMs(options.timeoutMs ?? this.#settings.timeoutMs);
    this.#admission.enter(request.bodyBytes);
    const scope = new CallScope(timeoutMs, options.signal);
    try {
      return await work(scope);
    } finally {
      scope.dispose();
      this.#admission.leave(request.bodyBytes);
    }
  }

  async #report(url: string, scope: CallScope): Promise<NodeReport> {
    const startedMs = performance.now();
    const attempt = await this.#transport.send(url, encodeRequest('status', undefined), scope);
    if (attempt.kind === 'failure') {
      return { url, reachable: false, error: explainHangUp(attempt.error) };
    }
    return { url, reachable: true, latencyMs: performance.now() - startedMs, ...attempt.body };
  }

  async #statusWithin(url: string, timeoutMs: number): Promise<NodeStatus> {
    const scope = new CallScope(timeoutMs, undefined);
    try {
      const report = await this.#report(url, scope);
      if (!report.reachable) throw report.error;
      return report;
    } finally {
      scope.dispose();
    }
  }
}

/**
 * A client of the cluster whose nodes answer at `urls` (one, several, or one string with commas); not all
 * nodes need to be named. Opens no connection yet.
 * @throws {RrmqError} `invalid-parameter` when a URL is none. @throws {RangeError} when an option is out of range.
 */
export function connect(
  urls: string | readonly string[],
  options: ConnectOptions = {},
): RrmqClient {
  return new RrmqClient(parseUrls(urls), parseOptions(options));
}
