import type { Message } from '../results/result.ts';

/** A message without its content. */
export interface MessageMeta {
  readonly sequence: number;
  readonly key: string | undefined;
  readonly priority: number;
  /** Of its body. */
  readonly bytes: number;
  readonly expiresAt: number | undefined;
  readonly dedupId: string | undefined;
}

export function metaOf(message: Message): MessageMeta {
  const { sequence, key, priority, body, expiresAt, dedupId } = message;
  return { sequence, key, priority, bytes: body.length, expiresAt, dedupId };
}
