import {
  EMPTY,
  type FifoHistory,
  type Pop,
  type Publish,
} from '../src/linearizability/fifo-history.ts';

type Operation =
  | { readonly kind: 'publish'; readonly publish: Publish }
  | { readonly kind: 'pop'; readonly pop: Pop };

/**
 * Whether some order explains a small history: each operation takes effect once, within its interval, and those without
 * an answer perhaps never. Tries them all.
 */
export function isExplained({ publishes, pops }: FifoHistory): boolean {
  const operations: Operation[] = [
    ...publishes.map((publish) => ({ kind: 'publish', publish }) as const),
    ...pops.map((pop) => ({ kind: 'pop', pop }) as const),
  ];
  return search(operations, []);
}

function search(open: readonly Operation[], queue: readonly string[]): boolean {
  const firstEnd = Math.min(...open.map((each) => intervalOf(each).endedAt));
  if (firstEnd === Infinity) {
    // Nothing that is left has to happen.
    return true;
  }
  for (const next of open) {
    // Nothing goes before what had ended when it began.
    if (intervalOf(next).beganAt > firstEnd) continue;
    const others = open.filter((each) => each !== next);
    for (const after of effects(next, queue)) if (search(others, after)) return true;
  }
  return false;
}

/** The queue after an operation, or nothing where it could not have gone like that. */
function effects(next: Operation, queue: readonly string[]): (readonly string[])[] {
  if (next.kind === 'publish') return [[...queue, ...next.publish.values]];
  const { got } = next.pop;
  if (got === EMPTY) return queue.length === 0 ? [queue] : [];
  if (got === undefined) return [queue.slice(1)];
  return queue[0] === got ? [queue.slice(1)] : [];
}

const intervalOf = (each: Operation): Publish | Pop =>
  each.kind === 'publish' ? each.publish : each.pop;
