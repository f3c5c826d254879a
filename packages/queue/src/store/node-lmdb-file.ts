import * as fs from 'node:fs/promises';
import { codeOf } from '../bytes/error-code.ts';
import { StoreCorrupt } from './store.ts';
import { type RootDatabase, open } from 'lmdb';

/**
 * What LMDB (data format 2, of a machine of this byte order) writes at the start of its first two pages. It checks none of it well: a
 * file of other bytes, or one that was cut, would end the process by a signal. So it is looked at beforehand.
 *
 *     page 0 and 1  | … 24 bytes | u32 magic | u32 format | … 16 bytes | u32 page bytes | … 92 bytes | u64 last page |
 */
const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const MAGIC_AT = 24;
const FORMAT_AT = 28;
const PAGE_BYTES_AT = 48;
const LAST_PAGE_AT = 144;
const META_BYTES = 152;
const PAGE_BYTES_MAX = 65_536;

export type Lmdb = RootDatabase<Buffer, Buffer>;

/**
 * Opens an LMDB file. Its settings keep LMDB's own promise, that a transaction is durable when it is committed: no
 * `overlappingSync`, `noSync` or `useWritemap`. The map grows by itself.
 */
export async function openLmdb(file: string, { readOnly = false } = {}): Promise<Lmdb> {
  await prepare(file);
  return open<Buffer, Buffer>({
    path: file,
    noSubdir: true,
    encoding: 'binary',
    keyEncoder: KEYS,
    encoder: VALUES,
    maxDbs: 1,
    overlappingSync: false,
    eventTurnBatching: false,
    readOnly,
  });
}

/**
 * LMDB reads into memory of its own; the copies that it makes of it take five times as long as these. It writes over the
 * `length` of its memory, so that methods of `Buffer` are wrong about it.
 */
function copyOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
  return copy;
}

const KEYS = {
  writeKey: (key: Buffer, target: Buffer, start: number): number => {
    target.set(key, start);
    return start + key.length;
  },
  readKey: copyOf,
};

const VALUES = {
  encode: (value: Buffer): Buffer => value,
  decode: (bytes: Uint8Array): Buffer => copyOf(bytes, 0, bytes.length),
};

/** Throws `StoreCorrupt` unless the file is missing, or is one that LMDB can open. */
async function prepare(file: string): Promise<void> {
  const bytes = await sizeOf(file);
  if (bytes === undefined) return;
  const pages = Buffer.alloc(PAGE_BYTES_MAX + META_BYTES);
  const handle = await fs.open(file, 'r');
  try {
    await handle.read(pages, 0, pages.length, 0);
  } finally {
    await handle.close();
  }
  const pageBytes = pages.readUInt32LE(PAGE_BYTES_AT);
  const sound =
    pageBytes <= PAGE_BYTES_MAX &&
    [0, pageBytes].every(
      (at) =>
        pages.readUInt32LE(at + MAGIC_AT) === MAGIC &&
        (pages.readUInt32LE(at + FORMAT_AT) & 0xffff) === FORMAT,
    );
  if (!sound) throw new StoreCorrupt(`${file} is no LMDB file of format ${FORMAT}`);
  const lastPage = Math.max(...[0, pageBytes].map((at) => readU64(pages, at + LAST_PAGE_AT)));
  const wanted = (lastPage + 1) * pageBytes;
  // LMDB leaves out last pages that are free. When others are missing, reading zeros shows it.
  if (Number.isSafeInteger(wanted) && bytes < wanted) await fs.truncate(file, wanted);
}

function readU64(pages: Buffer, at: number): number {
  return pages.readUInt32LE(at) + pages.readUInt32LE(at + 4) * 0x1_0000_0000;
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const { size } = await fs.stat(file);
    return size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
