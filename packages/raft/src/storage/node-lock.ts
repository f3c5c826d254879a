import * as fs from 'node:fs';
import * as path from 'node:path';
import type { DirectoryLock } from '../ports.ts';
import { codeOf } from './error-code.ts';

/**
 * Locks are files `lock-1`, `lock-2`, …; the highest one tells who holds the directory. Whoever finds its holder gone
 * links the next number, which only one can do, and then removes the lower ones. Numbers never go back, for the highest
 * file is emptied and not removed on release: so a slow taker that saw an older lock either finds its number taken or
 * sees, after linking, that a higher one exists, and has lost.
 */
const LOCK_NAME = /^lock-(\d+)$/;

/** Why a process is still the one that took the lock: its number may have been given to another one since. */
interface Holder {
  readonly pid: number;
  /** Clock ticks from boot to its start; empty where the system does not tell. */
  readonly startedAt: string;
  /** Names this boot of the machine; empty where the system does not tell. */
  readonly bootId: string;
}

let attempts = 0;

/**
 * Takes the directory for this process; `undefined` when a live process, this one included, holds it. Processes in
 * different containers do not see each other: never share a data directory between containers.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock | undefined> {
  attempts += 1;
  const temp = path.join(directory, `lock-temp-${process.pid}-${attempts}`);
  await fs.promises.writeFile(temp, JSON.stringify(await thisProcess()));
  try {
    return await takeNext(directory, temp);
  } finally {
    await fs.promises.unlink(temp);
  }
}

async function takeNext(directory: string, temp: string): Promise<DirectoryLock | undefined> {
  const highest = await highestLock(directory);
  if (highest > 0 && (await isHeld(lockFile(directory, highest)))) return undefined;
  const mine = highest + 1;
  if (!(await linked(temp, lockFile(directory, mine)))) return undefined;
  if ((await highestLock(directory)) > mine) {
    await fs.promises.unlink(lockFile(directory, mine));
    return undefined;
  }
  await removeLower(directory, mine);
  return { release: async () => fs.promises.truncate(lockFile(directory, mine), 0) };
}

const lockFile = (directory: string, number: number): string =>
  path.join(directory, `lock-${number}`);

async function lockNumbers(directory: string): Promise<number[]> {
  const names = await fs.promises.readdir(directory);
  return names.map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
}

const highestLock = async (directory: string): Promise<number> =>
  Math.max(0, ...(await lockNumbers(directory)));

async function removeLower(directory: string, mine: number): Promise<void> {
  for (const number of await lockNumbers(directory)) {
    if (number < mine) await fs.promises.rm(lockFile(directory, number), { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await fs.promises.link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A lock file that is empty was released; one that has gone was overtaken, by someone who is alive. */
async function isHeld(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  if (holder === undefined) return false;
  if (holder === 'gone') return true;
  const self = await thisProcess();
  if (holder.bootId !== self.bootId || !isAlive(holder.pid)) return false;
  const { startedAt, isZombie } = await readProcess(holder.pid);
  return holder.startedAt === startedAt && !isZombie;
}

async function readHolder(file: string): Promise<Holder | 'gone' | undefined> {
  try {
    const text = await fs.promises.readFile(file, 'utf8');
    return parseHolder(text);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
}

/** A lock that a crash of the machine left cut short has no holder. */
function parseHolder(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text);
    return isHolder(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const told = 'pid' in value && 'startedAt' in value && 'bootId' in value;
  return told && typeof value.pid === 'number' && typeof value.startedAt === 'string';
}

async function thisProcess(): Promise<Holder> {
  const bootId = await readOrEmpty('/proc/sys/kernel/random/boot_id');
  const { startedAt } = await readProcess(process.pid);
  return { pid: process.pid, startedAt, bootId: bootId.trim() };
}

/** What the system tells about a process. */
interface SeenProcess {
  /** As in `Holder`. */
  readonly startedAt: string;
  /** It is dead, and its parent has not asked about it yet. Its number is taken, its files are closed. */
  readonly isZombie: boolean;
}

/**
 * Fields 3, 20 and 22 of `/proc/<pid>/stat`; the command in field 2 may hold spaces and parentheses. A process whose
 * first thread is dead may have others that still write: only the last one makes it a zombie.
 */
async function readProcess(pid: number): Promise<SeenProcess> {
  const stat = await readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', threads, startedAt = ''] = [fields[0], fields[17], fields[19]];
  return { startedAt, isZombie: ['Z', 'X'].includes(state) && Number(threads) <= 1 };
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await fs.promises.readFile(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
