/** The arrows of ARCHITECTURE.md: a room may import those named here, and nothing else of ours. */
const ARROWS = {
  ir: [],
  platform: [],
  dsl: ['ir'],
  code: ['ir', 'dsl'],
  workflows: ['ir'],
  store: ['ir', 'platform'],
  data: ['ir'],
  inference: ['ir', 'data'],
  activities: ['ir', 'dsl', 'data', 'inference', 'store'],
  serving: ['ir', 'platform', 'inference', 'store'],
  workers: ['ir', 'platform', 'dsl', 'code', 'workflows', 'activities', 'store', 'serving'],
  server: ['ir', 'platform', 'store'],
  cli: ['ir', 'platform', 'dsl', 'code', 'server'],
};
const rooms = Object.keys(ARROWS);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...rooms.map((room) => ({
      name: `${room}-arrows`,
      severity: 'error',
      from: { path: `^${room}/`, pathNot: '\\.(test|suite)\\.ts$' },
      to: { path: `^(${rooms.filter((other) => other !== room && !ARROWS[room].includes(other)).join('|')})/` },
    })),
    {
      name: 'ir-does-no-io',
      severity: 'error',
      comment: 'What files are, and what processes do, is the business of the rooms that read the contract.',
      from: { path: '^ir/', pathNot: '\\.(test|suite)\\.ts$' },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|child_process|os|net|http|https|process|worker_threads)' },
    },
    {
      name: 'workflows-stay-pure',
      severity: 'error',
      comment: 'Workflow code is replayed: no Node modules, and of the IR only what is pure.',
      from: { path: '^workflows/', pathNot: '\\.(test|suite)\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
