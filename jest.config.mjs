/**
 * Native ESM, TypeScript through swc, workspace packages from their sources (condition @rrmq/source).
 * One run at the root serves all packages: `pnpm jest`, `pnpm jest packages/raft`, `pnpm jest -t name`.
 * @type {import("jest").Config}
 */
const config = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@rrmq/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/{packages,apps}/*/test/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/', '/out/', '/.turbo/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', '<rootDir>/scripts/count-reporter.mjs'],
  // Some tests start real clusters: more workers at once would only make them slow.
  maxWorkers: 2,
  testTimeout: 30_000,
  // Native ESM modules are never freed by Jest (about 4 MB a test file): restart a worker that has grown.
  workerIdleMemoryLimit: '512MB',
};

export default config;
