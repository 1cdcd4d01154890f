/** The paths of OpenAPI documents: what both versions say, and the few places where each says it in its own way. */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import { endpointsOf } from './endpoints.ts';
import type { Endpoint, Operation, Parameter } from './endpoints.ts';
import { componentName, isStrategic, kindOf, listKindOf, shared } from './names.ts';

/** How one version of OpenAPI writes operations. */
export interface PathDialect {
  parameter(parameter: Parameter, where: 'path' | 'query'): JsonObject;
  /** The fields of an operation that say what it takes. */
  takes(query: JsonObject[], body: RequestBody | undefined): JsonObject;
  /** An answer's own field. */
  answer(component: string): JsonObject;
}

export interface RequestBody {
  component: string;
  /** Media types. */
  types: string[];
  required: boolean;
}

export const json = 'application/json';
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const strategicType = 'application/strategic-merge-patch+json';

export function pathsOf(definitions: readonly ResourceDefinition[], dialect: PathDialect): JsonObject {
  const paths: JsonObject = {};
  for (const definition of definitions) {
    for (const endpoint of endpointsOf(definition)) paths[endpoint.path] = pathItem(endpoint, definition, dialect);
  }
  return paths;
}

function pathItem(
  { parameters, operations }: Endpoint,
  definition: ResourceDefinition,
  dialect: PathDialect,
): JsonObject {
  const item: JsonObject = {};
  for (const operation of operations) item[operation.method] = writeOperation(operation, definition, dialect);
  if (parameters.length > 0) item.parameters = parameters.map(parameter => dialect.parameter(parameter, 'path'));
  return item;
}

function writeOperation(operation: Operation, definition: ResourceDefinition, dialect: PathDialect): JsonObject {
  const { id, description, action, query } = operation;
  const answer = dialect.answer(answerOf(operation, definition));
  return {
    tags: [definition.group === '' ? `core_${definition.version}` : `${definition.group}_${definition.version}`],
    description,
    operationId: id,
    ...dialect.takes(
      query.map(parameter => dialect.parameter(parameter, 'query')),
      bodyOf(operation, definition),
    ),
    responses: {
      ...(action === 'post' ? { '201': { description: 'Created', ...answer } } : {}),
      '200': { description: 'OK', ...answer },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(definition),
  };
}

function bodyOf({ body }: Operation, definition: ResourceDefinition): RequestBody | undefined {
  switch (body) {
    case undefined:
      return undefined;
    case 'object':
      return { component: componentName(definition), types: [json], required: true };
    case 'deleteOptions':
      return { component: shared.deleteOptions, types: [json], required: false };
    case 'patch': {
      const types = isStrategic(definition) ? [...patchTypes, strategicType] : patchTypes;
      return { component: shared.patch, types, required: true };
    }
  }
}

function answerOf({ answer }: Operation, definition: ResourceDefinition): string {
  const list = { ...definition, kind: listKindOf(definition) };
  return { object: componentName(definition), list: componentName(list), status: shared.status }[answer];
}
