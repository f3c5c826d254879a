import type { BodySlab } from './body-slab.ts';
import type { Fifo } from './fifo.ts';
import type { Message } from './result.ts';

/** A named queue. */
export interface Topic {
  /** Counts the topics ever created, from 1. */
  readonly number: number;
  readonly name: string;
  /** What can be popped, oldest first. */
  readonly ready: Fifo<Message>;
  /** Where their bodies lie. */
  readonly bodies: BodySlab;
  /** Bytes of the bodies in `ready`. */
  readyBytes: number;
  /** Sequence of the last message published; 0 before the first. */
  lastSequence: number;
  /** Messages popped so far. */
  popped: number;
}

/** Counts of one topic. */
export interface TopicStats {
  /** Messages that can be popped. */
  readonly depth: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
  /** Messages ever published. */
  readonly published: number;
  /** Messages ever popped. */
  readonly popped: number;
}
