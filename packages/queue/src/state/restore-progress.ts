import type { RecordStreamState } from '../snapshot/record-stream.ts';

/** How far the restore of a backup has come. Replaced as a whole by each command. */
export interface RestoreProgress {
  /** Which backup it is; told by whoever restores it. */
  readonly backupId: string;
  readonly text: string;
  /** A topic at place `p` in the backup comes to place `base + p`. */
  readonly base: number;
  /** Number of the chunk that is wanted next. */
  readonly nextChunk: number;
  readonly stream: RecordStreamState;
  /** Counters of the backup; all 0 until its meta record is here. */
  readonly source: SourceCounters;
  /** Number of the last topic that came; 0 before the first. */
  readonly lastNumber: number;
  /** Records that the topics so far should have and have not. */
  readonly awaited: number;
  /** Bytes of the bodies that should not be ready, less those that are known not to be. */
  readonly unreadyBytes: number;
  readonly tally: RestoreTally;
  /** The last message that came: its place here, and its sequence; 0 and 0 before the first. */
  readonly filled: { readonly place: number; readonly sequence: number };
}

/** What has come of the section that is coming; see `restore-tally.ts`. */
export interface RestoreTally {
  /** Of the last record; empty before the first. */
  readonly lastKey: Buffer;
  readonly count: number;
  readonly bytes: number;
}

interface SourceCounters {
  readonly topicsCreated: number;
  readonly placesUsed: number;
  readonly publishes: number;
  /** Time without a leader, in ms. */
  readonly gapMs: number;
}
