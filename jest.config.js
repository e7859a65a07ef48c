/** Native ESM (tests import .ts files as they are); see docs/decisions/0002-node-runs-typescript.md. */
const config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Two cores and a third worker: many suites wait for a process, a clock or a settle window most of their time.
  maxWorkers: 3,
  testTimeout: 20_000,
};

export default config;
