import type * as z from 'zod';

/** What a schema made of a value, or in words what is wrong with it. */
export type ParsedBody<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly text: string };

/** Parses a body by its schema; the words name the first field that is wrong. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): ParsedBody<z.output<Schema>> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.');
  return { ok: false, text: `${field} ${issue?.message ?? 'is not understood'}` };
}
