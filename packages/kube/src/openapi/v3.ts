/** The OpenAPI v3 document of one group version: what `kubectl explain` shows and `kubectl apply` merges by. */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import { endpointsOf } from './endpoints.ts';
import type { Endpoint, Operation, Parameter } from './endpoints.ts';
import { componentsOf } from './kind-schemas.ts';
import type { Dialect } from './kind-schemas.ts';
import { componentName, isStrategic, kindOf, listKindOf, shared } from './names.ts';

/** `definitions` are those of the group version. */
export function openApiV3(group: string, version: string, definitions: readonly ResourceDefinition[]): JsonObject {
  const paths: JsonObject = {};
  for (const definition of definitions) {
    for (const endpoint of endpointsOf(definition)) paths[endpoint.path] = pathItem(endpoint, definition);
  }
  return {
    openapi: '3.0.0',
    info: { title: group === '' ? version : `${group}/${version}`, version: 'unversioned' },
    paths,
    components: {
      schemas: componentsOf(definitions, dialect),
      securitySchemes: {
        BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer token' },
      },
    },
    security: [{ BearerToken: [] }],
  };
}

const refTo = (component: string): JsonObject => ({ $ref: `#/components/schemas/${component}` });

const dialect: Dialect = {
  // Beside a reference nothing else counts, so that it stands alone where there is something to say.
  ref: (component, description) =>
    description === undefined ? refTo(component) : { description, allOf: [refTo(component)] },
  own: schema => ({ ...schema }),
};

const json = 'application/json';
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const strategicType = 'application/strategic-merge-patch+json';

function pathItem({ parameters, operations }: Endpoint, definition: ResourceDefinition): JsonObject {
  const item: JsonObject = {};
  for (const operation of operations) item[operation.method] = writeOperation(operation, definition);
  if (parameters.length > 0) item.parameters = parameters.map(parameter => writeParameter(parameter, 'path'));
  return item;
}

function writeParameter({ name, type, description }: Parameter, where: 'path' | 'query'): JsonObject {
  const required = where === 'path' ? { required: true } : {};
  return { name, in: where, description, ...required, schema: { type, uniqueItems: true } };
}

function writeOperation(operation: Operation, definition: ResourceDefinition): JsonObject {
  const { id, description, action, query } = operation;
  const body = bodyOf(operation, definition);
  return {
    tags: [definition.group === '' ? `core_${definition.version}` : `${definition.group}_${definition.version}`],
    description,
    operationId: id,
    parameters: query.map(parameter => writeParameter(parameter, 'query')),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...(action === 'post' ? { '201': answerOf(operation, definition, 'Created') } : {}),
      '200': answerOf(operation, definition, 'OK'),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(definition),
  };
}

function bodyOf({ body }: Operation, definition: ResourceDefinition): JsonObject | undefined {
  switch (body) {
    case undefined:
      return undefined;
    case 'object':
      return { required: true, content: { [json]: { schema: refTo(componentName(definition)) } } };
    case 'deleteOptions':
      return { content: { [json]: { schema: refTo(shared.deleteOptions) } } };
    case 'patch': {
      const types = isStrategic(definition) ? [...patchTypes, strategicType] : patchTypes;
      const schema = refTo(shared.patch);
      return { required: true, content: Object.fromEntries(types.map(type => [type, { schema }])) };
    }
  }
}

function answerOf({ answer }: Operation, definition: ResourceDefinition, description: string): JsonObject {
  const list = { ...definition, kind: listKindOf(definition) };
  const component = { object: componentName(definition), list: componentName(list), status: shared.status }[answer];
  return { description, content: { [json]: { schema: refTo(component) } } };
}
