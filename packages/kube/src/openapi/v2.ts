/** The OpenAPI v2 document of all kinds, for clients that don't know v3 yet. */
import type { JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Schema } from '../schema.ts';
import { componentsOf } from './kind-schemas.ts';
import type { Dialect } from './kind-schemas.ts';
import { json, pathsOf, type PathDialect } from './paths.ts';

export function openApiV2(definitions: readonly ResourceDefinition[]): JsonObject {
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: pathsOf(definitions, pathDialect),
    definitions: componentsOf(definitions, dialect),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer Token authentication' },
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

const pathDialect: PathDialect = {
  parameter({ name, type, description }, where) {
    return { name, in: where, description, type, uniqueItems: true, ...(where === 'path' ? { required: true } : {}) };
  },
  takes(query, body) {
    const { component = '', types = [json], required = false } = body ?? {};
    const parameter = { name: 'body', in: 'body', schema: refTo(component), ...(required ? { required } : {}) };
    const parameters = body === undefined ? query : [parameter, ...query];
    return { consumes: types, produces: [json], schemes: ['https'], parameters };
  },
  answer: component => ({ schema: refTo(component) }),
};
