import { EntryType, type EntryBatch } from '../../src/core/entry-batch.ts';
import type { LogWrite, SnapshotMark } from '../../src/core/ready.ts';
import { CREATE, batchOf, markOf, type seeded, writeOf } from './log-kit.ts';

type Chance = ReturnType<typeof seeded>;

interface ModelEntry {
  readonly index: number;
  readonly ofTerm: number;
  readonly type: number;
  readonly text: string;
}

/** What a log says, in plain values. Never changed: each step makes another one. */
export interface Model {
  readonly hardState: { readonly term: number; readonly vote: number };
  readonly mark: SnapshotMark | undefined;
  readonly peers: readonly (readonly [number, string])[];
  /** The entry before the first one: 0, or that of the last mark that reset the log. */
  readonly base: { readonly index: number; readonly ofTerm: number };
  readonly entries: readonly ModelEntry[];
  /** Index and text. */
  readonly configurations: readonly (readonly [number, string])[];
}

export type Step =
  | { readonly kind: 'write'; readonly write: LogWrite }
  | { readonly kind: 'mark'; readonly mark: SnapshotMark }
  | { readonly kind: 'peer'; readonly id: number; readonly instanceId: string };

const FIRST = CREATE.firstConfiguration.toString();

export const NEW_LOG: Model = {
  hardState: { term: 1, vote: 0 },
  mark: undefined,
  peers: [],
  base: { index: 0, ofTerm: 0 },
  entries: [{ index: 1, ofTerm: 1, type: EntryType.configuration, text: FIRST }],
  configurations: [[1, FIRST]],
};

export const lastOf = ({ base, entries }: Model): number => base.index + entries.length;

const marked = (model: Model): number => model.mark?.index ?? 0;

function termOf({ base, entries }: Model, index: number): number {
  return entries[index - base.index - 1]?.ofTerm ?? base.ofTerm;
}

function configurationAt(model: Model, index: number): readonly [number, string] {
  return model.configurations.findLast(([from]) => from <= index) ?? [0, ''];
}

export function after(model: Model, step: Step): Model {
  switch (step.kind) {
    case 'peer': {
      const peers = new Map(model.peers).set(step.id, step.instanceId);
      return { ...model, peers: [...peers] };
    }
    case 'mark':
      return { ...model, mark: step.mark };
    case 'write':
      return afterWrite(model, step.write);
    default:
      return step satisfies never;
  }
}

function afterWrite(model: Model, write: LogWrite): Model {
  const { hardState, install, truncateAfter, batches } = write;
  const voted = { ...model, hardState: hardState ?? model.hardState };
  const { base, entries, configurations, mark } =
    install === undefined ? voted : afterInstall(voted, install.mark, install.keepsSuffix);
  const left = truncateAfter ?? Infinity;
  const added = batches.flatMap(entriesOf);
  const brought = added
    .filter(({ type }) => type === EntryType.configuration)
    .map(({ index, text }) => [index, text] as const);
  return {
    ...voted,
    mark,
    base,
    entries: [...entries.filter(({ index }) => index <= left), ...added],
    configurations: [...configurations.filter(([index]) => index <= left), ...brought],
  };
}

function afterInstall(model: Model, mark: SnapshotMark, keepsSuffix: boolean): Model {
  if (keepsSuffix) return { ...model, mark };
  const { index, payload } = mark.configuration;
  return {
    ...model,
    mark,
    base: { index: mark.index, ofTerm: mark.term },
    entries: [],
    configurations: [[index, payload.toString()]],
  };
}

/** The same text as `contentsOf` gives for a log that says this and whose entries up to `compacted` are gone. */
export function textOf(model: Model, compacted: number): string {
  const { hardState, peers, mark } = model;
  const entries = model.entries.filter(({ index }) => index > compacted);
  const inForce = model.configurations.findLastIndex(([index]) => index <= compacted);
  const termRuns = entries
    .filter(({ ofTerm }, i) => ofTerm !== entries[i - 1]?.ofTerm)
    .map(({ index, ofTerm }) => ({ first: index, term: ofTerm }));
  return JSON.stringify({
    hardState,
    mark: mark && { ...mark, configuration: mark.configuration.payload.toString() },
    peers,
    configurations: model.configurations.slice(Math.max(inForce, 0)),
    termRuns,
    entries: entryTexts(model, compacted),
  });
}

/** The entries after `compacted`, as `contentsOf` writes them. */
export function entryTexts({ entries }: Model, compacted: number): string[] {
  return entries
    .filter(({ index }) => index > compacted)
    .map((entry) => `${entry.index} t${entry.ofTerm} k${entry.type} ${entry.text}`);
}

/** Whether a log that says this may have given its entries up to `compacted` away. */
export const mayCompact = (model: Model, compacted: number): boolean =>
  model.base.index <= compacted && compacted <= Math.max(marked(model), model.base.index);

/** A mark of the entry at `index`, as the flush of a state machine would make it. */
export function markAt(model: Model, index: number, generations = 0): SnapshotMark {
  return markOf(index, {
    ofTerm: termOf(model, index),
    generation: (model.mark?.generation ?? 1) + generations,
    configuration: configurationAt(model, index),
  });
}

/** Any step that may follow. */
export function randomStep(model: Model, random: Chance): Step {
  const chance = random.next();
  if (chance < 0.05) {
    return { kind: 'peer', id: 1 + random.below(5), instanceId: `instance ${random.below(9)}` };
  }
  const last = lastOf(model);
  const unmarked = last - marked(model);
  if (chance < 0.2 && unmarked > 0) {
    return { kind: 'mark', mark: markAt(model, last - random.below(unmarked)) };
  }
  if (chance < 0.24 && unmarked > 0) {
    const mark = markAt(model, last - random.below(unmarked), 1);
    return { kind: 'write', write: writeOf({ install: { mark, keepsSuffix: true } }) };
  }
  if (chance < 0.28) return { kind: 'write', write: randomReset(model, random) };
  return { kind: 'write', write: randomWrite(model, random) };
}

/** The index may lie among the entries that are there, which are of other terms then, or far behind them. */
function randomReset(model: Model, random: Chance): LogWrite {
  const mark = markOf(marked(model) + 1 + random.below(40), {
    ofTerm: termOf(model, lastOf(model)) + 1,
    generation: (model.mark?.generation ?? 1) + 1,
    configuration: [marked(model), `configuration ${random.below(99)}`],
  });
  return writeOf({
    install: { mark, keepsSuffix: false },
    batches: random.next() < 0.5 ? [randomBatch(mark.index + 1, mark.term, random)] : [],
  });
}

function randomWrite(model: Model, random: Chance): LogWrite {
  const last = lastOf(model);
  const least = Math.max(marked(model), 1);
  const truncates = random.next() < 0.15 && last >= least;
  const truncateAfter = truncates ? least + random.below(last - least + 1) : undefined;
  const left = truncateAfter ?? last;
  const ofTerm = Math.max(termOf(model, left), model.hardState.term);
  const batches: EntryBatch[] = [];
  let first = left + 1;
  for (let n = random.below(3); n > 0; n -= 1) {
    const batch = randomBatch(first, ofTerm, random);
    batches.push(batch);
    first += batch.count;
  }
  const hardState: [number, number] | undefined =
    random.next() < 0.2 ? [ofTerm + random.below(2), random.below(4)] : undefined;
  return writeOf({
    ...(hardState && { hardState }),
    ...(truncateAfter !== undefined && { truncateAfter }),
    batches,
  });
}

function randomBatch(first: number, ofTerm: number, random: Chance): EntryBatch {
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
