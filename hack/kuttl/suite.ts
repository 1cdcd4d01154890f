/** Reads suites in kuttl's file format (kuttl.dev/v1beta1). What this runner doesn't do is refused when it is read, never skipped. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { KubeObject } from '@larder/kube';
import { parseAllDocuments } from 'yaml';

export interface Command {
  command?: string;
  script?: string;
  namespaced?: boolean;
  ignoreFailure?: boolean;
  /** Seconds. */
  timeout?: number;
}

/** An object to delete: one by name, or all of the kind that carry the labels. */
export interface DeleteRef {
  apiVersion: string;
  kind: string;
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
}

export interface Step {
  index: number;
  name: string;
  apply: KubeObject[];
  asserts: KubeObject[];
  errors: KubeObject[];
  commands: Command[];
  assertCommands: Command[];
  delete: DeleteRef[];
  /** Seconds. */
  timeout?: number;
}

export interface TestCase {
  name: string;
  steps: Step[];
}

export interface Suite {
  name: string;
  /** Seconds for each step's asserts. kuttl's default. @default 30 */
  timeout: number;
  parallel: number;
  commands: Command[];
  cases: TestCase[];
}

/** The suite that a `kuttl-test.yaml` describes. @throws Error naming file and field for what this runner doesn't do */
export function readSuite(file: string): Suite {
  const [object] = readObjects(file);
  if (object?.kind !== 'TestSuite') throw new Error(`cannot read ${file}: its first document is not a TestSuite`);
  refuseOthers(file, object, ['testDirs', 'timeout', 'parallel', 'commands']);
  const folders = (object.testDirs as string[] | undefined) ?? [];
  return {
    name: object.metadata?.name ?? basename(dirname(resolve(file))),
    timeout: (object.timeout as number | undefined) ?? 30,
    parallel: (object.parallel as number | undefined) ?? 8,
    commands: (object.commands as Command[] | undefined) ?? [],
    cases: folders.flatMap(folder => readCases(join(dirname(file), folder))),
  };
}

/** What suites call the tools image: the local plane runs it itself. */
const TOOLS_IMAGE = 'larder.dev/tools:0.1';

/** The same suite for a cluster, which pulls its tools from where `image` says. */
export function withToolsImage(suite: Suite, image: string): Suite {
  const text = JSON.stringify(suite.cases).replaceAll(JSON.stringify(TOOLS_IMAGE), JSON.stringify(image));
  return { ...suite, cases: JSON.parse(text) as TestCase[] };
}

function readCases(folder: string): TestCase[] {
  if (!existsSync(folder)) throw new Error(`cannot read ${folder}: testDirs names it, and it does not exist`);
  return readdirSync(folder)
    .sort()
    .filter(name => statSync(join(folder, name)).isDirectory())
    .map(name => ({ name, steps: readSteps(join(folder, name)) }));
}

const STEP_FILE = /^(\d+)-([^.]+)\.yaml$/;

function readSteps(folder: string): Step[] {
  const steps = new Map<number, Step>();
  for (const entry of readdirSync(folder).sort()) {
    const match = STEP_FILE.exec(entry);
    if (!match) continue;
    const [, digits = '', rest = ''] = match;
    const index = Number(digits);
    const step = steps.get(index) ?? emptyStep(index);
    steps.set(index, step);
    addFile(step, rest, join(folder, entry));
  }
  if (steps.size === 0) throw new Error(`cannot read ${folder}: no file is named like 00-install.yaml`);
  return [...steps.values()].sort((a, b) => a.index - b.index);
}

function emptyStep(index: number): Step {
  return { index, name: '', apply: [], asserts: [], errors: [], commands: [], assertCommands: [], delete: [] };
}

function addFile(step: Step, rest: string, file: string): void {
  const kind = rest.split('-')[0];
  for (const object of readObjects(file)) {
    if (object.kind === 'TestStep') addTestStep(step, object, file);
    else if (object.kind === 'TestAssert') addTestAssert(step, object, file);
    else if (kind === 'assert') step.asserts.push(object);
    else if (kind === 'errors') step.errors.push(object);
    else step.apply.push(object);
  }
  if (kind !== 'assert' && kind !== 'errors') step.name = rest;
}

function addTestStep(step: Step, object: KubeObject, file: string): void {
  refuseOthers(file, object, ['commands', 'delete', 'apply', 'assert', 'error']);
  const files = (field: string): KubeObject[] =>
    ((object[field] as string[] | undefined) ?? []).flatMap(name => readObjects(join(dirname(file), name)));
  step.commands.push(...((object.commands as Command[] | undefined) ?? []));
  step.delete.push(...((object.delete as DeleteRef[] | undefined) ?? []));
  step.apply.push(...files('apply'));
  step.asserts.push(...files('assert'));
  step.errors.push(...files('error'));
}

function addTestAssert(step: Step, object: KubeObject, file: string): void {
  refuseOthers(file, object, ['timeout', 'commands']);
  if (object.timeout !== undefined) step.timeout = object.timeout as number;
  step.assertCommands.push(...((object.commands as Command[] | undefined) ?? []));
}

function refuseOthers(file: string, object: KubeObject, known: string[]): void {
  const other = Object.keys(object).find(key => !['apiVersion', 'kind', 'metadata', ...known].includes(key));
  if (other)
    throw new Error(`cannot run ${file}: this runner does not do ${object.kind}.${other}; it does ${known.join(', ')}`);
}

function readObjects(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap(document => {
    if (document.errors[0]) throw new Error(`cannot read ${file}: ${document.errors[0].message}`);
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}
