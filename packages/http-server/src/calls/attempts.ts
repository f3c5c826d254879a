import type { QueueResult } from '@rrmq/queue';
import type { CommandEffect, Outcome, RefusalReason } from '@rrmq/raft';
import { type Call, NOT_COMMITTED_IN_TIME } from '../exchange.ts';
import type { Reply } from '../reply.ts';
import { groupRefusal } from './refusals.ts';
import type { SeedNode } from './seed-node.ts';

/** A command, and what it does to the state: a full disk takes what shrinks it. */
export interface Proposal {
  readonly command: Buffer;
  readonly effect: CommandEffect;
  /** The topic of a message that it publishes. */
  readonly publishesTo?: string;
}

/** Proposes a command and answers the call: `replyTo` says how, once it was executed. */
export function propose(
  node: SeedNode,
  call: Call,
  proposal: Proposal,
  replyTo: (result: QueueResult) => Reply,
): void {
  call.late = NOT_COMMITTED_IN_TIME;
  const end = (outcome: Outcome<QueueResult>): void => {
    switch (outcome.kind) {
      case 'committed':
        return call.answer(replyTo(outcome.result));
      case 'unknown':
        return call.answer(NOT_COMMITTED_IN_TIME);
      case 'refused':
        return refuse(node, call, outcome.reason, () => propose(node, call, proposal, replyTo));
      default:
        return outcome satisfies never;
    }
  };
  node.group.propose(proposal.command, end, proposal.effect);
  if (proposal.publishesTo !== undefined) node.receives.publishing(proposal.publishesTo, 1);
}

/**
 * Goes on with `then` when this node was confirmed as the leader after the call came, and shows all that was committed
 * before. A refusal for what the state lacks, or has already, is given only after that.
 */
export function confirm(node: SeedNode, call: Call, then: () => void): void {
  call.late = NOT_COMMITTED_IN_TIME;
  node.group.read((outcome) => {
    if (outcome.kind === 'ready') then();
    else refuse(node, call, outcome.reason, () => confirm(node, call, then));
  });
}

/** Tries again in a moment, unless the call was answered meanwhile; `late` is what its deadline says until then. */
export function tryAgainSoon(node: SeedNode, call: Call, late: Reply, again: () => void): void {
  call.late = late;
  const timer = setTimeout(() => {
    if (!call.answered) again();
  }, node.retryMs);
  timer.unref(); // the call's connection keeps the process alive, as long as somebody waits
}

/**
 * Nothing was appended. A leader that waits for its quorum, or hands over, knows more in a moment: its clients need not
 * ask again themselves. Other refusals are final.
 */
function refuse(node: SeedNode, call: Call, reason: RefusalReason, again: () => void): void {
  const reply = groupRefusal(reason, node.group.status(), node.scheme);
  if (reason === 'unconfirmed' || reason === 'transferring') tryAgainSoon(node, call, reply, again);
  else call.answer(reply);
}
