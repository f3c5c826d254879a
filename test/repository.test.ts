import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Which workspace packages a package may import. Imports go down only. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  '@rrmq/contract': [],
  '@rrmq/raft': [],
  '@rrmq/queue': ['@rrmq/raft'],
  '@rrmq/client': ['@rrmq/contract'],
  '@rrmq/http-server': ['@rrmq/contract', '@rrmq/raft', '@rrmq/queue'],
  'rrmq-node': ['@rrmq/contract', '@rrmq/raft', '@rrmq/queue', '@rrmq/http-server'],
  rrmq: ['@rrmq/client', '@rrmq/contract'],
  '@rrmq/bench': ['@rrmq/client', '@rrmq/contract', '@rrmq/raft', '@rrmq/queue'],
  '@rrmq/simulator': ['@rrmq/raft', '@rrmq/raft/testing', '@rrmq/queue'],
};

/** Packages that start the node's program, as a process: a dependency that is never imported. */
const mayRunTheNode = ['rrmq', '@rrmq/bench'];

/** The end-to-end tests of the node put load on it by the client; its sources must not know it. */
const mayTestWith: Readonly<Record<string, readonly string[]>> = { 'rrmq-node': ['@rrmq/client'] };

/** The one entry beside a package's main one, for tests only. */
const testingEntry = '@rrmq/raft/testing';

const sourceLinesMax = 400;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly packageManager?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function readManifest(folder: string): Manifest {
  return JSON.parse(read(posix.join(folder, 'package.json'))) as Manifest;
}

/** Every file of the repository: tracked, or new and not ignored. Without git: all but what is generated. */
function listFiles(): string[] {
  try {
    const list = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  } catch {
    return walk('');
  }
}

const generated = new Set(['.git', '.turbo', 'node_modules', 'dist', 'out', 'coverage']);

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !generated.has(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
}

const files = listFiles();
const manifest = readManifest('.');
const packages: readonly Package[] = files
  .filter((file) => /^(packages|apps)\/[^/]+\/package\.json$/.test(file))
  .map((file) => ({ folder: dirname(file), manifest: readManifest(dirname(file)) }));
const names = packages.map((each) => each.manifest.name);
const code = files.filter((file) => /^(packages|apps)\/[^/]+\/(src|test)\/.*\.tsx?$/.test(file));
const sources = code.filter((file) => file.split('/')[2] === 'src');

function sourcesOf({ folder }: Package): string[] {
  return sources.filter((file) => file.startsWith(`${folder}/`));
}

/** What a file imports, also as types, dynamically, or to export it again. */
function importsOf(file: string): string[] {
  const text = read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');
  const specifier = /\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g;
  return [...text.matchAll(specifier)].map((match) => match[1] ?? '');
}

/** The workspace package that a specifier names, if it names one. */
function packageNamedBy(specifier: string): string | undefined {
  return names.find((name) => specifier === name || specifier.startsWith(`${name}/`));
}

/** `file: what was found` for each match of a pattern in these files. */
function findAll(pattern: RegExp, within: readonly string[]): string[] {
  return within.flatMap((file) => {
    const text = read(file);
    if (text.includes('\0')) return []; // not a text file
    return [...text.matchAll(pattern)].map((match) => `${file}: ${match[0].trim()}`);
  });
}

