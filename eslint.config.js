import importX from 'eslint-plugin-import-x'
import tsdoc from 'eslint-plugin-tsdoc'
import tseslint from 'typescript-eslint'

/** What a layer of src/ may import besides itself; everything else is refused. */
const ARROWS = {
  codec: [],
  core: ['codec'],
  operations: ['core', 'codec'],
  hsm: ['core'],
  store: ['core'],
  auth: ['core'],
  access: ['core'],
  limits: ['core'],
  audit: ['core', 'codec'],
  compliance: ['core', 'codec', 'audit'],
  telemetry: ['core'],
  openapi: ['core', 'operations'],
  http: ['core', 'operations', 'auth', 'openapi', 'telemetry'],
}

/** Where a third-party package may be imported. */
const HOMES = {
  express: ['http'],
  'graphene-pk11': ['hsm'],
  pkcs11js: ['hsm'],
  'better-sqlite3': ['store'],
  pg: ['store'],
  pino: ['telemetry'],
  'prom-client': ['telemetry'],
  '@opentelemetry/api': ['telemetry'],
  argon2: ['auth'],
  'rate-limiter-flexible': ['limits'],
}

/** Packages that come from src/packages, and where from there. */
const BUNDLED_HOMES = {
  jose: ['auth'],
  kysely: ['store'],
  'noble-curves': ['hsm'],
}

/** What src/packages alone imports; tests also use what it does not give out. */
const BUNDLED = ['@noble/curves/nist', '@noble/curves/secp256k1', 'jose', 'kysely', 'typebox']

/** Where pairs are generated outside of a token. */
const GENERATING = ['src/hsm/agent/throw-away-pkcs8.ts', 'test/support/fresh-pair.ts']

const fromPackages = BUNDLED.map((name) => ({
  name,
  message: `${name} comes from src/packages, which the build makes one file of.`,
}))

const LAYERS = Object.keys(ARROWS)

const layerRules = Object.entries(ARROWS).map(([layer, allowed]) => {
  const foreign = LAYERS.filter((other) => other !== layer && !allowed.includes(other))
  const elsewhere = ([, homes]) => !homes.includes(layer)
  const packages = Object.entries(HOMES).filter(elsewhere)
  const bundled = Object.entries(BUNDLED_HOMES).filter(elsewhere)
  return {
    files: [`src/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                ...foreign.map((other) => `**/${other}/**`),
                '**/cli/**',
                '../service.js',
                '../config.js',
                '../main.js',
              ],
              message: `src/${layer} may import ${['itself', ...allowed].join(', ')} only.`,
            },
            ...bundled.map(([name, homes]) => ({
              group: [`**/packages/${name}.js`],
              message: `${name} is imported in src/${homes.join(', src/')} only.`,
            })),
          ],
          paths: [
            ...packages.map(([name, homes]) => ({
              name,
              message: `${name} is imported in src/${homes.join(', src/')} only.`,
            })),
            ...fromPackages,
          ],
        },
      ],
    },
  }
})

export default tseslint.config(
  { ignores: ['dist/', 'dist-*/', 'var/', 'coverage/', 'reports/'] },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.d.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX, tsdoc },
    languageOptions: { parserOptions: { projectService: true } },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/resolver-next': [
        importX.createNodeResolver({
          extensions: ['.ts', '.js'],
          extensionAlias: { '.js': ['.ts', '.js'] },
        }),
      ],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'tsdoc/syntax': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      'no-console': 'error',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'func-style': ['error', 'declaration'],
      // Node.js 20 holds a lock of a pair that it generated as objects while it exports one of them as a JWK, and takes it
      // once more where garbage is collected meanwhile: the process hangs for good. Encodings have no such lock.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportSpecifier[imported.name=/^generateKeyPair/]',
          message: `Objects of generateKeyPair can hang the process: pairs are made in ${GENERATING.join(' and ')}.`,
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      // A promise that an async function returns as it is costs three turns of the microtask queue; awaited it costs one.
      '@typescript-eslint/return-await': ['error', 'always'],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/packages/**'],
    rules: { 'no-restricted-imports': ['error', { paths: fromPackages }] },
  },
  ...layerRules,
  { files: ['test/**/*.ts'], rules: { 'max-lines': ['error', 300] } },
  { files: GENERATING, rules: { 'no-restricted-syntax': 'off' } },
)
