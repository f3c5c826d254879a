/** A stream of messages through the cluster: some connections publish, others pop, all at full speed. */
export interface FlowJob {
  /** Where the nodes serve clients; the flow finds the leader among them. */
  readonly ports: readonly number[];
  /** Exist already, and only this flow uses them. Connections are shared out among them. */
  readonly topics: readonly string[];
  readonly publishers: number;
  readonly poppers: number;
  readonly messageBytes: number;
  readonly backlog: BacklogLimits;
}

/** Of all topics together, in messages. */
export interface BacklogLimits {
  /** Pops rest below this. */
  readonly min: number;
  /** Publishes rest above this. */
  readonly max: number;
}

/** What a flow has done since its start. */
export interface FlowCounts {
  readonly elapsedMs: number;
  readonly acked: number;
  readonly popped: number;
  /** Acked and not popped. */
  readonly backlog: number;
  /** Publishes that certainly had no effect. */
  readonly refused: number;
  /** Publishes and pops of which nobody knows. */
  readonly unknown: number;
}

/** What became of all messages of a flow, to the message. */
export interface FlowAccount {
  readonly acked: number;
  readonly popped: number;
  /** Publishes of unknown outcome, and how many of these messages were there. */
  readonly unknown: number;
  readonly unknownPopped: number;
  /** Pops of unknown outcome: each may have taken a message that nobody saw. */
  readonly unknownPops: number;
  /** Acked and not popped, though everything was popped at the end. */
  readonly lost: number;
  /** Popped a second time. */
  readonly doubled: number;
  /** Popped, though refused or never sent. */
  readonly invented: number;
}

/** What the parent of a flow process asks of it; each is answered by one message, in order. */
export type FlowCommand =
  | { readonly kind: 'start'; readonly job: FlowJob }
  | { readonly kind: 'limit'; readonly backlog: BacklogLimits }
  | { readonly kind: 'count' }
  /** Ends the publishes; then pops until nothing is left, if the flow pops at all. */
  | { readonly kind: 'finish' };

export type FlowAnswer =
  | { readonly kind: 'counts'; readonly counts: FlowCounts }
  | { readonly kind: 'account'; readonly account: FlowAccount }
  | { readonly kind: 'failed'; readonly reason: string };

/** Whether every promise was kept. */
export function isFlowClean({ lost, doubled, invented, unknownPops }: FlowAccount): boolean {
  return doubled === 0 && invented === 0 && lost <= unknownPops;
}
