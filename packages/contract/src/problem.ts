import * as z from 'zod';
import { type ProblemCode, problemCodes } from './problem-codes.ts';

/** The media type of refusals under `/v1` (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body of every refusal under `/v1`. Its `code` may be one that this version does not know. */
export const problemSchema = z.object({
  /** `urn:rrmq:problem:<code>` */
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  retryable: z.boolean(),
  outcome: z.enum(['none', 'unknown']),
  /** What happened this time, for people. */
  detail: z.string(),
});

export type Problem = z.infer<typeof problemSchema>;

/** The body that says `code`, and `detail` for people. */
export function problemOf(code: ProblemCode, detail: string): Problem {
  const { title, status, retryable, outcome } = problemCodes[code];
  return { type: `urn:rrmq:problem:${code}`, title, status, code, retryable, outcome, detail };
}
