/** The OpenAPI v3 document of one group version: what `kubectl explain` shows and `kubectl apply` merges by. */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import { componentsOf } from './kind-schemas.ts';
import type { Dialect } from './kind-schemas.ts';
import { json, pathsOf, type PathDialect } from './paths.ts';

/** `definitions` are those of the group version. */
export function openApiV3(group: string, version: string, definitions: readonly ResourceDefinition[]): JsonObject {
  return {
    openapi: '3.0.0',
    info: { title: group === '' ? version : `${group}/${version}`, version: 'unversioned' },
    paths: pathsOf(definitions, pathDialect),
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

const pathDialect: PathDialect = {
  parameter({ name, type, description }, where) {
    const required = where === 'path' ? { required: true } : {};
    return { name, in: where, description, ...required, schema: { type, uniqueItems: true } };
  },
  takes(parameters, body) {
    if (body === undefined) return { parameters };
    const { component, types, required } = body;
    const content = Object.fromEntries(types.map(type => [type, { schema: refTo(component) }]));
    return { parameters, requestBody: { ...(required ? { required } : {}), content } };
  },
  answer: component => ({ content: { [json]: { schema: refTo(component) } } }),
};
