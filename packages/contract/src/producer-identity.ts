import * as z from 'zod';
import { headers } from './headers.ts';
import { PRODUCER_ID_LENGTH_MAX, PRODUCER_NUMBER_MAX } from './limits.ts';

/**
 * Who publishes, and how many-th publish this is: what makes repeating a publish safe. A producer numbers
 * its publishes to one topic 1, 2, 3, … and has at most one of them unanswered. Then
 * - the next sequence is applied, and a repeated one succeeds without effect (`RRMQ-Duplicate: true`);
 * - a skipped sequence, or one other than 1 of a producer that the cluster does not remember, is refused
 *   with `producer-sequence-gap`: nothing is guessed;
 * - a refusal uses up no sequence;
 * - a higher epoch starts again at sequence 1, and from then on lower epochs are refused with
 *   `producer-fenced`: that is how a producer abandons a publish whose outcome it will never learn.
 */
export const producerIdentitySchema = z.object({
  /** Unique among all producers: 1 to `PRODUCER_ID_LENGTH_MAX` characters of `[A-Za-z0-9_.-]`. */
  producerId: z.string().regex(new RegExp(`^[A-Za-z0-9_.-]{1,${PRODUCER_ID_LENGTH_MAX}}$`)),
  /** From 0 to `PRODUCER_NUMBER_MAX`. */
  epoch: z.number().int().min(0).max(PRODUCER_NUMBER_MAX),
  /** From 1 to `PRODUCER_NUMBER_MAX`. */
  sequence: z.number().int().min(1).max(PRODUCER_NUMBER_MAX),
});

export type ProducerIdentity = z.infer<typeof producerIdentitySchema>;

/** What the `Producer-*` headers of a request said. */
export type ProducerHeaders =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'present'; readonly producer: ProducerIdentity };

/** Header fields of a request with names in lower case, as `node:http` gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const names = {
  producerId: headers.producerId.toLowerCase(),
  epoch: headers.producerEpoch.toLowerCase(),
  sequence: headers.producerSequence.toLowerCase(),
};

/** Reads the `Producer-*` headers of a publish: all three or none must be there. */
export function parseProducerHeaders(request: RequestHeaders): ProducerHeaders {
  const producerId = request[names.producerId];
  const epoch = request[names.epoch];
  const sequence = request[names.sequence];
  if (producerId === undefined && epoch === undefined && sequence === undefined) {
    return { kind: 'absent' };
  }
  const parsed = producerIdentitySchema.safeParse({
    producerId,
    epoch: decimal(epoch),
    sequence: decimal(sequence),
  });
  if (parsed.success) return { kind: 'present', producer: parsed.data };
  const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  return { kind: 'invalid', reason: `wrong or missing Producer-* header: ${fields}` };
}

/** The three headers that carry `producer`, as strings. */
export function formatProducerHeaders(producer: ProducerIdentity): Record<string, string> {
  return {
    [headers.producerId]: producer.producerId,
    [headers.producerEpoch]: String(producer.epoch),
    [headers.producerSequence]: String(producer.sequence),
  };
}

/** A number from its plain decimal form; other forms that `Number` would take stay invalid. */
function decimal(value: string | readonly string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : undefined;
}
