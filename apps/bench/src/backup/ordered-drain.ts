import { numberIn } from '../flow/flow.ts';
import { FlowLane, LeaderPort } from '../flow/flow-lane.ts';
import { encodePop } from '../load/http-connection.ts';

/** Pops each topic empty over a connection of its own; the numbers of a topic's messages in the order of the pops. */
export function drainInOrder(
  ports: readonly number[],
  topics: readonly string[],
): Promise<number[][]> {
  const leader = new LeaderPort(ports);
  return Promise.all(topics.map((topic) => drainTopic(leader, topic)));
}

/** A pop of unknown outcome may have taken a message with it: it ends the run. */
async function drainTopic(leader: LeaderPort, topic: string): Promise<number[]> {
  const lane = new FlowLane(leader);
  const request = encodePop(topic);
  const numbers: number[] = [];
  try {
    for (;;) {
      const answer = await lane.send(request);
      if (answer.kind === 'empty') return numbers;
      if (answer.kind === 'unknown') throw new Error('nobody knows the outcome of a pop');
      if (answer.kind === 'done') numbers.push(numberIn(answer.body));
    }
  } finally {
    lane.close();
  }
}

/** How what was restored compares with what the source held at the end. */
export interface BackupComparison {
  readonly sourceMessages: number;
  readonly restoredMessages: number;
  /** Topics whose restored messages are not the first ones of the source, in the same order. */
  readonly differing: number;
  /** Messages acked before the backup was asked for that it lacks. */
  readonly missing: number;
}

/**
 * Compares topic by topic. The source was only published to after the backup's point, so a true copy is a beginning of
 * it; and it must hold the first `filled` messages of each topic, which were acked before.
 */
export function compareDrained(
  source: readonly (readonly number[])[],
  restored: readonly (readonly number[])[],
  filled: number,
): BackupComparison {
  const count = (topics: readonly (readonly number[])[]) =>
    topics.reduce((sum, { length }) => sum + length, 0);
  const differing = source.filter((messages, at) => {
    const copy = restored[at] ?? [];
    return (
      copy.length > messages.length || copy.some((number, place) => number !== messages[place])
    );
  });
  const missing = source.map((_, at) => Math.max(0, filled - (restored[at]?.length ?? 0)));
  return {
    sourceMessages: count(source),
    restoredMessages: count(restored),
    differing: differing.length,
    missing: missing.reduce((sum, each) => sum + each, 0),
  };
}

export function isTrueCopy({ differing, missing }: BackupComparison): boolean {
  return differing === 0 && missing === 0;
}
