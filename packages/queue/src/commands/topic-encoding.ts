import { fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, NO_FLAGS, beginCommand } from './command-header.ts';
import type { CreateTopic, DeleteTopic, PauseTopic, TopicVersion, UpdateTopic } from './command.ts';
import { settingsBytes, writeSettings } from './settings-encoding.ts';

/** Numbers on disk, as all flags: never reuse one. */
export const CreateFlag = { settings: 1 } as const;
export const VersionFlag = { expected: 1 } as const;

/** What a pause pauses: numbers on disk. */
export const Paused = { publishing: 1, receiving: 2 } as const;

const VERSION_BYTES = 16;

export function encodeCreate({ topic, settings }: CreateTopic): Buffer {
  const flags = settings === undefined ? NO_FLAGS : CreateFlag.settings;
  const size = fieldBytes(topic) + (settings === undefined ? 0 : settingsBytes(settings));
  const writer = beginCommand(CommandKind.createTopic, flags, size).field(topic);
  if (settings !== undefined) writeSettings(writer, settings);
  return writer.finish();
}

export function encodeUpdate({ topic, settings, expected }: UpdateTopic): Buffer {
  const flags = expected === undefined ? NO_FLAGS : VersionFlag.expected;
  const size = fieldBytes(topic) + settingsBytes(settings) + versionBytes(expected);
  const writer = beginCommand(CommandKind.updateTopic, flags, size).field(topic);
  writeSettings(writer, settings);
  if (expected !== undefined) writer.u64(expected.number).u64(expected.version);
  return writer.finish();
}

export function encodeDelete({ topic, expected }: DeleteTopic): Buffer {
  const flags = expected === undefined ? NO_FLAGS : VersionFlag.expected;
  const size = fieldBytes(topic) + versionBytes(expected);
  const writer = beginCommand(CommandKind.deleteTopic, flags, size).field(topic);
  if (expected !== undefined) writer.u64(expected.number).u64(expected.version);
  return writer.finish();
}

export function encodePause({ topic, publishing, receiving }: PauseTopic): Buffer {
  const paused = (publishing ? Paused.publishing : 0) | (receiving ? Paused.receiving : 0);
  const writer = beginCommand(CommandKind.pauseTopic, NO_FLAGS, fieldBytes(topic) + 1);
  return writer.field(topic).u8(paused).finish();
}

const versionBytes = (expected: TopicVersion | undefined): number =>
  expected === undefined ? 0 : VERSION_BYTES;
