import { type DestinationStream, type Logger, pino } from 'pino';
import { formatLine } from './readable-line.ts';
import type { LogFormat, LogLevel } from './settings.ts';

/** Text that a slow reader of standard output may leave unread; more is dropped, so that it never stops the node. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

/** A line that a thread is just writing takes far less; without it the last lines would change places, or be lost. */
const LINE_UNDER_WAY_MS = 20;

export interface LogSettings {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** The program's log, on standard output. */
export interface NodeLog {
  readonly logger: Logger;
  /** Writes out what still waits, before the process ends. */
  readonly flush: () => void;
}

export function openLog({ logLevel, logFormat }: LogSettings, base: object): NodeLog {
  const options = { level: logLevel, base, timestamp: pino.stdTimeFunctions.isoTime };
  const formatters = { level: (label: string) => ({ level: label }) };
  if (logFormat === 'pretty') {
    const logger = pino({ ...options, formatters }, readableOutput());
    return { logger, flush: () => undefined };
  }
  const output = pino.destination({ fd: 1, sync: false, maxLength: UNREAD_BYTES_MAX });
  // A reader that went away must not take the node with it.
  output.on('error', () => undefined);
  const flush = (): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LINE_UNDER_WAY_MS);
    try {
      output.flushSync();
    } catch {
      // Nobody reads any more, or nothing was written yet.
    }
  };
  return { logger: pino({ ...options, formatters }, output), flush };
}

/** Also on standard error: this is not to be overlooked. */
export function warnAloud(logger: Logger, fields: { event: string }, text: string): void {
  logger.warn(fields, text);
  process.stderr.write(`rrmq-node: WARNING: ${text}\n`);
}

function readableOutput(): DestinationStream {
  process.stdout.on('error', () => undefined);
  return { write: (line) => void process.stdout.write(formatLine(line)) };
}
