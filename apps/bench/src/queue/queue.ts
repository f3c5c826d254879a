import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { measureData } from '../machine/data-size.ts';
import type { Progress } from '../progress.ts';
import { formatCount } from '../quantities.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { DrivenMachine } from './driven-machine.ts';
import { Meter } from './meter.ts';
import { measureOperations } from './operations.ts';
import type { Measured, QueueLevel } from './queue-figures.ts';
import { formatQueueLevels } from './queue-report.ts';
import { type TrafficKind, TrafficCommands } from './traffic-kind.ts';

/** Options of `bench queue`. */
export interface QueueOptions {
  readonly backlogs: readonly number[];
  readonly kinds: readonly TrafficKind[];
  /** Messages a command. */
  readonly batches: readonly number[];
  readonly commands: number;
  readonly bodyBytes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** Messages a command while the backlog is made. */
const FILL_BATCH = 500;

/** `bench queue`: exit code 0, whatever the rates; it ends with an error when a command does not do what it should. */
export async function runQueue(
  options: QueueOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parent = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const levels: QueueLevel[] = [];
  for (const kind of options.kinds) {
    for (const backlog of options.backlogs) {
      progress.show(`${kind}: backlog of ${formatCount(backlog)}`);
      const directory = join(parent, `${kind}-${backlog}`);
      mkdirSync(directory);
      const machine = await DrivenMachine.open(directory);
      levels.push(await measureLevel(machine, options, { kind, backlog, directory }));
      await machine.close();
    }
  }
  progress.clear();
  console.log(formatQueueLevels(levels));
  writeJson(options.json, { bench: 'queue', environment, options, levels });
  return 0;
}

interface LevelJob {
  readonly kind: TrafficKind;
  readonly backlog: number;
  readonly directory: string;
}

async function measureLevel(
  machine: DrivenMachine,
  { batches, commands, bodyBytes }: QueueOptions,
  { kind, backlog, directory }: LevelJob,
): Promise<QueueLevel> {
  const traffic = new TrafficCommands(kind, { backlog, bodyBytes });
  machine.execute(traffic.createTopic());
  const filling = await fill(machine, traffic, backlog);
  const { storeAllocatedBytes: storeBytes } = measureData(directory);
  const measured: Measured[] = [];
  for (const batch of batches) {
    const job = { batch, commands };
    // Once to warm up: the compiler has seen it all then.
    await measureOperations(machine, traffic, { batch, commands: Math.ceil(commands / 4) });
    for (const [operation, figures] of await measureOperations(machine, traffic, job)) {
      measured.push({ operation, batch, figures });
    }
  }
  return { kind, backlog, filling, storeBytes, flushing: machine.flushFigures, measured };
}

async function fill(machine: DrivenMachine, traffic: TrafficCommands, backlog: number) {
  const meter = new Meter();
  let left = backlog;
  const next = (): Buffer | undefined => {
    const count = Math.min(FILL_BATCH, left);
    left -= count;
    return count === 0 ? undefined : traffic.publish(count);
  };
  const took = ({ ok }: { readonly ok: boolean }): number => (ok ? FILL_BATCH : 0);
  await machine.run({ next, took }, meter);
  await machine.flush();
  return meter.figures();
}
