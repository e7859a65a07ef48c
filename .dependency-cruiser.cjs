/**
 * The table of rooms (docs/architecture.md) as rules: who may import whom. `test/rules/layers.test.ts` plants a violation
 * of each and expects it to be caught.
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

const DECLARATIONS = '^src/drift/operations|^src/auth/scopes\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'core-is-pure',
      comment: 'core decides; it imports nothing outside itself, not even node: or a package.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    only('flows-import-core', '^src/flows/', ['^src/core/', '^src/flows/'], 'flows see the world through their ports'),
    {
      name: 'no-flow-imports-another',
      comment: 'The order of flows lives in jobs/pipeline.ts. A flow may use its own folder, ports, and world.ts.',
      severity: 'error',
      from: { path: '^src/flows/([^/.]+)' },
      to: {
        path: '^src/flows/',
        pathNot: ['^src/flows/$1[/.]', '^src/flows/[a-z-]*port[.]ts$', '^src/flows/(ports|principal|world)[.]ts$'],
      },
    },
    {
      name: 'adapters-see-only-port-types',
      comment: 'feeds, drift, storage and auth implement ports: they may import the types of flows, never their code.',
      severity: 'error',
      from: { path: '^src/(feeds|drift|storage|auth|outgoing)/' },
      to: { path: '^src/flows/', dependencyTypesNot: ['type-only'] },
    },
    only('feeds-room', '^src/feeds/', ['^src/core/', '^src/feeds/', '^src/flows/']),
    only('drift-room', '^src/drift/', ['^src/core/', '^src/drift/', '^src/flows/']),
    only('storage-room', '^src/storage/', ['^src/core/', '^src/storage/', '^src/flows/']),
    only('outgoing-room', '^src/outgoing/', ['^src/core/', '^src/outgoing/', '^src/flows/']),
    only('auth-room', '^src/auth/', ['^src/core/', '^src/auth/', '^src/flows/']),
    only('drift-operations-declare', '^src/drift/operations', ['^src/core/', '^src/drift/operations']),
    only('auth-scopes-declare', '^src/auth/scopes\\.ts$', ['^src/core/', '^src/auth/scopes\\.ts$']),
    only('scim-room', '^src/scim/', ['^src/core/', '^src/scim/', '^src/flows/']),
    only('api-room', '^src/api/', ['^src/core/', '^src/flows/', '^src/api/', DECLARATIONS]),
    only('jobs-room', '^src/jobs/', ['^src/core/', '^src/flows/', '^src/jobs/']),
    only(
      'simulator-room',
      '^src/simulator/',
      ['^src/simulator/'],
      'it stands in for Drift and knows nothing of the bridge',
    ),
    only('config-room', '^src/config(/|\\.ts$)', ['^src/config(/|\\.ts$)']),
    only('telemetry-room', '^src/telemetry\\.ts$', ['^src/config\\.ts$', '^src/flows/ports\\.ts$']),
    {
      name: 'compose-room',
      severity: 'error',
      from: { path: '^src/compose(/|\\.ts$)' },
      to: { path: '^src/(main\\.ts|cli/|console/|simulator/)' },
    },
    only('cli-room', '^src/(cli/|main\\.ts)', [
      '^src/compose(/|\\.ts$)',
      '^src/config\\.ts$',
      '^src/telemetry\\.ts$',
      '^src/simulator/',
      '^src/cli/',
      '^src/main\\.ts$',
      DECLARATIONS,
    ]),
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', '^src/launch\\.mjs$', '^src/core/'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
