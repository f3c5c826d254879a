import type { Purge } from '../commands/command.ts';

/** A purge that goes on, step by step. Replaced as a whole. */
export interface PurgeJob {
  readonly state: Purge['state'];
  /** Only messages that were published by then, in ms since the Unix epoch. */
  readonly publishedBy: number;
  /** Only these sequences: those that the topic had when it began. */
  readonly through: number;
  /** It has looked at sequences up to this one, of live messages, then of dead letters. */
  readonly after: number;
  readonly looksAt: 'live' | 'dead';
  /** When it was begun or went on last: its next step is due at once. In ms since the Unix epoch. */
  readonly nextAt: number;
}

/** A redrive that goes on, step by step. Replaced as a whole. */
export interface RedriveJob {
  /** The topic that gets them: the redrive ends with it, whatever comes under its name. */
  readonly to: { readonly name: string; readonly number: number };
  /** Dead letters that it shall still move. */
  readonly remaining: number;
  readonly ratePerSecond: number | undefined;
  /** When its next step is due, in ms since the Unix epoch. */
  readonly nextAt: number;
}
