import type { TopicVersion, TopicView } from '@rrmq/queue';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { invalid, wholeNumberOf } from '../v1-parsing.ts';
import { etagOf } from './topic-body.ts';

/** What a call says about the topic as it must be. */
export type Precondition =
  | { readonly kind: 'none' }
  /** `If-None-Match: *`: there must be none. */
  | { readonly kind: 'absent' }
  /** `If-Match: *` */
  | { readonly kind: 'present' }
  /** `If-Match: "7-3"` */
  | { readonly kind: 'version'; readonly number: number; readonly version: number };

const NONE: Precondition = { kind: 'none' };

export function parsePrecondition({ headers }: V1Call): Parsed<Precondition> {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return { ok: true, value: NONE };
  if (match !== undefined && noneMatch !== undefined) {
    return invalid('If-Match and If-None-Match must not be given together');
  }
  if (noneMatch === '*') return { ok: true, value: { kind: 'absent' } };
  if (match === '*') return { ok: true, value: { kind: 'present' } };
  const [, number, version] = /^"(\d+)-(\d+)"$/.exec(match ?? '') ?? [];
  const parts = { number: wholeNumberOf(number ?? ''), version: wholeNumberOf(version ?? '') };
  if (parts.number !== undefined && parts.version !== undefined) {
    const { number: ofTopic, version: ofSettings } = parts;
    return { ok: true, value: { kind: 'version', number: ofTopic, version: ofSettings } };
  }
  return invalid('If-Match must be * or the ETag of a topic, and If-None-Match must be *');
}

/** Whether the topic is as it must be; `undefined`: there is none. */
export function isMet(precondition: Precondition, topic: TopicView | undefined): boolean {
  switch (precondition.kind) {
    case 'none':
      return true;
    case 'absent':
      return topic === undefined;
    case 'present':
      return topic !== undefined;
    case 'version': {
      const { number, version } = precondition;
      return topic !== undefined && etagOf(topic) === `"${number}-${version}"`;
    }
    default:
      return precondition satisfies never;
  }
}

/** What a command asks for, so that the precondition holds when it is executed. */
export function expectedBy(precondition: Precondition): { readonly expected?: TopicVersion } {
  if (precondition.kind !== 'version') return {};
  const { number, version } = precondition;
  return { expected: { number, version } };
}
