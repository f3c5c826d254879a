import { endpoints, type EndpointName, type ReplyOf } from '@rrmq/contract';
import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';
import type { LeaderLocator } from './leader-locator.ts';
import type { Settings } from './options.ts';
import type { Attempt } from './reply.ts';
import type { EncodedRequest } from './request.ts';
import type { Transport } from './transport.ts';

/** How often in a row a hint is followed without a wait: stale hints may point in a circle. */
const JUMPS_MAX = 3;

/** A success, after as many tries as it took. */
export interface Success<Name extends EndpointName> {
  readonly body: ReplyOf<Name>;
  readonly duplicate: boolean;
}

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

  /**
   * Rejects with an `RrmqError` whose `outcome` covers all tries: `none` only if each of them certainly had
   * no effect. Its code is that of the last try.
   */
  async call<Name extends EndpointName>(
    request: EncodedRequest<Name>,
    scope: CallScope,
  ): Promise<Success<Name>> {
    const failures = new Failures(scope);
    for (let jumps = 0; ;) {
      const attempt = await this.#attempt(request, scope);
      if (attempt.kind === 'success') return attempt;
      failures.add(attempt.error);
      const jumped = this.#heed(attempt) && jumps < JUMPS_MAX;
      jumps = jumped ? jumps + 1 : 0;
      if (scope.end !== undefined || !mayRepeat(request.name, attempt.error)) throw failures.sum();
      const delayMs = jumped ? 0 : this.#delayMs(failures.count);
      const { error } = attempt;
      this.#settings.onRetry({ call: request.name, tries: failures.count, error, delayMs });
      if (delayMs > 0) await scope.sleep(delayMs);
      if (scope.end !== undefined) throw failures.sum();
    }
  }

  async #attempt<Name extends EndpointName>(
    request: EncodedRequest<Name>,
    scope: CallScope,
  ): Promise<Attempt<Name>> {
    let url: string;
    try {
      url = await scope.race(this.#leaders.locate());
    } catch (error) {
      if (!(error instanceof RrmqError)) throw error;
      return { kind: 'failure', error, leaderHint: undefined };
    }
    const attempt = await this.#transport.send(url, request, scope);
    const leads = attempt.kind === 'success' && endpoints[request.name].answeredBy === 'leader';
    if (leads) this.#leaders.confirm(url);
    return attempt;
  }

  /** Learns from a failure who leads. Returns whether it named the node to ask next. */
  #heed(failure: { error: RrmqError; leaderHint: string | undefined }): boolean {
    const { error, leaderHint } = failure;
    if (leaderHint !== undefined && error.code !== 'unexpected-reply') {
      return this.#leaders.follow(leaderHint);
    }
    if (error.url !== undefined && error.retryable && error.code !== 'overloaded') {
      this.#leaders.forget(error.url);
    }
    return false;
  }

  /** Doubles from try to try up to the maximum; a random half of it keeps callers apart. */
  #delayMs(tries: number): number {
    const { retryDelayMs, retryDelayMsMax } = this.#settings;
    const longest = Math.min(retryDelayMsMax, retryDelayMs * 2 ** Math.min(tries - 1, 30));
    return Math.ceil(longest * (0.5 + Math.random() / 2));
  }
}

/** Whether one more try can do no harm and may help. */
function mayRepeat(name: EndpointName, error: RrmqError): boolean {
  return error.retryable && (error.outcome === 'none' || endpoints[name].repeatable !== 'no');
}

/** The failed tries of one call. */
class Failures {
  readonly #scope: CallScope;
  #last: RrmqError | undefined;
  #unknown = false;
  count = 0;

  constructor(scope: CallScope) {
    this.#scope = scope;
  }

  add(error: RrmqError): void {
    this.count++;
    this.#unknown ||= error.outcome === 'unknown';
    // Running out of time while looking for a leader says less than what went wrong before.
    const saysLess = error.code === 'timeout' && error.outcome === 'none';
    if (this.#last === undefined || !saysLess) this.#last = error;
  }

  /** One error for all tries. */
  sum(): RrmqError {
    const last = this.#last ?? this.#scope.endedUnsent();
    const aborted = this.#scope.end === 'aborted';
    const outcome = this.#unknown ? 'unknown' : 'none';
    const gaveUp = this.#scope.end !== undefined && last.code !== this.#scope.end;
    if (!aborted && !gaveUp && outcome === last.outcome) return last;
    const parts = [last.message];
    if (gaveUp) parts.push(`${this.#scope.describeEnd()} (tries: ${this.count})`);
    if (outcome !== last.outcome) parts.push('an earlier try may have taken effect');
    return new RrmqError(parts.join('; '), {
      code: aborted ? 'aborted' : last.code,
      outcome,
      retryable: last.retryable && !aborted,
      ...(last.status === undefined ? {} : { status: last.status }),
      ...(last.url === undefined ? {} : { url: last.url }),
      cause: last,
    });
  }
}
