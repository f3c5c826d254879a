/** How the program ends, for scripts and supervisors. Numbers are never given a new meaning. */
export const ExitCode = {
  done: 0,
  /** Something nobody foresaw. */
  failure: 1,
  /** Wrong arguments, environment or config file. */
  usage: 2,
  /** Another process listens on a port. */
  portTaken: 3,
  /** The data directory is in use, or is that of another node or cluster. */
  dataDirectory: 4,
  /** What stands in the log or in the store is not what was written. */
  corruptLog: 5,
  /** The disk or its file system failed, or denies access. */
  diskFailure: 6,
  /** The cluster did not take this node in. */
  notJoined: 7,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
