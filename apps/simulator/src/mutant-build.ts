import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildContext, type Plugin, context } from 'esbuild';
import type { Mutant, Patch } from './mutants/mutant.ts';

/** CommonJS dependencies call require() for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** What the build that goes on changes, by path, and the paths that it has not come by yet. */
interface Changes {
  readonly patches: ReadonlyMap<string, readonly Patch[]>;
  readonly unseen: Set<string>;
}

const NO_CHANGES: Changes = { patches: new Map(), unseen: new Set() };

/**
 * Builds the simulator from source, with one mutant after the other in it. A file that stays the same is parsed once
 * for all of them.
 */
export class MutantBuilder implements AsyncDisposable {
  readonly #root: string;
  readonly #folder: string;
  readonly #esbuild: BuildContext<{ write: false }>;
  readonly #show: (changes: Changes) => void;
  /** Resolves when the builds so far are over: there is one at a time. */
  #builds: Promise<unknown> = Promise.resolve();

  private constructor(
    where: { readonly root: string; readonly folder: string },
    esbuild: BuildContext<{ write: false }>,
    show: (changes: Changes) => void,
  ) {
    this.#root = where.root;
    this.#folder = where.folder;
    this.#esbuild = esbuild;
    this.#show = show;
  }

  /** `root`: of the repository. What is built lies in a folder of its own until this is disposed of. */
  static async open(root: string): Promise<MutantBuilder> {
    // Beside the program, so that its external packages are found from there.
    const folder = await mkdtemp(join(root, 'apps/simulator/dist/mutants-'));
    let changes = NO_CHANGES;
    const esbuild = await context({
      entryPoints: [join(root, 'apps/simulator/src/main.ts')],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
      conditions: ['@rrmq/source'],
      external: ['esbuild'],
      banner: { js: REQUIRE },
      plugins: [patching(() => changes)],
    });
    return new MutantBuilder({ root, folder }, esbuild, (next) => {
      changes = next;
    });
  }

  /** Path of the program with the mutant in it. Rejects when a patch does not fit the source exactly once. */
  async build(mutant: Mutant): Promise<string> {
    const built = this.#builds.then(async () => this.#build(mutant));
    this.#builds = built.catch(() => undefined);
    return built;
  }

  async #build({ name, patches }: Mutant): Promise<string> {
    const byPath = new Map<string, Patch[]>();
    for (const patch of patches) {
      const path = join(this.#root, 'packages', patch.file);
      byPath.set(path, [...(byPath.get(path) ?? []), patch]);
    }
    const unseen = new Set(byPath.keys());
    this.#show({ patches: byPath, unseen });
    const { outputFiles } = await this.#esbuild.rebuild();
    const [path] = unseen;
    if (path !== undefined) throw new Error(`${name}: ${path} is not part of the simulator`);
    const program = join(this.#folder, `${name}.mjs`);
    await writeFile(program, outputFiles[0]?.contents ?? '');
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#builds;
    await this.#esbuild.dispose();
    await rm(this.#folder, { recursive: true });
  }
}

function patching(changes: () => Changes): Plugin {
  return {
    name: 'mutant',
    setup(hooks) {
      hooks.onLoad({ filter: /packages[\\/].*\.ts$/ }, async ({ path }) => {
        const { patches, unseen } = changes();
        unseen.delete(path);
        const source = await readFile(path, 'utf8');
        const contents = (patches.get(path) ?? []).reduce(patched, source);
        return { contents, loader: 'ts' };
      });
    },
  };
}

function patched(source: string, { file, find, replace }: Patch): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`"${find}" stands ${parts.length - 1} times in ${file}`);
}
