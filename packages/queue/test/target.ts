import type { Command, PeekedMessage, QueueResult, TopicStats } from '@rrmq/queue';
import { openMachineTarget } from './machine-target.ts';
import { ReferenceModel } from './reference-model.ts';

/** What tests drive: the model or the machine. */
export interface Target {
  run(command: Command, at: number): QueueResult;
  termStart(at: number, gapMs: number): void;
  topics(): string[];
  stats(topic: string): TopicStats | undefined;
  available(topic: string): number;
  nextDue(): number | undefined;
  readonly hasSecret: boolean;
  /** All that a topic holds, by sequence. */
  messages(topic: string): PeekedMessage[];
}

export interface TargetKind {
  readonly name: string;
  readonly open: () => Promise<Target>;
}

/** Whom the rules are tested on. */
export const targets: readonly TargetKind[] = [
  { name: 'in the model', open: async () => Promise.resolve(new ReferenceModel()) },
  { name: 'in the machine', open: async () => openMachineTarget() },
];
