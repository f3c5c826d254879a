import type { TopicSettings } from '@rrmq/queue';
import { type Reply, problem } from '../../reply.ts';

/** The one rule on settings that only shows when their defaults are filled in. */
export function backoffProblem({ backoff }: TopicSettings): Reply | undefined {
  if (backoff.initialMs <= backoff.maxMs) return undefined;
  return problem(
    'invalid-body',
    `backoff.initialMs must not be above backoff.maxMs, which is ${backoff.maxMs}`,
  );
}
