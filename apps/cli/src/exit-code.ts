/** How the program ends. These numbers are a promise to scripts: they are added to, never changed. */
export const exitCodes = {
  ok: 0,
  /** It failed, and no other code says how. */
  failure: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  /** The topic is unknown, or there was nothing to pop. */
  notFound: 3,
  /** No node can be reached, or none leads; certainly nothing happened. */
  unavailable: 4,
  /** The call may have taken effect, or not. */
  unknown: 5,
  /** It was stopped by a signal before it was done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The codes as `--help` shows them. */
export const exitCodesHelp = `
Exit codes:
  0    done
  1    failed, or refused
  2    wrong usage; nothing was sent
  3    the topic is unknown, or there was nothing to pop
  4    no node can be reached, or none leads; nothing happened
  5    outcome unknown: it may have taken effect, or not
  130  stopped by a signal before it was done`;
