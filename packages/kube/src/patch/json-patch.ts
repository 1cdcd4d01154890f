/**
 * JSON patch, RFC 6902, as Kubernetes reads it: negative array indices, a limit on operations and on what `copy` may multiply, and
 * less strict than the RFC: `replace` also adds, `copy` of nothing is null, and what stands before a path's first slash doesn't count.
 * All or nothing: the target isn't changed.
 */
import { cloneJson, equalJson, getField, isDeeperThan, isJsonObject, setField } from '../json.ts';
import { badRequest, requestEntityTooLarge } from '../status.ts';
import { unprocessablePatch } from './patch-error.ts';

const maxOperations = 10_000;
const maxCopiedBytes = 3 * 1024 * 1024;

type Operation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; path: string; from: string };

/**
 * The patched value.
 * @throws StatusError `BadRequest` for what is no list of objects, `Invalid` (422) for what can't be done to the target
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const operations = parseOperations(patch);
  const root = { document: cloneJson(target) };
  let copied = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') copied += JSON.stringify(findToCopy(root, operation.from, operation)).length;
    if (copied > maxCopiedBytes) {
      throw unprocessablePatch(
        `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${maxCopiedBytes}`,
      );
    }
    perform(root, operation);
  }
  if (isDeeperThan(root.document)) throw unprocessablePatch('the patched document would be nested too deep');
  return root.document;
}

function parseOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw badRequest('cannot apply the JSON patch: it must be an array of operations');
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  if (isDeeperThan(patch)) throw badRequest('cannot apply the JSON patch: it is nested too deep');
  return patch.map(parseOperation);
}

function parseOperation(operation: unknown, index: number): Operation {
  const wrong = (problem: string): Error => unprocessablePatch(`operation ${index} ${problem}`);
  if (!isJsonObject(operation)) throw badRequest(`cannot apply the JSON patch: operation ${index} must be an object`);
  const { op, path, from } = operation;
  if (typeof path !== 'string') throw wrong('needs "path", a string such as "/spec/replicas"');
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      // A missing value means null, as Kubernetes takes it.
      return { op, path, value: getField(operation, 'value') ?? null };
    case 'remove':
      return { op, path };
    case 'move':
    case 'copy':
      if (typeof from !== 'string') throw wrong('needs "from", a string such as "/spec/replicas"');
      return { op, path, from };
    default:
      throw wrong(`has the op ${JSON.stringify(op)}, which must be add, remove, replace, move, copy or test`);
  }
}

interface Root {
  document: unknown;
}

function perform(root: Root, operation: Operation): void {
  const { op, path } = operation;
  switch (op) {
    case 'add':
      return write(root, path, cloneJson(operation.value), operation);
    case 'replace':
      return put(root, path, cloneJson(operation.value), operation);
    case 'remove':
      take(root, path, operation);
      return;
    case 'copy':
      return write(root, path, cloneJson(findToCopy(root, operation.from, operation)), operation);
    case 'move':
      if (path.startsWith(`${operation.from}/`)) throw misfit(operation, 'a value cannot move into itself');
      if (path === operation.from) return;
      return write(root, path, take(root, operation.from, operation), operation);
    case 'test':
      if (!equalJson(find(root, path, operation) ?? null, operation.value)) throw misfit(operation, 'test failed');
      return;
  }
}

/** The container that holds `path`'s last token. */
function locate(root: Root, path: string, operation: Operation): { parent: unknown; key: string } {
  if (!path.includes('/')) throw misfit(operation, `doc is missing path: ${path}`);
  const tokens = path
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = tokens.pop() ?? '';
  let parent = root.document;
  for (const token of tokens) parent = childOf(parent, token);
  if (typeof parent !== 'object' || parent === null) throw misfit(operation, `doc is missing path: ${path}`);
  return { parent, key };
}

function childOf(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[indexOf(key, parent.length - 1)];
  return isJsonObject(parent) ? getField(parent, key) : undefined;
}

/** The index that `key` spells, -1 when it is none up to `last`; negative ones count from the end. */
function indexOf(key: string, last: number): number {
  if (!/^(-?[1-9]\d{0,9}|0)$/.test(key)) return -1;
  const index = Number(key) < 0 ? Number(key) + last + 1 : Number(key);
  return index >= 0 && index <= last ? index : -1;
}

function find(root: Root, path: string, operation: Operation): unknown {
  if (path === '') return root.document;
  const { parent, key } = locate(root, path, operation);
  return childOf(parent, key);
}

function read(root: Root, path: string, operation: Operation): unknown {
  const value = find(root, path, operation);
  if (value === undefined) throw misfit(operation, `missing value at ${path}`);
  return value;
}

/** Null for a field that isn't there. */
function findToCopy(root: Root, path: string, operation: Operation): unknown {
  if (path === '') return root.document;
  const { parent } = locate(root, path, operation);
  return Array.isArray(parent) ? read(root, path, operation) : (find(root, path, operation) ?? null);
}

/** Over what is there, if anything. */
function put(root: Root, path: string, value: unknown, operation: Operation): void {
  if (path !== '') {
    const { parent, key } = locate(root, path, operation);
    if (Array.isArray(parent)) {
      read(root, path, operation);
      parent[indexOf(key, parent.length - 1)] = value;
      return;
    }
  }
  write(root, path, value, operation);
}

function take(root: Root, path: string, operation: Operation): unknown {
  if (path === '') throw misfit(operation, 'the whole document cannot be removed');
  const value = read(root, path, operation);
  const { parent, key } = locate(root, path, operation);
  if (Array.isArray(parent)) parent.splice(indexOf(key, parent.length - 1), 1);
  else if (isJsonObject(parent)) delete parent[key];
  return value;
}

function write(root: Root, path: string, value: unknown, operation: Operation): void {
  if (path === '') {
    root.document = value;
    return;
  }
  const { parent, key } = locate(root, path, operation);
  if (!Array.isArray(parent)) {
    setField(parent as Record<string, unknown>, key, value);
    return;
  }
  const index = key === '-' ? parent.length : indexOf(key, parent.length);
  if (index < 0) throw misfit(operation, `invalid array index ${JSON.stringify(key)} at ${path}`);
  parent.splice(index, 0, value);
}

const misfit = ({ op, path }: Operation, cause: string): Error =>
  unprocessablePatch(`${op} operation does not apply at ${JSON.stringify(path)}: ${cause}`);
