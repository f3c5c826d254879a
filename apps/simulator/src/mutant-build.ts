import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Plugin, build } from 'esbuild';
import type { Mutant } from './mutants.ts';

/** Builds the simulator from source, with a mutant in it, into a folder of its own. */
export async function buildMutant(root: string, mutant: Mutant): Promise<BuiltMutant> {
  const folder = await mkdtemp(join(root, 'apps/simulator/dist/mutant-'));
  const program = join(folder, 'main.mjs');
  await build({
    entryPoints: [join(root, 'apps/simulator/src/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    conditions: ['@rrmq/source'],
    external: ['esbuild'],
    banner: { js: REQUIRE },
    plugins: [replacing(join(root, 'packages', mutant.file), mutant)],
  });
  return { program, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

export interface BuiltMutant extends AsyncDisposable {
  /** Path of the program. */
  readonly program: string;
}

/** CommonJS dependencies call require() for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

function replacing(path: string, { name, find, replace }: Mutant): Plugin {
  return {
    name: 'mutant',
    setup(hooks) {
      let replaced = false;
      hooks.onLoad({ filter: /\.ts$/ }, async ({ path: loaded }) => {
        if (resolve(loaded) !== resolve(path)) return undefined;
        const source = await readFile(loaded, 'utf8');
        const parts = source.split(find);
        if (parts.length !== 2) {
          throw new Error(`${name}: the fragment stands ${parts.length - 1} times in ${loaded}`);
        }
        replaced = true;
        return { contents: parts.join(replace), loader: 'ts' };
      });
      hooks.onEnd(() => {
        if (!replaced) throw new Error(`${name}: ${path} is not part of the simulator`);
      });
    },
  };
}
