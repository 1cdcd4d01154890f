/** Lint rules: correctness as errors, the shape of the house (who may import whom), and caps on size. */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which packages each package may import; arrows point down only. */
const house = {
  kube: [],
  catalog: ['kube'],
  controller: ['kube'],
  apiserver: ['kube'],
  composer: ['kube', 'controller', 'catalog'],
  driver: [],
  objectstore: [],
  archive: [],
  function: ['kube', 'catalog'],
  sql: ['kube', 'controller', 'catalog', 'driver'],
  agent: ['kube', 'controller', 'catalog', 'sql'],
  postgres: ['kube', 'driver'],
  upgrade: ['kube', 'driver', 'postgres'],
  monitor: ['catalog', 'driver'],
  local: [
    'kube',
    'controller',
    'catalog',
    'apiserver',
    'composer',
    'postgres',
    'driver',
    'sql',
    'objectstore',
    'archive',
    'monitor',
    'upgrade',
  ],
  cli: [
    'kube',
    'controller',
    'catalog',
    'apiserver',
    'composer',
    'postgres',
    'driver',
    'sql',
    'objectstore',
    'archive',
    'monitor',
    'upgrade',
    'local',
  ],
};

const arrows = Object.entries(house).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: Object.keys(house)
          .filter(other => other !== name && !allowed.includes(other))
          .map(other => ({ group: [`@larder/${other}`], message: `${name} may not import ${other}` })),
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ['**/node_modules/**', '**/.cache/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off', // an async signature is part of a port's promise
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'max-depth': ['error', 3],
      complexity: ['error', 14],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['packages/*/test/**/*.ts', 'test/**/*.ts', 'benchmarks/**/*.ts', 'hack/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['describe', 'it', 'test', 'suite'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  ...arrows,
);
