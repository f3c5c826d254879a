import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeAddress } from '@rrmq/raft';

/** The folder under the working directory that holds the data of all clusters. */
const DATA_ROOT = 'rrmq-data';

/** Beside the nodes' directories: the address list that they were made from, for people and for `findEarlierData`. */
const ADDRESSES_FILE = 'addresses.json';

/** How many folders of clusters are looked at: a start must not wait for a data root that others filled. */
const CLUSTERS_MAX = 1_000;

/** Enough of the cluster id (a hash of the address list) to tell lists apart. */
const FOLDER_NAME_LENGTH = 12;

/** Which node's data is meant. */
export interface DataOwner {
  readonly clusterId: string;
  readonly addresses: readonly NodeAddress[];
  readonly index: number;
}

/** Where a node's data lives unless told otherwise: another address list never meets it. */
export function defaultDirectory(
  { clusterId, index }: DataOwner,
  workingDirectory: string,
): string {
  return join(workingDirectory, DATA_ROOT, folderName(clusterId), nodeFolder(index));
}

/** Writes down, beside a default directory, which list it belongs to. Once; failures are told by the log that follows. */
export function noteAddresses(directory: string, { addresses }: DataOwner): void {
  const folder = dirname(directory);
  try {
    mkdirSync(folder, { recursive: true });
    const text = `${JSON.stringify({ addresses }, undefined, 2)}\n`;
    writeFileSync(join(folder, ADDRESSES_FILE), text, { flag: 'wx' });
  } catch {
    // It exists, or nothing can be written here: then the log cannot be made either, and says why.
  }
}

/**
 * Data directories of a node with this very address under another address list: somebody edited the config file, and
 * the messages of the cluster before are not in this one.
 */
export function findEarlierData(owner: DataOwner, workingDirectory: string): string[] {
  const root = join(workingDirectory, DATA_ROOT);
  const own = owner.addresses[owner.index];
  if (own === undefined) return [];
  return namesIn(root)
    .filter((name) => name !== folderName(owner.clusterId))
    .slice(0, CLUSTERS_MAX)
    .flatMap((name) =>
      listedIn(join(root, name)).flatMap((address, index) =>
        address === addressKey(own) ? [join(root, name, nodeFolder(index))] : [],
      ),
    )
    .filter((directory) => namesIn(directory).length > 0);
}

/** Whether a node has its data here. */
export function holdsLog(directory: string): boolean {
  return namesIn(directory).some((name) => /^\d+\.log$/.test(name));
}

const folderName = (clusterId: string): string => clusterId.slice(0, FOLDER_NAME_LENGTH);
const nodeFolder = (index: number): string => `node-${index}`;
const addressKey = ({ ip, port }: { ip: string; port: number }): string => `${ip}:${port}`;

/** Names in a directory; none when it cannot be read. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The addresses that a cluster's folder was made from; none when it does not say. */
function listedIn(folder: string): string[] {
  try {
    const text = readFileSync(join(folder, ADDRESSES_FILE), 'utf8');
    const { addresses } = JSON.parse(text) as { addresses: { ip: string; port: number }[] };
    return addresses.map(addressKey);
  } catch {
    return [];
  }
}
