import { MEMBER_IDS_MAX, V1_TIMEOUT_MS, headers } from '@rrmq/contract';
import { type NodeId, nodeId } from '@rrmq/raft';
import { problem } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import type { Parsed } from './parsing.ts';

/** `3` or `3,4`: ids of members, each once. */
export function parseIds(text: string): Parsed<readonly NodeId[]> {
  const parts = text.split(',');
  const isList = parts.every((part) => /^[1-9]\d{0,14}$/.test(part));
  if (isList && parts.length <= MEMBER_IDS_MAX) {
    return { ok: true, value: [...new Set(parts.map((part) => nodeId(Number(part))))] };
  }
  const detail = `the path must name 1 to ${MEMBER_IDS_MAX} ids of members, with commas between them`;
  return { ok: false, reply: problem('invalid-parameter', detail) };
}

/** How long the client waits, in ms: by the query, else by the header, at most `V1_TIMEOUT_MS`. */
export function parseWaitMs(call: V1Call): Parsed<number> {
  const given = call.query.get('timeoutMs') ?? call.headers[headers.timeoutMs.toLowerCase()];
  if (given === undefined) return { ok: true, value: V1_TIMEOUT_MS };
  if (typeof given === 'string' && /^[1-9]\d{0,14}$/.test(given)) {
    return { ok: true, value: Math.min(Number(given), V1_TIMEOUT_MS) };
  }
  const detail = `timeoutMs in the query, or the header ${headers.timeoutMs}, must be a whole number of ms from 1`;
  return { ok: false, reply: problem('invalid-parameter', detail) };
}
