import { formatBytes, formatCount, formatPercent } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { WaitEnds } from './waiting-receivers.ts';

/** What one node did with nothing to do. */
export interface IdleNode {
  readonly role: string;
  /** That its log got. */
  readonly entries: number;
  readonly cpuPercent: number | undefined;
  readonly residentBytes: number | undefined;
  /** By the kernel's account; it includes what the node logged. */
  readonly diskWriteBytes: number | undefined;
  readonly changedFiles: readonly string[];
  /** How much larger its files became. */
  readonly grownBytes: number;
}

/** What went on beside. */
export interface IdleLoad {
  readonly seconds: number;
  readonly waiting: number;
  readonly delayed: number;
}

/** Everything `bench idle` has to say. */
export function formatIdle(nodes: readonly IdleNode[], load: IdleLoad, waits: WaitEnds): string {
  const { seconds, waiting, delayed } = load;
  const { inVain, withMessages, failures } = waits;
  const titles = ['node', 'entries', 'CPU', 'RSS', 'written', 'data files changed', 'and grown by'];
  const rows = nodes.map((node, index) => [
    `${index} ${node.role}`,
    String(node.entries),
    formatPercent(node.cpuPercent),
    formatBytes(node.residentBytes),
    formatBytes(node.diskWriteBytes),
    String(node.changedFiles.length),
    formatBytes(node.grownBytes),
  ]);
  return [
    `${seconds} s without work (CPU: % of one core)`,
    `${formatCount(waiting)} receives wait, ${formatCount(delayed)} messages are delayed`,
    `waits that ended in vain: ${formatCount(inVain)}; with messages: ${formatCount(withMessages)}; otherwise: ${JSON.stringify(failures)}`,
    formatTable(titles, rows),
  ].join('\n\n');
}
