import { existsSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

// Run in a package's folder: `tsup --config ../../tsup.config.ts`.
const common = {
  format: ['esm'],
  platform: 'node',
  target: 'node20',
  dts: false, // `tsc` writes the declarations (task `types`): tsup's own step is slow and needs an older TypeScript
  clean: true,
  silent: true,
} satisfies Options;

const entries = ['src/index.ts', 'src/testing/index.ts'];

/** A library: its dependencies stay imports. The second entry exists in `@rrmq/raft` alone. */
const library: Options = {
  ...common,
  entry: Object.fromEntries(
    entries
      .filter((file) => existsSync(file))
      .map((file) => [file.replace('src/', '').replace('.ts', ''), file]),
  ),
  sourcemap: true,
};

/**
 * A program: one file with every dependency inside, so that its package has none to install, but for those that bring
 * a binary of their own.
 */
const program: Options = {
  ...common,
  entry: ['src/main.ts'],
  noExternal: [/^(?!(?:esbuild|lmdb)$)/],
  splitting: true,
  esbuildOptions(options) {
    options.conditions = ['@rrmq/source'];
    options.legalComments = 'linked';
  },
  banner: {
    // CommonJS dependencies (express) call require() for Node's own modules.
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
};

export default defineConfig(existsSync('src/main.ts') ? program : library);
