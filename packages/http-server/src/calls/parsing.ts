import { topicNameSchema } from '@rrmq/contract';
import { type Reply, refusal } from '../reply.ts';

/** Something parsed, or the answer that says what is wrong with it. */
export type Parsed<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reply: Reply };

/** What the seed calls look for in a body. */
interface SeedFields {
  readonly topic?: unknown;
  readonly message?: unknown;
}

/** The fields of a JSON object; none when `body` is something else. */
export function fieldsOf(body: unknown): SeedFields {
  return typeof body === 'object' && body !== null ? body : {};
}

export function parseTopicName(value: unknown): Parsed<string> {
  const parsed = topicNameSchema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const text = parsed.error.issues[0]?.message ?? 'the topic name is not understood';
  return { ok: false, reply: refusal('invalid-topic-name', text) };
}
