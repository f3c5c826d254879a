/**
 * Kinds of number are kinds of type: an index cannot be passed where a term is meant.
 * All are JavaScript numbers and stay below 2^53.
 */
declare const unit: unique symbol;

/** Position in the Raft log, from 1. 0 means "before the first entry". */
export type LogIndex = number & { readonly [unit]: 'LogIndex' };

/** Leadership epoch, from 1. 0 means "no term yet". */
export type Term = number & { readonly [unit]: 'Term' };

/** A member of the cluster: its place in the config file plus 1, or given by a committed entry. 0 means "nobody". */
export type NodeId = number & { readonly [unit]: 'NodeId' };

/** The leader's time in ms since the Unix epoch, never going back within a log. */
export type LogTime = number & { readonly [unit]: 'LogTime' };

/** Counts the boots of one data directory, from 1. 0 means "any boot". */
export type Incarnation = number & { readonly [unit]: 'Incarnation' };

export const logIndex = (value: number): LogIndex => value as LogIndex;
export const term = (value: number): Term => value as Term;
export const nodeId = (value: number): NodeId => value as NodeId;
export const logTime = (value: number): LogTime => value as LogTime;
export const incarnation = (value: number): Incarnation => value as Incarnation;

export const NOBODY = nodeId(0);
