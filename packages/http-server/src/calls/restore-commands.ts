/**
 * The commands that put a backup into a queue, in order: one `restore-begin`, which only a queue without topics takes;
 * the backup's chunks; one `restore-end`, which makes it all visible at once. Between the two the queue refuses all
 * else. A later `restore-begin` throws away what an earlier one left unfinished.
 */
export type RestoreCommand =
  /** `text`: remembered while it goes on, for people. */
  | { readonly kind: 'restore-begin'; readonly backupId: string; readonly text: string }
  /** `number`: counts the chunks from 0. */
  | { readonly kind: 'restore-chunk'; readonly number: number; readonly chunk: Uint8Array }
  | { readonly kind: 'restore-end' };

/** The bytes of a command: `encodeCommand` of `@rrmq/queue`. */
export type RestoreEncoder = (command: RestoreCommand) => Uint8Array;

/** Ends a restore that wants chunk `number` next: what is no chunk makes the queue throw all of it away. */
export function abandonedAt(number: number): RestoreCommand {
  return { kind: 'restore-chunk', number, chunk: new Uint8Array(0) };
}
