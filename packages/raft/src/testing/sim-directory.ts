import type { Random } from '../ports.ts';
import type { SimInode } from './sim-inode.ts';

type Names = Map<string, SimInode>;

/** The names in a simulated directory, as programs see them and as they would survive. */
export class SimDirectory {
  #seen: Names = new Map();
  #durable: Names = new Map();
  /** Changes that are not synced, in order. */
  #changes: ((names: Names) => void)[] = [];

  names(): string[] {
    return [...this.#seen.keys()].toSorted();
  }

  get usedBytes(): number {
    return [...this.#seen.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get(name: string): SimInode | undefined {
    return this.#seen.get(name);
  }

  set(name: string, inode: SimInode): void {
    this.#change((names) => names.set(name, inode));
  }

  /** `false` when there is no `from`. An existing `to` is replaced. */
  rename(from: string, to: string): boolean {
    const inode = this.#seen.get(from);
    if (inode === undefined) return false;
    this.#change((names) => {
      names.delete(from);
      names.set(to, inode);
    });
    return true;
  }

  unlink(name: string): boolean {
    if (!this.#seen.has(name)) return false;
    this.#change((names) => names.delete(name));
    return true;
  }

  sync(): void {
    this.#durable = new Map(this.#seen);
    this.#changes = [];
  }

  /** Takes a name away as if it had never been. */
  lose(name: string): void {
    this.sync();
    this.#seen.delete(name);
    this.#durable.delete(name);
  }

  /** Keeps the durable names and the first few changes, as a journal does, and tears the files. */
  crash(random: Random): void {
    const kept = Math.floor(random.next() * (this.#changes.length + 1));
    for (const change of this.#changes.slice(0, kept)) change(this.#durable);
    this.#changes = [];
    this.#seen = new Map(this.#durable);
    for (const inode of this.#seen.values()) inode.crash(random);
  }

  #change(change: (names: Names) => void): void {
    change(this.#seen);
    this.#changes.push(change);
  }
}
