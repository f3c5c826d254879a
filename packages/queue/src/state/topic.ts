import { BodySlab } from '../bytes/body-slab.ts';
import { Fifo } from './fifo.ts';
import type { Message } from '../results/result.ts';

/**
 * A named queue. Its messages `popped + 1 … lastSequence` can be popped; those through `storedThrough` are in the
 * store, those behind are in memory:
 *
 *     cleared <= popped <= lastSequence,  cleared <= storedThrough <= flushingThrough <= lastSequence
 *
 *         1 …  cleared | …  popped | …  storedThrough | …  flushingThrough | …  lastSequence
 *         not stored   | leftovers | stored           | recent, and in the flush that is on its way | recent
 */
export interface Topic {
  /** Counts the topics ever created, from 1. */
  readonly number: number;
  /** Where it lies in the store; see `store-keys.ts`. */
  readonly place: number;
  readonly name: string;
  /** What can be popped and is not in the store, oldest first. */
  readonly recent: Fifo<Message>;
  /** Where their bodies lie. */
  readonly bodies: BodySlab;
  /** Bytes of the bodies of all that can be popped. */
  readyBytes: number;
  /** Sequence of the last message published; 0 before the first. */
  lastSequence: number;
  /** Messages popped so far: those with the first sequences. */
  popped: number;
  /** The store holds nothing up to here. */
  cleared: number;
  /** The store holds nothing beyond. */
  storedThrough: number;
  /** What the flush on its way brings into the store; `storedThrough` when there is none. */
  flushingThrough: number;
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

export interface TopicOrigin {
  readonly number: number;
  readonly place: number;
  readonly name: string;
  /** Messages published and popped before. */
  readonly popped: number;
}

/** A topic without messages, not yet part of a state. */
export function emptyTopic({ number, place, name, popped }: TopicOrigin): Topic {
  return {
    number,
    place,
    name,
    recent: new Fifo<Message>(),
    bodies: new BodySlab(),
    readyBytes: 0,
    lastSequence: popped,
    popped,
    cleared: popped,
    storedThrough: popped,
    flushingThrough: popped,
  };
}

export const depthOf = ({ lastSequence, popped }: Topic): number => lastSequence - popped;
