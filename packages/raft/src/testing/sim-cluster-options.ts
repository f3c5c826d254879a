import type { NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { NodeEvent } from '../driver/node-events.ts';
import type { RaftNodeOptions } from '../driver/node-options.ts';
import type { RaftNode } from '../driver/raft-node.ts';
import type { StateMachine } from '../ports.ts';
import type { ExecutedEntry, TermStart } from './observed-machine.ts';
import type { ClockFault } from './sim-clock.ts';
import type { SimNetworkFaults } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRandom } from './sim-random.ts';
import type { DiskOperation } from './sim-store.ts';

/** What keeps the state of a machine while the processes that run it come and go. */
export interface SimMachineHost<Machine> {
  /** The machine of a new process. */
  boot(process: SimProcess): Machine;
  /** Power failed: what the machine's store had not made durable is lost. */
  crash(): void;
  /** The process died, and the machine that it ran on did not. */
  kill(): void;
}

/** One boot of a node. */
export interface SimBoot<Result, Machine extends StateMachine<Result>> {
  readonly process: SimProcess;
  readonly machine: Machine;
  readonly node: RaftNode<Result>;
  readonly core: Raft;
}

export interface SimClusterOptions<Result, Machine extends StateMachine<Result>> {
  readonly size: number;
  readonly seed: number;
  readonly machines: (random: SimRandom, id: NodeId) => SimMachineHost<Machine>;
  /** Tells states apart: equal ones at equal indexes are expected. */
  readonly hashOf: (machine: Machine) => number;
  readonly network?: Partial<SimNetworkFaults>;
  readonly node?: Pick<
    RaftNodeOptions<Result>,
    | 'timing'
    | 'limits'
    | 'flush'
    | 'keepLogBytes'
    | 'keepLogBytesMax'
    | 'segmentBytes'
    | 'reserveBytes'
    | 'ballastBytes'
  >;
  /** Time that a durable write takes, uniform between the two, in ms. Default 0.1 … 3. */
  readonly diskMs?: readonly [number, number];
  /** A disk is asked to do something, which has not happened yet. */
  readonly onDisk?: (id: NodeId, operation: DiskOperation) => void;
  /** Clocks of a node. Default: right. */
  readonly clock?: () => ClockFault;
  readonly onEvent?: (id: NodeId, event: NodeEvent) => void;
  /** A node has opened its log: it is in `running` from now on. */
  readonly onBooted?: (boot: SimBoot<Result, Machine>) => void;
  /** A node has executed a command, perhaps one that others, or itself before a restart, executed before. */
  readonly onExecuted?: (id: NodeId, machine: Machine, entry: ExecutedEntry<Result>) => void;
  readonly onTermStarted?: (id: NodeId, machine: Machine, start: TermStart) => void;
  /**
   * A node cannot start or go on. True when that is how it should be: its process ends then, and what it wrote stays.
   * Default: it never should, and the run ends.
   */
  readonly onNodeFailed?: (id: NodeId, error: unknown) => boolean;
  /** Lets all promises that can go on do so. */
  readonly drain: () => Promise<void>;
}
