import type { MembershipChange } from '../core/membership-change.ts';
import type { NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { MachineSnapshot, Timers } from '../ports.ts';
import { Backups, type BackupsOptions } from './backups.ts';
import { type GaugeSources, readGauges } from './gauges.ts';
import type { GroupAdmin, GroupGauges, MembershipOutcome, TransferOutcome } from './group.ts';
import { HandingOver } from './handing-over.ts';
import { MembershipChanges } from './membership-changes.ts';
import type { NodeEvent } from './node-events.ts';

export interface OperatingOptions {
  readonly core: Raft;
  readonly timers: Timers;
  /** After this the core gives a transfer of leadership up. */
  readonly transferTimeoutMs: number;
  readonly gauges: GaugeSources;
  readonly backups: BackupsOptions;
  readonly isStopped: () => boolean;
  /** The core took a step between turns. */
  readonly onStepped: () => void;
}

const STOPPING = {
  kind: 'refused',
  reason: 'stopping',
  text: 'this node is stopping',
} as const;

/** What operators do with a node, and who of them waits for what. */
export class Operating implements GroupAdmin {
  readonly #options: OperatingOptions;
  readonly #changes: MembershipChanges;
  readonly #handingOver: HandingOver;
  readonly #backups: Backups;
  readonly #listeners = new Set<(event: NodeEvent) => void>();

  constructor(options: OperatingOptions) {
    const { core, timers, transferTimeoutMs: timeoutMs } = options;
    this.#options = options;
    this.#changes = new MembershipChanges(core);
    this.#handingOver = new HandingOver({ core, timers, timeoutMs });
    this.#backups = new Backups(options.backups);
  }

  changeMembers(change: MembershipChange, done: (outcome: MembershipOutcome) => void): void {
    if (this.#options.isStopped()) {
      done(STOPPING);
      return;
    }
    this.#changes.ask(change, done);
    this.#options.onStepped();
  }

  async transfer(target: NodeId | undefined): Promise<TransferOutcome> {
    if (this.#options.isStopped()) return STOPPING;
    const outcome = this.#handingOver.start(target);
    this.#options.onStepped();
    return outcome;
  }

  gauges(): GroupGauges {
    return readGauges(this.#options.gauges);
  }

  watch(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async openBackup(): Promise<MachineSnapshot> {
    return this.#backups.open();
  }

  tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** More is committed. */
  committed(): void {
    this.#changes.poke();
  }

  /** Role, term or leader changed. */
  roleChanged({ lostLead }: { lostLead: boolean }): void {
    if (lostLead) this.#changes.unknownAll();
    this.#handingOver.poke();
  }

  /** Nothing is decided here any more. */
  stop(): void {
    this.#changes.unknownAll();
  }
}
