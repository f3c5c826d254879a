import type { LogIndex } from '../core/numbers.ts';
import type { Disk } from '../ports.ts';
import type { NewDirectory } from './boot.ts';
import type { Recovered } from './recovered.ts';
import type { Pace } from './zero-file.ts';

/** Sizes of segment files in bytes, multiples of 512. Each is exceeded when one frame needs more. */
export interface SegmentBytes {
  /** The one that each boot begins. Small: it is made before the node answers. */
  readonly first: number;
  /** The others, which are made in the background; one that is not ready in time is replaced by a small one. */
  readonly later: number;
}

export interface LogOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly groupId: number;
  /** Used only when the directory holds no log; `undefined`: there must be one. */
  readonly create: NewDirectory | undefined;
  readonly segmentBytes?: SegmentBytes;
  /** Bytes of segment files before the newest mark that are kept for slow followers. Default 64 MiB. */
  readonly keepBytes?: number;
  /** The most that is kept before the newest mark while `keepFrom` asks for it. Default 1 GiB; at least `keepBytes`. */
  readonly keepBytesMax?: number;
  /** Entries after this one are needed by a snapshot that is being sent; `undefined`: none is. Asked at each compaction. */
  readonly keepFrom?: () => LogIndex | undefined;
  /** Size of the file that holds room for a full disk. Default 64 MiB; 0: there is none. */
  readonly ballastBytes?: number;
  /** A forced new cluster, or a restored one, begins: this boot raises the cluster epoch of an existing log by 1. */
  readonly raisesEpoch?: boolean;
  /** Sees the log that is found before anything is written; throws when it must stay as it is. */
  readonly inspect?: (found: FoundLog) => void;
  /** For work in the background, which goes on without rests when this is missing; write times are 0 then. */
  readonly pace?: Pace;
  /** A random u32. */
  readonly newSalt: () => number;
  /** Entries up to this one are no longer in the log. Not called for a mark that resets the log, which was ordered. */
  readonly onCompacted?: (index: LogIndex) => void;
  /** A write took longer than half a second; told once a second at most. */
  readonly onSlowWrite?: (ms: number) => void;
  /** Called once, on the first write or sync that failed: the process must end. */
  readonly onFailure: (error: Error) => void;
}

/** Whose a log is. */
export type FoundLog = Pick<Recovered, 'identity' | 'configurations'>;

/** Measures of a log at this moment. */
export interface LogStats {
  /** All files: segments, the spare and the ballast, as far as they are there. */
  readonly bytes: number;
  readonly segments: number;
  /** How long the newest durable write took, and the longest one of the last minute. */
  readonly syncMs: number;
  readonly syncMsMax: number;
}
