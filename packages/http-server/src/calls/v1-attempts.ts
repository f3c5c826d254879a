import { type PlainCommand, type QueueResult, commandEffect, encodeCommand } from '@rrmq/queue';
import type { LogTime, Outcome, RefusalReason } from '@rrmq/raft';
import type { Reply } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import { NOT_COMMITTED_IN_TIME, groupProblem, queueProblems } from './queue-problems.ts';
import type { V1Node } from './v1-node.ts';
import { parseIdempotencyKey, parseWaitMs } from './v1-parsing.ts';

type Succeeded = Extract<QueueResult, { readonly ok: true }>;

/** A call that a command executes, begun by `begin`. */
export interface Attempt {
  readonly node: V1Node;
  readonly call: V1Call;
  /** See `idempotencyKeySchema`. Only of a POST: all else is idempotent in effect. */
  readonly key: string | undefined;
}

/** What was executed. */
export interface Executed<Kind extends Succeeded['kind']> {
  readonly result: Extract<Succeeded, { readonly kind: Kind }>;
  /** The log's time. */
  readonly at: LogTime;
}

/** Parses what all calls have in common and sets the deadline; `undefined`: the call is answered. */
export function begin(node: V1Node, call: V1Call): Attempt | undefined {
  const waitMs = parseWaitMs(call);
  if (!waitMs.ok) {
    call.answer(waitMs.reply);
    return undefined;
  }
  const key = parseIdempotencyKey(call);
  if (!key.ok) {
    call.answer(key.reply);
    return undefined;
  }
  call.answerLate(waitMs.value, NOT_COMMITTED_IN_TIME);
  return { node, call, key: call.method === 'POST' ? key.value : undefined };
}

/** Proposes a command whose success has the result `kind`; `then` says how the call is answered. */
export function execute<Kind extends Succeeded['kind']>(
  attempt: Attempt,
  command: PlainCommand,
  kind: Kind,
  then: (executed: Executed<Kind>) => Reply,
): void {
  executeOr(attempt, command, (result, at) => {
    if (!result.ok) return queueProblems[result.code];
    if (!isOf(result, kind)) throw new TypeError(`${command.kind} ended as ${result.kind}`);
    return then({ result, at });
  });
}

/** The same for whoever handles refusals, too. `undefined`: the call goes on. */
export function executeOr(
  attempt: Attempt,
  command: PlainCommand,
  then: (result: QueueResult, at: LogTime) => Reply | undefined,
): void {
  const { node, call, key } = attempt;
  const bytes = encodeCommand(key === undefined ? command : { kind: 'once', key, command });
  const end = (outcome: Outcome<QueueResult>): void => {
    switch (outcome.kind) {
      case 'committed': {
        const reply = then(outcome.result, outcome.at);
        return reply === undefined ? undefined : call.answer(reply);
      }
      case 'unknown':
        return call.answer(NOT_COMMITTED_IN_TIME);
      case 'refused':
        return refuse(attempt, outcome.reason, () => executeOr(attempt, command, then));
      default:
        return outcome satisfies never;
    }
  };
  node.group.propose(bytes, end, commandEffect(command));
  if (command.kind === 'publish') node.receives.publishing(command.topic, readyAtOnce(command));
}

/**
 * Goes on with `then` when this node was confirmed as the leader after the call came, and shows all that was committed
 * before.
 */
export function confirmed(attempt: Attempt, then: () => Reply | undefined): void {
  const { node, call } = attempt;
  node.group.read((outcome) => {
    if (outcome.kind === 'refused') {
      return refuse(attempt, outcome.reason, () => confirmed(attempt, then));
    }
    const reply = then();
    return reply === undefined ? undefined : call.answer(reply);
  });
}

/** A topic that is not there is told without an entry. */
export function withTopic(attempt: Attempt, topic: string, then: () => void): void {
  const { queue } = attempt.node;
  if (queue.has(topic)) return then();
  return confirmed(attempt, () => {
    if (!queue.has(topic)) return queueProblems['unknown-topic'];
    then();
    return undefined;
  });
}

/** Nothing was appended. What passes in a moment is waited for; other refusals are final. */
function refuse({ node, call }: Attempt, reason: RefusalReason, again: () => void): void {
  if (reason !== 'unconfirmed' && reason !== 'transferring') {
    const standing = { status: node.group.status(), scheme: node.scheme, target: call.target };
    return call.answer(groupProblem(reason, standing));
  }
  const timer = setTimeout(() => {
    if (!call.answered) again();
  }, node.retryMs);
  timer.unref(); // the call's connection keeps the process alive, as long as somebody waits
  return undefined;
}

function isOf<Kind extends Succeeded['kind']>(
  result: Succeeded,
  kind: Kind,
): result is Extract<Succeeded, { readonly kind: Kind }> {
  return result.kind === kind;
}

function readyAtOnce({ messages }: Extract<PlainCommand, { kind: 'publish' }>): number {
  return messages.reduce(
    (sum, { delayMs = 0, deliverAt }) => sum + (delayMs > 0 || deliverAt !== undefined ? 0 : 1),
    0,
  );
}
