import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';

/** The failed tries of one call. */
export class Failures {
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
