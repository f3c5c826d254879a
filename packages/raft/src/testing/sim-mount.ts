import { assert } from '../core/assert.ts';
import type { DirectoryLock, Disk, DiskFile, OpenMode } from '../ports.ts';
import { SimDirectory } from './sim-directory.ts';
import { SimInode } from './sim-inode.ts';
import {
  type DiskOperationKind,
  type SimStore,
  type Steps,
  diskError,
  directoryOf,
  missing,
  nameOf,
} from './sim-store.ts';

/** A simulated disk as one life of a process sees it: after a crash or a kill nothing that it asks ever ends. */
export class SimMount implements Disk {
  readonly #store: SimStore;
  readonly #life: number;

  constructor(store: SimStore) {
    this.#store = store;
    this.#life = store.lives;
  }

  async makeDirectory(path: string): Promise<void> {
    return this.#operate('makeDirectory', path, () => {
      const { directories } = this.#store;
      if (!directories.has(path)) directories.set(path, new SimDirectory());
    });
  }

  async list(directory: string): Promise<readonly string[]> {
    return this.#operate('list', directory, () => this.#store.directory(directory).names());
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#operate('open', path, () => {
      const parent = this.#store.parent(path);
      const found = parent.get(nameOf(path));
      if (mode !== 'create') return this.#file(path, mode, found ?? missing(path));
      if (found !== undefined) throw diskError('EEXIST', path);
      const made = new SimInode();
      parent.set(nameOf(path), made);
      return this.#file(path, mode, made);
    });
  }

  /** Within one directory. */
  async rename(from: string, to: string): Promise<void> {
    return this.#operate('rename', from, () => {
      assert(directoryOf(from) === directoryOf(to), 'files are renamed within a directory');
      if (!this.#store.parent(from).rename(nameOf(from), nameOf(to))) missing(from);
    });
  }

  async unlink(path: string): Promise<void> {
    return this.#operate('unlink', path, () => {
      if (!this.#store.parent(path).unlink(nameOf(path))) missing(path);
    });
  }

  async syncDirectory(directory: string): Promise<void> {
    return this.#operate('syncDirectory', directory, () => {
      this.#store.directory(directory).sync();
    });
  }

  async freeBytes(directory: string): Promise<number> {
    return this.#operate('freeBytes', directory, () => {
      const { capacityBytes, usedBytes } = this.#store;
      return Math.max(0, capacityBytes - usedBytes);
    });
  }

  async lock(directory: string): Promise<DirectoryLock | undefined> {
    return this.#operate('lock', directory, () => {
      const { locks } = this.#store;
      if (locks.has(directory)) return undefined;
      locks.add(directory);
      const free = async () => {
        if (this.#life === this.#store.lives) locks.delete(directory);
      };
      return { release: free };
    });
  }

  #file(path: string, mode: OpenMode, inode: SimInode): DiskFile {
    const operate = async <T>(
      kind: 'size' | 'read' | 'write' | 'sync' | 'close',
      bytes: number,
      steps: Steps<T>,
    ): Promise<T> => this.#store.operate(this.#life, { kind, path, bytes }, steps);
    return {
      size: async () => operate('size', 0, { act: () => inode.bytes }),
      read: async (target, position) =>
        operate('read', target.length, { act: () => inode.read(target, position) }),
      write: async (bytes, position) => {
        if (mode === 'read') throw diskError('EBADF', path);
        const steps = writing(inode, { bytes, position, mode });
        const growth = position + bytes.length - inode.bytes;
        const durable = mode === 'append' ? this.#store.appended(bytes) : undefined;
        const act = () => {
          this.#store.requireRoom(growth, path);
          steps.act();
          durable?.();
        };
        return operate('write', bytes.length, { ...steps, act });
      },
      sync: async () => operate('sync', 0, syncing(inode)),
      close: async () => operate('close', 0, { act: () => undefined }),
    };
  }

  async #operate<T>(
    kind: Exclude<DiskOperationKind, 'size' | 'read' | 'write' | 'sync' | 'close'>,
    path: string,
    act: () => T,
  ): Promise<T> {
    return this.#store.operate(this.#life, { kind, path, bytes: 0 }, { act });
  }
}

interface Written {
  readonly bytes: Uint8Array;
  readonly position: number;
  readonly mode: OpenMode;
}

/** The bytes are looked at when the write happens: a caller that changes them too early is found out. */
function writing(inode: SimInode, { bytes, position, mode }: Written): Steps<void> {
  const write = () => {
    inode.write(bytes, position);
  };
  return {
    act: () => {
      write();
      if (mode === 'append') inode.persist(position, bytes.length);
    },
    fail: () => {
      write();
      inode.forget();
    },
    crash: write,
  };
}

function syncing(inode: SimInode): Steps<void> {
  return {
    act: () => {
      inode.sync();
    },
    fail: () => {
      inode.forget();
    },
  };
}
