import { formatProducerHeaders, type ProducerIdentity } from '@rrmq/contract';
import { RrmqError } from './error.ts';
import { type EncodedRequest, withHeaders } from './request.ts';
import type { Success } from './retrying.ts';

/** Sends a publish, with all the tries it takes. */
export type SendPublish = (request: EncodedRequest<'publish'>) => Promise<Success<'publish'>>;

/**
 * One producer as the cluster sees it: an id, an epoch, and a sequence that goes up by one with every
 * publish. It serves one topic, and one publish at a time: the next sequence is used only when the fate of
 * the one before is known. When that cannot be learnt, the epoch is left for good, so that a late arrival
 * of the abandoned publish is refused once the new epoch was heard of, and never mistaken for another.
 */
export class ProducerLane {
  readonly #producerId: string;
  #epoch = 0;
  #sequence = 1;

  constructor(producerId: string) {
    this.#producerId = producerId;
  }

  /** Publishes once, whatever is lost on the way. Rejects as `send` does. */
  async publish(
    request: EncodedRequest<'publish'>,
    send: SendPublish,
  ): Promise<Success<'publish'>> {
    try {
      return await this.#send(request, send);
    } catch (error) {
      const isForgotten = this.#sequence > 1 && refusesProducer(error);
      this.#leaveEpoch();
      if (!isForgotten) throw error;
      // The cluster remembers this producer no more, and no try was applied: start again as a new one.
      return this.#sendOrLeave(request, send);
    }
  }

  async #sendOrLeave(
    request: EncodedRequest<'publish'>,
    send: SendPublish,
  ): Promise<Success<'publish'>> {
    try {
      return await this.#send(request, send);
    } catch (error) {
      this.#leaveEpoch();
      throw error;
    }
  }

  async #send(request: EncodedRequest<'publish'>, send: SendPublish): Promise<Success<'publish'>> {
    const sent = await send(withHeaders(request, formatProducerHeaders(this.#identity)));
    this.#sequence++;
    return sent;
  }

  get #identity(): ProducerIdentity {
    return { producerId: this.#producerId, epoch: this.#epoch, sequence: this.#sequence };
  }

  #leaveEpoch(): void {
    this.#epoch++;
    this.#sequence = 1;
  }
}

function refusesProducer(error: unknown): boolean {
  return (
    error instanceof RrmqError &&
    error.outcome === 'none' &&
    (error.code === 'producer-sequence-gap' || error.code === 'producer-fenced')
  );
}
