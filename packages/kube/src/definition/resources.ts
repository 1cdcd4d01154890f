/** What a definition makes the API serve. */
import { objectMetaSchema } from '../builtin/meta.ts';
import { text } from '../builtin/shapes.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Schema } from '../schema.ts';
import type { CustomResourceDefinition, DefinitionNames, DefinitionVersion } from './custom-resource-definition.ts';

/** One definition for each served version. Expects a valid definition, defaults filled in. */
export function resourcesOfCrd(definition: CustomResourceDefinition): ResourceDefinition[] {
  return definition.spec.versions.filter(version => version.served).map(version => resourceOf(definition, version));
}

function resourceOf({ spec }: CustomResourceDefinition, version: DefinitionVersion): ResourceDefinition {
  return {
    group: spec.group,
    version: version.name,
    ...namesOf(spec.names),
    namespaced: spec.scope === 'Namespaced',
    schema: resourceSchema(version.schema?.openAPIV3Schema ?? {}),
    ...partsOf(version),
    ...(version.deprecated && { deprecated: deprecationOf(spec.group, version, spec.names.kind) }),
  };
}

function namesOf(names: DefinitionNames): Pick<ResourceDefinition, 'kind' | 'listKind' | 'plural' | 'singular'> {
  const { kind, plural, singular = kind.toLowerCase(), listKind = `${kind}List`, shortNames, categories } = names;
  return { kind, listKind, plural, singular, ...(shortNames && { shortNames }), ...(categories && { categories }) };
}

function partsOf(version: DefinitionVersion): Partial<ResourceDefinition> {
  const { subresources, additionalPrinterColumns: columns = [], selectableFields: fields } = version;
  return {
    ...(subresources?.status && { status: true }),
    ...(subresources?.scale && { scale: subresources.scale }),
    ...(columns.length > 0 && { columns }),
    ...(fields && { selectableFields: fields.map(field => field.jsonPath) }),
  };
}

function deprecationOf(group: string, { name, deprecationWarning }: DefinitionVersion, kind: string): string {
  return deprecationWarning ?? `${group}/${name} ${kind} is deprecated`;
}

/** The schema with what every resource has; a definition narrows the names at most. */
function resourceSchema(schema: Schema): Schema {
  const { metadata } = schema.properties ?? {};
  const { name, generateName } = metadata?.properties ?? {};
  const properties = { ...objectMetaSchema.properties, ...(name && { name }), ...(generateName && { generateName }) };
  const narrowed = name || generateName ? { ...objectMetaSchema, properties } : objectMetaSchema;
  return {
    ...schema,
    type: 'object',
    properties: { apiVersion: text, kind: text, ...schema.properties, metadata: narrowed },
  };
}
