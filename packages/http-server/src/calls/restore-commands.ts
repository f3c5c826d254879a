import type { RestoreBegin, RestoreChunk, RestoreEnd } from '@rrmq/queue';

/**
 * The commands that put a backup into a queue, in order: one `restore-begin`, which only a queue without topics takes;
 * the backup's chunks; one `restore-end`, which makes it all visible at once. Between the two the queue refuses all
 * else. A later `restore-begin` throws away what an earlier one left unfinished.
 */
export type RestoreCommand = RestoreBegin | RestoreChunk | RestoreEnd;

/** Ends a restore that wants chunk `number` next: what is no chunk makes the queue throw all of it away. */
export function abandonedAt(number: number): RestoreCommand {
  return { kind: 'restore-chunk', number, chunk: new Uint8Array(0) };
}
