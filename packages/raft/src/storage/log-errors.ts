/** Where a log is damaged. Nothing was changed or deleted. */
export interface Damage {
  /** File name inside the log's directory. */
  readonly file: string;
  /** Byte position in that file of the frame that is not right. */
  readonly offset: number;
  /** The first entry that cannot be trusted. */
  readonly index: number | undefined;
  readonly why: string;
}

/** What stands on disk is not what was written; only an operator can decide what to do. */
export class LogCorrupt extends Error {
  override readonly name = 'LogCorrupt';
  readonly file: string;
  readonly offset: number;
  readonly index: number | undefined;
  readonly why: string;

  constructor(damage: Damage) {
    const entry = damage.index === undefined ? '' : `, entry ${damage.index}`;
    super(`the log is damaged: ${damage.file} at byte ${damage.offset}${entry}: ${damage.why}`);
    this.file = damage.file;
    this.offset = damage.offset;
    this.index = damage.index;
    this.why = damage.why;
  }
}

/** Another process works on the directory. */
export class DirectoryLocked extends Error {
  override readonly name = 'DirectoryLocked';
  readonly directory: string;

  constructor(directory: string) {
    super(`another process uses ${directory}`);
    this.directory = directory;
  }
}

/** The directory holds no log, and none was to be made. */
export class NoLog extends Error {
  override readonly name = 'NoLog';
  readonly directory: string;

  constructor(directory: string) {
    super(`there is no log in ${directory}`);
    this.directory = directory;
  }
}

/** Entries were asked for that the log does not hold: compacted, truncated or not durable yet. */
export class NotInLog extends Error {
  override readonly name = 'NotInLog';
  readonly index: number;

  constructor(index: number) {
    super(`entry ${index} is not in the log`);
    this.index = index;
  }
}
