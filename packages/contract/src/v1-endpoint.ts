import type * as z from 'zod';

/** One row of the table of calls under `/v1`. Every refusal has the body `problemSchema`. */
export interface V1Endpoint {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Express style: `:name` is one percent-encoded path segment. */
  readonly path: string;
  /** `admin`: needs the admin token, or, where none is set, a client on the node's own machine. */
  readonly access: 'open' | 'admin';
  /** `leader`: other nodes answer 307 with the leader's `Location`. */
  readonly answeredBy: 'leader' | 'any-node';
  /** The request's body: JSON by its schema, a backup, or none; an empty one is `{}`. */
  readonly body: z.ZodType | 'backup' | undefined;
  /** Whether a body of another type than JSON is taken, too, as the bytes of one message. */
  readonly rawBody?: true;
  /** The success's body by HTTP status, likewise. */
  readonly replies: Readonly<Record<number, z.ZodType | 'backup'>>;
}
