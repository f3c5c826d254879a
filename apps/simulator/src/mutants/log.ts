import type { Mutant } from './mutant.ts';

const COMPACTION = 'raft/src/storage/compaction.ts';
const RECOVERY = 'raft/src/storage/recovery.ts';
const WRITER = 'raft/src/storage/log-writer.ts';

/** Bugs of the durable log: what a crash leaves, and what recovery makes of it. */
export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'failed-write-ignored',
    what: 'a write that failed counts as durable',
    patches: [
      {
        file: WRITER,
        find: 'await file.write(padded, offset);',
        replace: 'await file.write(padded, offset).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'write-not-awaited',
    what: 'a write counts as durable when it was handed to the disk',
    patches: [
      {
        file: WRITER,
        find: 'await file.write(padded, offset);',
        replace: 'void file.write(padded, offset).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'rename-without-directory-sync',
    what: 'a segment gets its name without a sync of the directory: a crash takes the name away',
    patches: [
      {
        file: 'raft/src/storage/log-directory.ts',
        find: 'await this.disk.syncDirectory(this.path);',
        replace: '',
      },
    ],
  },
  {
    name: 'segment-named-before-its-head',
    what: 'a new segment gets its name before its head is durable in it',
    patches: [
      {
        file: 'raft/src/storage/open-segment.ts',
        find: "await directory.withFile(SEGMENT_TEMP, 'append', (file) => file.write(padded, 0));\n  await directory.name(SEGMENT_TEMP, beginning.head.segment);",
        replace:
          "await directory.name(SEGMENT_TEMP, beginning.head.segment);\n  await directory.withFile(segmentName(beginning.head.segment), 'append', (file) => file.write(padded, 0));",
      },
    ],
  },
  {
    name: 'segments-removed-before-later-head',
    what: 'old segments are removed before a later head says that the log begins behind them',
    patches: [
      {
        file: WRITER,
        find: 'this.#segment = await usePrepared(directory, beginning, prepared);\n    await file.close();\n    compaction.carryOut(plan, prepared.bytes);',
        replace:
          'compaction.carryOut(plan, prepared.bytes);\n    this.#segment = await usePrepared(directory, beginning, prepared);\n    await file.close();',
      },
    ],
  },
  {
    name: 'boot-removes-before-later-head',
    what: 'a boot removes the segments that it will not need before its own head is durable',
    patches: [
      {
        file: 'raft/src/storage/boot.ts',
        find: 'const segment = await makeSegment(directory, beginning, booting.firstBytes);\n  image.index.move',
        replace:
          'await removeVoid(directory, head, segments);\n  const segment = await makeSegment(directory, beginning, booting.firstBytes);\n  image.index.move',
      },
    ],
  },
  {
    name: 'compaction-before-mark',
    what: 'entries are dropped though no mark says that the store holds them',
    patches: [
      {
        file: COMPACTION,
        find: 'const marked = image.mark?.index ?? 0;',
        replace: 'const marked = image.last;',
      },
      {
        file: 'raft/src/storage/log-image.ts',
        find: "assert(base.index <= (this.#mark?.index ?? 0), 'a mark covers what is compacted');",
        replace: '',
      },
      {
        file: RECOVERY,
        find: 'if ((image.mark?.index ?? 0) >= compacted) return;',
        replace: 'return;',
      },
      {
        file: 'raft/src/core/state.ts',
        find: "assert(index <= this.#applied, 'only what is applied is compacted');",
        replace: 'if (index > this.#applied) return;',
      },
    ],
  },
  {
    name: 'torn-frame-accepted',
    what: 'a last frame whose payload is not whole is taken for whole',
    patches: [
      {
        file: RECOVERY,
        find: 'if (damagedRecord(frame) !== undefined) break;',
        replace: '',
      },
      {
        file: 'raft/src/storage/boot.ts',
        find: 'if (frame === undefined || damagedRecord(frame) !== undefined) {',
        replace: 'if (frame === undefined) {',
      },
    ],
  },
  {
    name: 'last-frame-not-rewritten',
    what: 'after an unclean stop the last frame is trusted as the page cache shows it (fsyncgate)',
    patches: [
      {
        file: RECOVERY,
        find: 'return { carried: carrying.choose(this.#carriedBytesMax, image.endsClean), tornBytes };',
        replace: 'return { carried: cursor.carrying(0, image.standing()), tornBytes };',
      },
    ],
  },
  {
    name: 'end-without-scan',
    what: 'the log ends at the first damaged frame, whatever stands behind it: acknowledged entries are cut off',
    patches: [{ file: RECOVERY, find: 'if (later !== undefined) {', replace: 'if (false) {' }],
  },
  {
    name: 'head-of-an-earlier-vote',
    what: 'the head of a new segment repeats term and vote of the head before it',
    patches: [
      {
        file: WRITER,
        find: 'standing: image.standing(),',
        replace: 'standing: { ...image.standing(), hardState: oldHead.standing.hardState },',
      },
    ],
  },
];
