import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  type DataOwner,
  defaultDirectory,
  findEarlierData,
  noteAddresses,
} from '../src/data-directory.ts';
import { TempFolder } from './processes/temp-folder.ts';

function ownerOf(clusterId: string, ports: readonly number[], index: number): DataOwner {
  const addresses = ports.map((port) => ({ ip: '10.0.0.1', port, internalPort: port + 100 }));
  return { clusterId: clusterId.repeat(32), addresses, index };
}

/** As a node that ran leaves it. */
function leaveData(owner: DataOwner, folder: TempFolder): string {
  const directory = defaultDirectory(owner, folder.path);
  noteAddresses(directory, owner);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '1.log'), '');
  return directory;
}

describe('default data directory', () => {
  it('depends on the address list and the index', () => {
    const directory = defaultDirectory(ownerOf('a', [1, 2], 1), '/w');
    expect(directory).toBe(join('/w', 'rrmq-data', 'aaaaaaaaaaaa', 'node-1'));
  });

  it('of the same address under another list is found', () => {
    using folder = new TempFolder();
    const earlier = leaveData(ownerOf('a', [5, 7, 6], 1), folder);
    expect(findEarlierData(ownerOf('b', [7, 8], 0), folder.path)).toEqual([earlier]);
  });

  it.each([
    ['the same list', ownerOf('a', [7, 8], 0)],
    ['another address', ownerOf('b', [9], 0)],
    ['another node of this machine', ownerOf('b', [7, 8], 1)],
  ])('of %s is no earlier data', (_, owner) => {
    using folder = new TempFolder();
    leaveData(ownerOf('a', [7, 8], 0), folder);
    expect(findEarlierData(owner, folder.path)).toEqual([]);
  });

  it('an empty root, or a folder that is none of ours, is no earlier data', () => {
    using folder = new TempFolder();
    expect(findEarlierData(ownerOf('b', [7], 0), folder.path)).toEqual([]);
    mkdirSync(folder.file('rrmq-data/dev'), { recursive: true });
    writeFileSync(folder.file('rrmq-data/dev/addresses.json'), 'x');
    expect(findEarlierData(ownerOf('b', [7], 0), folder.path)).toEqual([]);
  });
});
