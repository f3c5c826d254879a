import { EntryType, type EntryBatch } from '../../src/core/entry-batch.ts';
import type { LogWrite } from '../../src/core/ready.ts';
import { CREATE, batchOf, type seeded, writeOf } from './log-kit.ts';

interface ModelEntry {
  readonly index: number;
  readonly ofTerm: number;
  readonly type: number;
  readonly text: string;
}

/** What a log says, in plain values. Never changed: each step makes another one. */
export interface Model {
  readonly hardState: { readonly term: number; readonly vote: number };
  readonly peers: readonly (readonly [number, string])[];
  readonly entries: readonly ModelEntry[];
}

export type Step =
  | { readonly kind: 'write'; readonly write: LogWrite }
  | { readonly kind: 'peer'; readonly id: number; readonly instanceId: string };

export const NEW_LOG: Model = {
  hardState: { term: 1, vote: 0 },
  peers: [],
  entries: [
    {
      index: 1,
      ofTerm: 1,
      type: EntryType.configuration,
      text: Buffer.from(CREATE.firstConfiguration).toString(),
    },
  ],
};

export function after(model: Model, step: Step): Model {
  if (step.kind === 'peer') {
    const peers = new Map(model.peers).set(step.id, step.instanceId);
    return { ...model, peers: [...peers] };
  }
  const { hardState, truncateAfter, batches } = step.write;
  const kept = model.entries.slice(0, truncateAfter ?? model.entries.length);
  return {
    ...model,
    hardState: hardState ?? model.hardState,
    entries: [...kept, ...batches.flatMap(entriesOf)],
  };
}

/** The same text as `contentsOf` gives for a log that says this. */
export function textOf({ hardState, peers, entries }: Model): string {
  const configurations = entries
    .filter(({ type }) => type === EntryType.configuration)
    .map(({ index, text }) => [index, text]);
  const termRuns = entries
    .filter(({ ofTerm }, i) => ofTerm !== entries[i - 1]?.ofTerm)
    .map(({ index, ofTerm }) => ({ first: index, term: ofTerm }));
  const texts = entries.map(
    (entry) => `${entry.index} t${entry.ofTerm} k${entry.type} ${entry.text}`,
  );
  return JSON.stringify({ hardState, peers, configurations, termRuns, entries: texts });
}

/** Any step that may follow. */
export function randomStep(model: Model, random: ReturnType<typeof seeded>): Step {
  const chance = random.next();
  if (chance < 0.05) {
    return { kind: 'peer', id: 1 + random.below(5), instanceId: `instance ${random.below(9)}` };
  }
  const last = model.entries.length;
  const truncateAfter = chance < 0.2 ? random.below(last) + 1 : undefined;
  const left = truncateAfter ?? last;
  const termBefore = model.entries[left - 1]?.ofTerm ?? 1;
  const ofTerm = Math.max(termBefore, model.hardState.term);
  const batches: EntryBatch[] = [];
  let first = left + 1;
  for (let n = random.below(3); n > 0; n -= 1) {
    const batch = randomBatch(first, ofTerm, random);
    batches.push(batch);
    first += batch.count;
  }
  const hardState: [number, number] | undefined =
    random.next() < 0.2 ? [ofTerm + random.below(2), random.below(4)] : undefined;
  return {
    kind: 'write',
    write: writeOf({
      ...(hardState && { hardState }),
      ...(truncateAfter !== undefined && { truncateAfter }),
      batches,
    }),
  };
}

function randomBatch(first: number, ofTerm: number, random: ReturnType<typeof seeded>): EntryBatch {
  const type = random.next() < 0.1 ? EntryType.configuration : EntryType.command;
  const bytesMax = random.next() < 0.05 ? 9000 : 400;
  const payloads = Array.from({ length: 1 + random.below(4) }, (_, i) =>
    `${first + i}/${ofTerm}/${random.below(1e9)}`.padEnd(random.below(bytesMax), '.'),
  );
  return batchOf({ first, ofTerm, type }, payloads);
}

function entriesOf(batch: EntryBatch): ModelEntry[] {
  return [...batch].map(({ index, term, type, payload }) => ({
    index,
    ofTerm: term,
    type,
    text: payload.toString(),
  }));
}
