// The import table of docs/architecture.md, one row per folder of src/. A folder that is not listed here may not exist.
const allowed = {
  model: [],
  lib: [],
  octopus: ['model', 'lib'],
  enrich: ['model', 'lib'],
  sigma: ['lib'],
  store: ['model', 'lib'],
  detect: ['model', 'lib', 'sigma', 'store'],
  notify: ['model', 'lib'],
  audit: ['model', 'lib', 'store'],
  pipeline: ['model', 'lib', 'octopus', 'enrich', 'sigma', 'store', 'detect', 'notify', 'audit'],
  demo: ['model', 'lib'],
};

const rows = Object.entries(allowed).map(([folder, others]) => ({
  name: `${folder}-imports-only-its-row`,
  comment: `src/${folder}/ may import ${others.join(', ') || 'nothing'} of src/ (docs/architecture.md)`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...others].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...rows,
    {
      name: 'only-known-folders',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `^src/(cli|${Object.keys(allowed).join('|')})/|^src/(app[a-z-]*|version|config[a-z-]*)\\.ts$`,
      },
      to: {},
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '^bin/' }, to: {} },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
