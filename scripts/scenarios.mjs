/**
 * Prints where each scenario of docs/SCENARIOS.md is tested: `pnpm scenarios`. A test says so by the scenario's name in
 * its title, a transcript in its first line. Fails when one has neither a test nor a reason why it has none, and when a
 * reason stands beside a scenario that is tested or unknown.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const NAME = /\b[ERMSWLQ]\d\d\b/g;

/** A row of a table: `| E01 | text |`. */
const ROW = /^\| ([A-Z]\d\d) +\| (.*?) *\|$/gm;

/** @param {string} path */
function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

/** @param {string} text */
function rowsOf(text) {
  return new Map([...text.matchAll(ROW)].map(([, id = '', cell = '']) => [id, cell]));
}

/**
 * The files below a folder, with `/` between the parts of their paths; none when there is no such folder.
 *
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch {
    return [];
  }
}

/**
 * Titles of tests: strings of one line, outside comments.
 *
 * @param {string} path
 */
function titlesIn(path) {
  const code = read(path)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');
  const strings = code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g) ?? [];
  return strings.map((string) => string.slice(1, -1));
}

/** Everything that may name scenarios: where it stands, and what it says. */
function* named() {
  for (const top of ['packages', 'apps']) {
    for (const { name } of readdirSync(join(root, top), { withFileTypes: true })) {
      for (const path of filesBelow(`${top}/${name}/test`)) {
        if (!path.endsWith('.ts')) continue;
        for (const title of titlesIn(path)) yield { path, title };
      }
    }
  }
  for (const path of filesBelow('packages/raft/scenarios')) {
    const [first = ''] = read(path).split('\n');
    yield { path, title: first.replace(/^# */, '') };
  }
}

const [described = '', , leftOutText = ''] = read('docs/SCENARIOS.md').split(
  /^## (?:Tested with limits|Left out)$/m,
);
const scenarios = rowsOf(described);
const leftOut = rowsOf(leftOutText);

/** @type {Map<string, string[]>} */
const tests = new Map();
for (const { path, title } of named()) {
  for (const [id] of title.matchAll(NAME)) {
    tests.set(id, [...(tests.get(id) ?? []), `${path}: ${title}`]);
  }
}

/** @type {string[]} */
const wrong = [];

for (const id of scenarios.keys()) {
  const found = tests.get(id) ?? [];
  const reason = leftOut.get(id);
  console.log(`${id} ${scenarios.get(id)}`);
  for (const test of found) console.log(`    ${test}`);
  if (reason !== undefined) console.log(`    left out: ${reason}`);
  if (found.length === 0 && reason === undefined) wrong.push(`${id} has no test and no reason`);
  if (found.length > 0 && reason !== undefined) wrong.push(`${id} is tested and left out`);
}
for (const id of [...tests.keys(), ...leftOut.keys()]) {
  if (!scenarios.has(id)) wrong.push(`${id} is no scenario of docs/SCENARIOS.md`);
}

const tested = [...scenarios.keys()].filter((id) => tests.has(id)).length;
console.log(`\n${tested} of ${scenarios.size} scenarios are tested, ${leftOut.size} are left out`);
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
