/**
 * The log's own records. They use the record header of entries (`core/entry-batch.ts`) and say with its fields:
 *
 *      type             index             term       payload
 *      hard state       the vote          the term   –
 *      truncation       last index left   –          –
 *      snapshot mark    the mark's        its term   see snapshot-mark.ts; `at` is the mark's, too
 *      head             segment number    –          see head.ts
 *      peer             the peer's id     –          its instance id, UTF-8
 *      clean shutdown   –                 –          –
 *      idle             –                 –          –              nothing was written for a while
 *
 * The numbers are on disk: never reuse one. Types below 16 are entries.
 */
export const RecordType = {
  hardState: 16,
  truncation: 17,
  snapshotMark: 18,
  head: 19,
  peer: 20,
  cleanShutdown: 21,
  idle: 22,
} as const;

const FIRST_OWN_TYPE = 16;

export const isEntry = (type: number): boolean => type < FIRST_OWN_TYPE;
