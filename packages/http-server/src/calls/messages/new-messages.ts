import {
  type NewMessageBody,
  contentTypeSchema,
  headers,
  newMessageSchema,
  parseBody,
  publishManySchema,
} from '@rrmq/contract';
import type { NewMessage } from '@rrmq/queue';
import { problem } from '../../reply.ts';
import { parseJson } from '../../request-body.ts';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { invalid, wholeNumberOf } from '../v1-parsing.ts';

const JSON_TYPE = 'application/json';

/** What a publish brings: messages in JSON, or the bytes of one. */
export function parseMessages(call: V1Call): Parsed<readonly NewMessage[]> {
  const { raw, body } = call;
  if (raw !== undefined) return parseRaw(call, raw);
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, 'messages')) {
    const parsed = parseBody(publishManySchema, body);
    if (!parsed.ok) return wrongBody(parsed.text);
    return collect(
      parsed.value.messages.map((message, at) => newMessage(message, `messages.${at}.`)),
    );
  }
  const parsed = parseBody(newMessageSchema, body);
  return parsed.ok ? collect([newMessage(parsed.value, '')]) : wrongBody(parsed.text);
}

function collect(parts: readonly Parsed<NewMessage>[]): Parsed<readonly NewMessage[]> {
  const value: NewMessage[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    value.push(part.value);
  }
  return { ok: true, value };
}

/** `path`: where it stands in the body. */
function newMessage(message: NewMessageBody, path: string): Parsed<NewMessage> {
  const { body, bodyBase64, contentType, deliverAt, attributes, ...rest } = message;
  const isJson = bodyBase64 === undefined;
  const bytes = isJson ? jsonText(body) : Buffer.from(bodyBase64, 'base64');
  if (bytes === undefined) return wrongBody(`${path}body is nested too deeply`);
  const type = contentType ?? (isJson ? JSON_TYPE : 'application/octet-stream');
  // Consumers get what says that it is JSON as JSON.
  if (typeof bytes !== 'string' && type === JSON_TYPE && parseJson(bytes) === undefined) {
    return wrongBody(`${path}bodyBase64 must be JSON in UTF-8, as its contentType says`);
  }
  const pairs = Object.entries(attributes ?? {});
  return {
    ok: true,
    value: {
      ...rest,
      contentType: type,
      body: bytes,
      ...(deliverAt === undefined ? {} : { deliverAt: Math.max(0, Date.parse(deliverAt)) }),
      ...(pairs.length === 0 ? {} : { attributes: pairs }),
    },
  };
}

/** `undefined`: it can be read, but not be written again. */
function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Bytes of any type but JSON; all else about the message stands in headers. */
function parseRaw(
  call: V1Call,
  { bytes, contentType }: NonNullable<V1Call['raw']>,
): Parsed<readonly NewMessage[]> {
  if (!contentTypeSchema.safeParse(contentType).success) {
    return invalid('the header Content-Type must be a media type of at most 256 characters');
  }
  const fields = rawFields(call);
  if (!fields.ok) return fields;
  // The schema says what is wrong with a field; the body is of no matter to it.
  const parsed = newMessageSchema.safeParse({ ...fields.value, bodyBase64: '' });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = nameOf(String(issue?.path[0]));
    return invalid(`the header ${name} ${issue?.message ?? 'is not understood'}`);
  }
  const { key, priority, delayMs, ttlMs, dedupId } = parsed.data;
  const message: NewMessage = {
    contentType,
    body: bytes,
    ...(key === undefined ? {} : { key }),
    ...(priority === undefined ? {} : { priority }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(dedupId === undefined ? {} : { dedupId }),
  };
  return { ok: true, value: [message] };
}

const numbers = ['priority', 'delayMs', 'ttlMs'] as const;
const texts = ['key', 'dedupId'] as const;

function rawFields(call: V1Call): Parsed<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const field of numbers) {
    const given = call.headers[headers[field].toLowerCase()];
    // What is no number gets its refusal from the schema, in its words.
    if (given !== undefined) fields[field] = wholeNumberOf(String(given)) ?? given;
  }
  for (const field of texts) {
    const given = call.headers[headers[field].toLowerCase()];
    if (given === undefined) continue;
    const text = textOfHeader(String(given));
    if (text === undefined) return invalid(`the header ${headers[field]} must be UTF-8`);
    fields[field] = text;
  }
  return { ok: true, value: fields };
}

const nameOf = (field: string): string =>
  [...numbers, ...texts].map((name) => (name === field ? headers[name] : '')).join('');

/** Node gives each byte of a header as a character; `undefined`: the bytes are no UTF-8. */
function textOfHeader(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

const wrongBody = (text: string): Parsed<never> => ({
  ok: false,
  reply: problem('invalid-body', text),
});
