import { endpoints, type EndpointName, type ReplyOf } from '@rrmq/contract';
import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';
import { Failures } from './failures.ts';
import { isHandshakeFailure } from './handshake.ts';
import type { LeaderLocator } from './leader-locator.ts';
import type { Retry, Settings } from './options.ts';
import type { EncodedRequest } from './request.ts';
import type { Transport } from './transport.ts';

/** How often in a row a hint is followed without a wait: stale hints may point in a circle. */
const JUMPS_MAX = 3;

/** A success, after as many tries as it took. */
export interface Success<Name extends EndpointName> {
  readonly body: ReplyOf<Name>;
  readonly duplicate: boolean;
}

/** Something to be tried at one node after another. */
export interface Trial<Value> {
  readonly name: Retry['call'];
  /** One try at one node. Never rejects. */
  attempt(url: string): Promise<Tried<Value>>;
  /** Whether one more try can do no harm and may help. */
  mayRepeat(error: RrmqError): boolean;
  /** Whether only a leader can succeed. */
  readonly needsLeader: boolean;
}

/** What came of one try; a failure may name the node to ask instead. */
export type Tried<Value> =
  | { readonly kind: 'success'; readonly value: Value }
  | {
      readonly kind: 'failure';
      readonly error: RrmqError;
      readonly leaderHint: string | undefined;
    };

type RetrySettings = Pick<Settings, 'retryDelayMs' | 'retryDelayMsMax' | 'onRetry'>;

/**
 * Sends a call to the leader until it succeeds, is refused for good, or its scope ends. A try with outcome
 * `unknown` is repeated only where the endpoint table says that repeating is harmless.
 */
export class RetryingCaller {
  readonly #transport: Transport;
  readonly #leaders: LeaderLocator;
  readonly #settings: RetrySettings;

  constructor(transport: Transport, leaders: LeaderLocator, settings: RetrySettings) {
    this.#transport = transport;
    this.#leaders = leaders;
    this.#settings = settings;
  }

  /** As `run`. */
  call<Name extends EndpointName>(
    request: EncodedRequest<Name>,
    scope: CallScope,
  ): Promise<Success<Name>> {
    const { name } = request;
    const attempt = async (url: string): Promise<Tried<Success<Name>>> => {
      const tried = await this.#transport.send(url, request, scope);
      return tried.kind === 'success' ? { kind: 'success', value: tried } : tried;
    };
    const needsLeader = endpoints[name].answeredBy === 'leader';
    const mayRepeat = (error: RrmqError): boolean =>
      error.retryable && (error.outcome === 'none' || endpoints[name].repeatable !== 'no');
    return this.run({ name, attempt, needsLeader, mayRepeat }, scope);
  }

  /**
   * Rejects with an `RrmqError` whose `outcome` covers all tries: `none` only if each of them certainly had
   * no effect. Its code is that of the last try.
   */
  async run<Value>(trial: Trial<Value>, scope: CallScope): Promise<Value> {
    const failures = new Failures(scope);
    for (let jumps = 0; ;) {
      const tried = await this.#attempt(trial, scope);
      if (tried.kind === 'success') return tried.value;
      failures.add(tried.error);
      const jumped = this.#heed(tried) && jumps < JUMPS_MAX;
      jumps = jumped ? jumps + 1 : 0;
      if (scope.end !== undefined || !trial.mayRepeat(tried.error)) throw failures.sum();
      const delayMs = jumped ? 0 : this.#delayMs(failures.count);
      const { error } = tried;
      this.#settings.onRetry({ call: trial.name, tries: failures.count, error, delayMs });
      if (delayMs > 0) await scope.sleep(delayMs);
      if (scope.end !== undefined) throw failures.sum();
    }
  }

  async #attempt<Value>(trial: Trial<Value>, scope: CallScope): Promise<Tried<Value>> {
    let url: string;
    try {
      url = await scope.race(this.#leaders.locate());
    } catch (error) {
      if (!(error instanceof RrmqError)) throw error;
      return { kind: 'failure', error, leaderHint: undefined };
    }
    const tried = await trial.attempt(url);
    if (tried.kind === 'success' && trial.needsLeader) this.#leaders.confirm(url);
    return tried;
  }

  /** Learns from a failure who leads. Returns whether it named the node to ask next. */
  #heed(failure: { error: RrmqError; leaderHint: string | undefined }): boolean {
    const { error, leaderHint } = failure;
    if (leaderHint !== undefined && error.code !== 'unexpected-reply') {
      return this.#leaders.follow(leaderHint);
    }
    const isGone = error.retryable ? error.code !== 'overloaded' : isHandshakeFailure(error);
    if (error.url !== undefined && isGone) this.#leaders.forget(error.url);
    return false;
  }

  /** Doubles from try to try up to the maximum; a random half of it keeps callers apart. */
  #delayMs(tries: number): number {
    const { retryDelayMs, retryDelayMsMax } = this.#settings;
    const longest = Math.min(retryDelayMsMax, retryDelayMs * 2 ** Math.min(tries - 1, 30));
    return Math.ceil(longest * (0.5 + Math.random() / 2));
  }
}