describe('floors', () => {
  it('knows every package', () => {
    expect(names.toSorted()).toEqual(Object.keys(mayImport).toSorted());
  });

  it.each(packages)('$folder depends only on packages below it', ({ manifest: { name, ...m } }) => {
    const allowed = [
      ...(mayImport[name] ?? []),
      ...(mayRunTheNode.includes(name) ? ['rrmq-node'] : []),
      ...(mayTestWith[name] ?? []),
    ];
    const all = { ...m.dependencies, ...m.devDependencies, ...m.peerDependencies };
    const used = Object.keys(all).filter((dependency) => names.includes(dependency));
    expect(used.filter((dependency) => !allowed.includes(dependency))).toEqual([]);
  });

  it.each(packages)('$folder/src imports only packages below it, by their names', (each) => {
    const allowed = mayImport[each.manifest.name] ?? [];
    const wrong = sourcesOf(each).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => packageNamedBy(specifier) !== undefined)
        .filter((specifier) => !allowed.includes(specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('no import reaches into the folder of another package', () => {
    const wrong = code.flatMap((file) => {
      const folder = file.split('/').slice(0, 2).join('/');
      return importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !posix.join(dirname(file), specifier).startsWith(`${folder}/`))
        .map((specifier) => `${file}: ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  it('tests import packages by their names, and no second entry but the one for tests', () => {
    const wrong = code.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => packageNamedBy(specifier) !== undefined)
        .filter((specifier) => !names.includes(specifier) && specifier !== testingEntry)
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('only tests, the simulator and the testing folder itself use src/testing', () => {
    const wrong = sources
      .filter((file) => !file.includes('/src/testing/') && !file.startsWith('apps/simulator/'))
      .flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier === testingEntry || specifier.includes('/testing/'))
          .map((specifier) => `${file}: ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe('versions', () => {
  it('pnpm has one version, wherever it is named', () => {
    const { packageManager = 'missing', scripts = {} } = manifest;
    expect(scripts['prestart']).toContain(packageManager);
    expect(scripts['test']).toContain(packageManager);
    const elsewhere = files.filter((file) => !['CHANGELOG.md', 'pnpm-lock.yaml'].includes(file));
    const named = findAll(/pnpm@\d+\.\d+\.\d+/g, elsewhere);
    expect(named.filter((each) => !each.endsWith(packageManager))).toEqual([]);
  });

  it.each(packages)('$folder has the version, engines and licence of all', (each) => {
    const { version, engines, license } = each.manifest;
    expect({ version, engines, license }).toEqual({
      version: manifest.version,
      engines: manifest.engines,
      license: manifest.license,
    });
  });

  it.each(packages)('$folder takes its dependencies from the catalog or the workspace', (each) => {
    const { dependencies, devDependencies } = each.manifest;
    const wrong = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name, range]) => range !== (names.includes(name) ? 'workspace:*' : 'catalog:'),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  it('the lockfile names no host', () => {
    expect(findAll(/https?:\/\/[^\s'"]+/g, ['pnpm-lock.yaml'])).toEqual([]);
  });

  it('no file holds a path of one machine or the host of a registry', () => {
    const path = /(?<![\w.}*-])\/(?:work|root|home\/[a-z]\w*|Users\/\w+|tmp\/bash\w*)\/\S*/g;
    const host = /\bregistry\.[a-z\d-]+\.[a-z]{2,}\b/g;
    expect([...findAll(path, files), ...findAll(host, files)]).toEqual([]);
  });

  it(`source files have at most ${sourceLinesMax} lines`, () => {
    const lengths = sources.map((file) => ({ file, lines: read(file).split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > sourceLinesMax)).toEqual([]);
  });

  it('no file is a drawer for strangers', () => {
    const drawers = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc']);
    const wrong = code.filter((file) =>
      file.split('/').some((part) => drawers.has(basename(part).split('.')[0] ?? '')),
    );
    expect(wrong).toEqual([]);
  });
});

describe('code', () => {
  it.each([
    ['a cast that silences the compiler', /\bas unknown as\b/g],
    ['a silenced compiler error', /@ts-(?:ignore|nocheck)\b/g],
    ['a silenced lint rule', /\b(?:oxlint|eslint)-disable\S*/g],
    ['an unfinished note', /\b(?:TODO|FIXME|XXX)\b/g],
    ['an export of everything', /\bexport (?:type )?\*.*/g],
    ['a test that runs alone', /\b(?:describe|it|test)\.only\b/g],
  ])('nowhere stands %s', (_what, pattern) => {
    expect(findAll(pattern, code)).toEqual([]);
  });

  it('no source expects a compiler error', () => {
    expect(findAll(/@ts-expect-error\b/g, sources)).toEqual([]);
  });

  it('nothing is imported dynamically where lint rules guard the imports', () => {
    const guarded = sources.filter((file) => /^packages\/(?:raft|queue)\//.test(file));
    expect(findAll(/\bimport\(|\brequire\(/g, guarded)).toEqual([]);
  });
});

describe('scenarios', () => {
  it('each one has a test, or a reason why it has none', () => {
    const printed = execFileSync(process.execPath, ['scripts/scenarios.mjs'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(printed).toMatch(/^\d+ of \d+ scenarios are tested/m);
  });
});
