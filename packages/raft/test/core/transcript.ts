import { assert } from '../../src/core/assert.ts';
import { COMMANDS, type Stage, stageOf } from './transcript-commands.ts';

/**
 * A transcript: comments (`# …`), and commands, each followed by `----` and by what happens then, up to an empty line.
 * `rerun` gives the text as it is with what happens now.
 */
export function rerun(text: string): string {
  const written: string[] = [];
  let stage: Stage | undefined;
  let isOutput = false;
  for (const line of text.split('\n')) {
    if (line === '') isOutput = false;
    if (line === '----') {
      isOutput = true;
      continue;
    }
    if (isOutput) continue;
    written.push(line);
    if (line === '' || line.startsWith('#')) continue;
    stage = perform(stage, line.split(' '));
    written.push('----', ...stage.watch.take());
  }
  return written.join('\n');
}

function perform(stage: Stage | undefined, words: readonly string[]): Stage {
  const [name = '', ...rest] = words;
  if (name === 'nodes') return stageOf(words);
  const command = COMMANDS[name];
  assert(command !== undefined && stage !== undefined, `${name} is no command, or comes too early`);
  command(stage, rest);
  return stage;
}
