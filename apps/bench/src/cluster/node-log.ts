import { readFileSync } from 'node:fs';

/** A line of a node's log: one JSON object with the kind of the event, when it was, and what it says. */
export interface LoggedEvent {
  readonly event: string;
  /** In ms since the Unix epoch. */
  readonly atMs: number;
  readonly index: number | undefined;
}

/** The events of a node's log, from the byte on where it had ended at some time before. */
export function readEvents(logFile: string, fromByte: number): LoggedEvent[] {
  return parseEvents(readFileSync(logFile).subarray(fromByte).toString());
}

/** The events of some lines; whatever is no JSON object with an event, such as a last line cut off, is left out. */
export function parseEvents(text: string): LoggedEvent[] {
  return text
    .split('\n')
    .map(parseEvent)
    .filter((event) => event !== undefined);
}

function parseEvent(line: string): LoggedEvent | undefined {
  try {
    const fields = JSON.parse(line) as Partial<Record<string, unknown>> | null;
    const { event, time, index } = fields ?? {};
    if (typeof event !== 'string' || typeof time !== 'string') return undefined;
    return { event, atMs: Date.parse(time), index: typeof index === 'number' ? index : undefined };
  } catch {
    return undefined;
  }
}
