import type { NodeSample, Sample } from './sampling.ts';

/** A measure over the run: the mean of its last third beside the mean of its middle third. */
export interface Trend {
  readonly what: string;
  /** A rate also falls when the machine has other work: it is shown, and proves nothing. */
  readonly unit: 'bytes' | 'per second';
  readonly middle: number;
  readonly last: number;
  readonly isFlat: boolean;
}

/** The last third may differ from the middle third by this part. */
const CHANGE_MAX = 0.15;

/** Less than this is no growth: small files and heaps come in steps. */
const SLACK_BYTES = 2 * 1024 * 1024;

/** Fewer samples have no thirds. */
export const SAMPLES_MIN = 6;

/** Measures of a node that must not grow. */
const MEASURES: readonly (readonly [name: string, of: (node: NodeSample) => number | undefined])[] =
  [
    ['log', ({ logBytes }) => logBytes],
    ['store', ({ storeAllocatedBytes }) => storeAllocatedBytes],
    ['memory', ({ anonymousBytes }) => anonymousBytes],
  ];

/**
 * Whether the nodes' logs, stores and memory stopped to grow, and the rate to fall: the first third of the run is left
 * to them to fill up. @throws {RangeError} for fewer than `SAMPLES_MIN` samples.
 */
export function trendsOf(samples: readonly Sample[]): Trend[] {
  const nodes = samples[0]?.nodes ?? [];
  const rate = thirdsOf(samples.map(({ ackedPerSecond }) => ackedPerSecond));
  const ofNodes = nodes.flatMap((_, at) =>
    MEASURES.map(([name, of]) => {
      const values = samples.map((sample) => {
        const node = sample.nodes[at];
        return (node === undefined ? undefined : of(node)) ?? 0;
      });
      return { what: `${name} of node ${at}`, unit: 'bytes' as const, ...grown(thirdsOf(values)) };
    }),
  );
  return [
    {
      what: 'acked messages',
      unit: 'per second',
      ...rate,
      isFlat: rate.last >= rate.middle * (1 - CHANGE_MAX),
    },
    ...ofNodes,
  ];
}

interface Thirds {
  readonly middle: number;
  readonly last: number;
}

function grown({ middle, last }: Thirds): Thirds & { readonly isFlat: boolean } {
  const isFlat = last - middle <= Math.max(SLACK_BYTES, middle * CHANGE_MAX);
  return { middle, last, isFlat };
}

function thirdsOf(values: readonly number[]): Thirds {
  if (values.length < SAMPLES_MIN) throw new RangeError('too few samples for thirds');
  const third = Math.floor(values.length / 3);
  return {
    middle: meanOf(values.slice(values.length - 2 * third, values.length - third)),
    last: meanOf(values.slice(values.length - third)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whether no log, store or heap grew. */
export function hasNotGrown(trends: readonly Trend[]): boolean {
  return trends.every((trend) => trend.unit !== 'bytes' || trend.isFlat);
}
