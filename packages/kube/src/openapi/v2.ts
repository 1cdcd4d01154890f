/** The OpenAPI v2 document of all kinds, for clients that don't know v3 yet. */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Schema } from '../schema.ts';
import { endpointsOf } from './endpoints.ts';
import type { Endpoint, Operation, Parameter } from './endpoints.ts';
import { componentsOf } from './kind-schemas.ts';
import type { Dialect } from './kind-schemas.ts';
import { componentName, isStrategic, kindOf, listKindOf, shared } from './names.ts';

export function openApiV2(definitions: readonly ResourceDefinition[]): JsonObject {
  const paths: JsonObject = {};
  for (const definition of definitions) {
    for (const endpoint of endpointsOf(definition)) paths[endpoint.path] = pathItem(endpoint, definition);
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths,
    definitions: componentsOf(definitions, dialect),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer token' },
    },
    security: [{ BearerToken: [] }],
  };
}

const refTo = (component: string): JsonObject => ({ $ref: `#/definitions/${component}` });

/** What v2 doesn't know, or what its readers reject. */
const unknown = ['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'x-kubernetes-validations', 'default'] as const;

const dialect: Dialect = {
  ref: (component, description) => ({ ...(description === undefined ? {} : { description }), ...refTo(component) }),
  own: schema => {
    const own: Schema = { ...schema };
    for (const key of unknown) delete own[key];
    // There is no way to say that null is fine but to say nothing.
    if (schema.nullable === true)
      for (const key of ['type', 'items', 'properties', 'additionalProperties'] as const) delete own[key];
    if (schema.format === 'int-or-string') own.type = 'string';
    return { ...own };
  },
};

const json = 'application/json';
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const strategicType = 'application/strategic-merge-patch+json';

function pathItem({ parameters, operations }: Endpoint, definition: ResourceDefinition): JsonObject {
  const item: JsonObject = {};
  for (const operation of operations) item[operation.method] = writeOperation(operation, definition);
  if (parameters.length > 0) item.parameters = parameters.map(parameter => writeParameter(parameter, 'path'));
  return item;
}

function writeParameter({ name, type, description }: Parameter, where: 'path' | 'query'): JsonObject {
  return { name, in: where, description, type, uniqueItems: true, ...(where === 'path' ? { required: true } : {}) };
}

function writeOperation(operation: Operation, definition: ResourceDefinition): JsonObject {
  const { id, description, action, query } = operation;
  return {
    tags: [definition.group === '' ? `core_${definition.version}` : `${definition.group}_${definition.version}`],
    description,
    operationId: id,
    consumes: consumedBy(operation, definition),
    produces: [json],
    schemes: ['https'],
    parameters: [...bodyOf(operation, definition), ...query.map(parameter => writeParameter(parameter, 'query'))],
    responses: {
      ...(action === 'post' ? { '201': answerOf(operation, definition, 'Created') } : {}),
      '200': answerOf(operation, definition, 'OK'),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(definition),
  };
}

function consumedBy({ body }: Operation, definition: ResourceDefinition): string[] {
  if (body !== 'patch') return [json];
  return isStrategic(definition) ? [...patchTypes, strategicType] : patchTypes;
}

function bodyOf({ body }: Operation, definition: ResourceDefinition): JsonObject[] {
  if (body === undefined) return [];
  const component = { object: componentName(definition), patch: shared.patch, deleteOptions: shared.deleteOptions }[
    body
  ];
  return [
    { name: 'body', in: 'body', schema: refTo(component), ...(body === 'deleteOptions' ? {} : { required: true }) },
  ];
}

function answerOf({ answer }: Operation, definition: ResourceDefinition, description: string): JsonObject {
  const list = { ...definition, kind: listKindOf(definition) };
  const component = { object: componentName(definition), list: componentName(list), status: shared.status }[answer];
  return { description, schema: refTo(component) };
}
