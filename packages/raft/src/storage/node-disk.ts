import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Disk, DiskFile, DirectoryLock, OpenMode } from '../ports.ts';
import { lockDirectory } from './node-lock.ts';

/** On Linux a write through this is durable when it returns: one trip to the thread pool instead of two. */
const APPEND_FLAGS =
  process.platform === 'linux' ? fs.constants.O_RDWR | fs.constants.O_DSYNC : fs.constants.O_RDWR;
const SYNC_AFTER_APPEND = process.platform !== 'linux';

const FLAGS: Record<OpenMode, string | number> = {
  read: 'r',
  create: 'wx+',
  append: APPEND_FLAGS,
};

/** The file system of this machine. */
export class NodeDisk implements Disk {
  async makeDirectory(directory: string): Promise<void> {
    const made = await fs.promises.mkdir(directory, { recursive: true });
    if (made === undefined) return;
    let parent = path.dirname(made);
    for (const name of path.relative(parent, directory).split(path.sep)) {
      await this.syncDirectory(parent);
      parent = path.join(parent, name);
    }
  }

  async list(directory: string): Promise<readonly string[]> {
    const names = await fs.promises.readdir(directory);
    return names.toSorted();
  }

  async open(file: string, mode: OpenMode): Promise<DiskFile> {
    const descriptor = await called<number>((back) => fs.open(file, FLAGS[mode], 0o644, back));
    return new NodeFile(descriptor, mode === 'append' && SYNC_AFTER_APPEND);
  }

  async rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(from, to);
  }

  async unlink(file: string): Promise<void> {
    return fs.promises.unlink(file);
  }

  async syncDirectory(directory: string): Promise<void> {
    // Windows cannot open a directory for this, and keeps its directory entries in a journal.
    if (process.platform === 'win32') return;
    const descriptor = await called<number>((back) => fs.open(directory, 'r', back));
    try {
      await called<void>((back) => fs.fsync(descriptor, back));
    } finally {
      await called<void>((back) => fs.close(descriptor, back));
    }
  }

  async freeBytes(directory: string): Promise<number> {
    // What is left to processes without privileges: file systems keep some blocks for others.
    const { bavail, bsize } = await fs.promises.statfs(directory);
    return bavail * bsize;
  }

  async lock(directory: string): Promise<DirectoryLock | undefined> {
    return lockDirectory(directory);
  }
}

class NodeFile implements DiskFile {
  readonly #descriptor: number;
  readonly #syncAfterWrite: boolean;

  constructor(descriptor: number, syncAfterWrite: boolean) {
    this.#descriptor = descriptor;
    this.#syncAfterWrite = syncAfterWrite;
  }

  async size(): Promise<number> {
    const { size } = await called<fs.Stats>((back) => fs.fstat(this.#descriptor, back));
    return size;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const read = await this.#readOnce(target.subarray(done), position + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = await this.#writeOnce(bytes, position);
    while (done < bytes.length)
      done += await this.#writeOnce(bytes.subarray(done), position + done);
    if (this.#syncAfterWrite) await this.sync();
  }

  async sync(): Promise<void> {
    return called<void>((back) => fs.fdatasync(this.#descriptor, back));
  }

  async close(): Promise<void> {
    return called<void>((back) => fs.close(this.#descriptor, back));
  }

  async #readOnce(target: Uint8Array, position: number): Promise<number> {
    return called<number>((back) =>
      fs.read(this.#descriptor, target, 0, target.length, position, back),
    );
  }

  async #writeOnce(bytes: Uint8Array, position: number): Promise<number> {
    return called<number>((back) =>
      fs.write(this.#descriptor, bytes, 0, bytes.length, position, back),
    );
  }
}

type Back<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

/** One promise around one callback: cheaper than `fs.promises` with its `FileHandle`. */
async function called<T>(start: (back: Back<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}
