/**
 * The commands that rebuild a queue from a backup, in order: one `restore-begin`, which only an empty queue takes; the
 * backup's chunks, numbered from 0; one `restore-end`, which makes it all visible at once. A later `restore-begin`
 * drops what an earlier one left unfinished.
 */
export type RestoreCommand =
  /** `backup`: unique to this restore, so that two of them never mix. */
  | { readonly kind: 'restore-begin'; readonly backup: string }
  | { readonly kind: 'restore-chunk'; readonly number: number; readonly bytes: Uint8Array }
  /** `chunks`: how many there were. */
  | { readonly kind: 'restore-end'; readonly chunks: number };

/** The bytes of a command: `encodeCommand` of `@rrmq/queue`. */
export type RestoreEncoder = (command: RestoreCommand) => Uint8Array;
