import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { exitCodes } from './exit-code.ts';
import { Failure } from './failure.ts';
import { reasonOf } from './reason.ts';

/** A backup holds every message: it is for its owner only. */
const MODE = 0o600;

/**
 * A file that appears under its name when it is whole and on disk, or not at all. Until then it is beside it, under a
 * name that ends in `.partial`.
 */
export class NewFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #force: boolean;
  readonly #handle: FileHandle;

  private constructor(path: string, force: boolean, handle: FileHandle) {
    this.#path = path;
    this.#partial = partialOf(path);
    this.#force = force;
    this.#handle = handle;
  }

  /** `force`: may take the place of an older file. @throws {Failure} when it may not, or cannot be written. */
  static async create(path: string, force: boolean): Promise<NewFile> {
    if (!force && (await exists(path))) throw taken(path);
    const handle = await open(partialOf(path), 'wx', MODE).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    return new NewFile(path, force, handle);
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Gives the file its name, durably. */
  async finish(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await this.#giveName();
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      throw error instanceof Failure ? error : unwritable(this.#path, error);
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await unlink(this.#partial).catch(() => undefined);
  }

  /** A link fails where a file has appeared meanwhile; a rename would take its place in silence. */
  async #giveName(): Promise<void> {
    if (this.#force) return rename(this.#partial, this.#path);
    try {
      await link(this.#partial, this.#path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST' || (await exists(this.#path))) throw taken(this.#path);
      // Some file systems have no links.
      return rename(this.#partial, this.#path);
    }
    await unlink(this.#partial);
  }
}

function partialOf(path: string): string {
  return `${path}.${process.pid}.partial`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function taken(path: string): Failure {
  const next = 'choose another name, or pass --force to replace it';
  return new Failure(`${path} exists already`, next, exitCodes.failure);
}

function unwritable(path: string, error: unknown): Failure {
  if (codeOf(error) === 'ENOENT') {
    const what = `cannot write ${path}: there is no folder ${dirname(path)}`;
    return new Failure(what, 'create the folder, or choose another', exitCodes.failure);
  }
  const next = 'choose a place that can be written and has room';
  return new Failure(`cannot write ${path}: ${reasonOf(error)}`, next, exitCodes.failure);
}

function codeOf(error: unknown): string | undefined {
  return types.isNativeError(error) && 'code' in error ? String(error.code) : undefined;
}
