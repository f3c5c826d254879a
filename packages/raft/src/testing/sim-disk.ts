import type { DirectoryLock, Disk, DiskFile, OpenMode } from '../ports.ts';
import { SimDirectory } from './sim-directory.ts';
import { SimInode } from './sim-inode.ts';
import { SimMount } from './sim-mount.ts';
import { type DiskOperationKind, type SimDiskOptions, SimStore, nameOf } from './sim-store.ts';

/** What programs see on a disk: by directory, the files by name. */
export type SimDiskImage = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

/**
 * A disk in memory that forgets what was not synced. It keeps two states, what programs see and what would survive:
 * - a write in `append` mode survives when its promise has resolved, one in `create` mode after `sync`; at a crash any
 *   subset of the 512-byte sectors that are not synced or are in flight survives;
 * - created, renamed and unlinked names survive after `syncDirectory`; at a crash some first ones of those that are
 *   not synced survive, in order;
 * - a failed write or sync leaves bytes that programs see and that never survive, as a page cache does; one for which
 *   there is no room (`setCapacity`) leaves nothing.
 * Deterministic: the same calls and the same `random` give the same disk. Directories themselves are durable at once.
 *
 * Used directly it belongs to whichever life is now. A process that can be crashed gets a `mount()` of its own.
 */
export class SimDisk implements Disk {
  readonly #store: SimStore;

  constructor(options: SimDiskOptions) {
    this.#store = new SimStore(options);
  }

  /** The disk for one life of a process: after `crash` and `kill` nothing that it asks ever ends or has an effect. */
  mount(): Disk {
    return new SimMount(this.#store);
  }

  /** Power fails: only what is durable is left, plus chance's share of the rest. Ends the life of all mounts. */
  crash(): void {
    this.#store.crash();
  }

  /**
   * The process dies and the machine goes on: what was written stays as programs saw it; what was in flight happens or
   * does not, and a write that happens is seen without being durable. Ends the life of all mounts.
   */
  kill(): void {
    this.#store.kill();
  }

  /** The next operation of this kind fails with `code`. */
  failNext(kind: DiskOperationKind, code = 'EIO'): void {
    this.#store.failNext(kind, code);
  }

  /** Failures that were ordered and have not been met are taken back. */
  failNever(): void {
    this.#store.failNever();
  }

  /** How much all files together may hold; a write that needs more fails with ENOSPC and changes nothing. */
  setCapacity(bytes: number): void {
    this.#store.capacityBytes = bytes;
  }

  /** What all files together hold, as programs see them. */
  get usedBytes(): number {
    return this.#store.usedBytes;
  }

  /** Turns one bit of a file, in what programs see and in what survives. Who reads it must notice, or lose nothing. */
  flipBit(path: string, offset: number, bit = 0): void {
    this.#store.inode(path).flipBit(offset, bit);
  }

  /** Cuts a file, in what programs see and in what survives. */
  truncate(path: string, bytes: number): void {
    this.#store.inode(path).truncate(bytes);
    this.#store.tampered();
  }

  /** Takes a name away, durably and without a trace. */
  lose(path: string): void {
    this.#store.parent(path).lose(nameOf(path));
    this.#store.tampered();
  }

  /** A copy of what a program sees. */
  contents(path: string): Buffer {
    return this.#store.inode(path).contents();
  }

  /** A copy of all that programs see, as a backup of the whole disk is. */
  image(): SimDiskImage {
    const { directories } = this.#store;
    return new Map(
      [...directories].map(([path, directory]) => [
        path,
        new Map(directory.names().map((name) => [name, this.contents(`${path}/${name}`)])),
      ]),
    );
  }

  /** Replaces all that is on the disk, durably; an empty image is a new disk. Ends the life of all mounts. */
  restore(image: SimDiskImage): void {
    const { directories } = this.#store;
    this.#store.kill();
    this.#store.tampered();
    directories.clear();
    for (const [path, files] of image) {
      const directory = new SimDirectory();
      for (const [name, contents] of files) {
        const inode = new SimInode();
        inode.write(contents, 0);
        inode.sync();
        directory.set(name, inode);
      }
      directory.sync();
      directories.set(path, directory);
    }
  }

  async makeDirectory(path: string): Promise<void> {
    return this.mount().makeDirectory(path);
  }

  async list(directory: string): Promise<readonly string[]> {
    return this.mount().list(directory);
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.mount().open(path, mode);
  }

  async rename(from: string, to: string): Promise<void> {
    return this.mount().rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    return this.mount().unlink(path);
  }

  async syncDirectory(directory: string): Promise<void> {
    return this.mount().syncDirectory(directory);
  }

  async freeBytes(directory: string): Promise<number> {
    return this.mount().freeBytes(directory);
  }

  async lock(directory: string): Promise<DirectoryLock | undefined> {
    return this.mount().lock(directory);
  }
}
