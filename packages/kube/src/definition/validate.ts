/** Whether a CustomResourceDefinition can be served, with Kubernetes' reasons. */
import { forbiddenField, invalidValue, notSupported, required, type FieldError } from '../field-error.ts';
import { cloneJson, equalJson, isJsonObject } from '../json.ts';
import { validateDns1035Label, validateDns1123Subdomain } from '../names.ts';
import type { KubeObject } from '../objects.ts';
import type { Schema } from '../schema.ts';
import type { CustomResourceDefinition, DefinitionVersion } from './custom-resource-definition.ts';
import { validateKeywords } from './keywords.ts';
import { validateNames, validateSpecNames } from './names.ts';
import { validateDefaults, validateRules } from './rules.ts';
import { readSchemaShape } from './shape.ts';
import { validateStructural } from './structural.ts';
import { validateColumns, validateSelectableFields, validateSubresources } from './version-parts.ts';

/**
 * What is wrong with a definition; with `old`, as an update of it. Expects defaults filled in, and says only what the kind's own
 * schema and the rules for every object's metadata don't. Conversion by webhook isn't served, so it is refused.
 */
export function validateCustomResourceDefinition(object: KubeObject, before?: KubeObject): FieldError[] {
  if (!isDefinition(object)) return [];
  const old = before && isDefinition(before) ? before : undefined;
  return [
    ...(old ? [] : validateName(object)),
    ...validateSpec(object),
    ...validateStored(object),
    ...(old ? validateChange(object, old) : []),
  ];
}

/** Whether it has the parts that everything here looks at; the kind's schema tells what lacks. */
function isDefinition(object: KubeObject): object is CustomResourceDefinition {
  const { spec } = object;
  if (!isJsonObject(spec) || !isJsonObject(spec.names) || !Array.isArray(spec.versions)) return false;
  const texts = [spec.group, spec.scope, spec.names.plural, spec.names.kind];
  return texts.every(isText) && spec.versions.every(version => isJsonObject(version) && isText(version.name));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function validateName({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (metadata.name === `${spec.names.plural}.${spec.group}`) return [];
  return [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')];
}

function validateSpec({ spec }: CustomResourceDefinition): FieldError[] {
  const errors = [...validateGroup(spec.group), ...validateScope(spec.scope)];
  spec.versions.forEach((version, index) => {
    if (version.schema?.openAPIV3Schema) return;
    errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  });
  // Kubernetes keeps what all versions have in common once, and its errors point there.
  const common = (part: keyof DefinitionVersion) => {
    const [first, ...others] = spec.versions.map(version => version[part]);
    return first !== undefined && others.every(other => equalJson(other, first));
  };
  spec.versions.forEach((version, index) => errors.push(...validateVersion(version, index, common)));
  if (new Set(spec.versions.map(version => version.name)).size < spec.versions.length) {
    errors.push(invalidValue('spec.versions', spec.versions, 'must contain unique version names'));
  }
  if (spec.versions.filter(version => version.storage).length !== 1) {
    const why = 'must have exactly one version marked as storage version';
    errors.push(invalidValue('spec.versions', spec.versions, why));
  }
  if (spec.preserveUnknownFields) {
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  return [
    ...errors,
    ...validateSpecNames(spec.names),
    ...validateNames(spec.names, 'spec.names'),
    ...validateConversion(spec.conversion),
  ];
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const errors = validateDns1123Subdomain(group);
  if (errors.length > 0) return [invalidValue('spec.group', group, errors.join(','))];
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

function validateScope(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  return ['Cluster', 'Namespaced'].includes(scope)
    ? []
    : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function validateVersion(
  version: DefinitionVersion,
  index: number,
  common: (part: keyof DefinitionVersion) => boolean,
): FieldError[] {
  const own = `spec.versions[${index}]`;
  const first = (part: keyof DefinitionVersion) => index === 0 || !common(part);
  const place = (part: keyof DefinitionVersion) => (common(part) ? 'spec' : own);
  const name = validateDns1035Label(version.name);
  const errors = name.length > 0 ? [invalidValue(`${own}.name`, version.name, name.join(','))] : [];
  errors.push(...validateDeprecation(version, `${own}.deprecationWarning`));
  const schema = version.schema?.openAPIV3Schema;
  if (schema && first('schema')) {
    const path = common('schema') ? 'spec.validation.openAPIV3Schema' : `${own}.schema.openAPIV3Schema`;
    errors.push(...validateSchema(schema, path, version.subresources?.status !== undefined));
  }
  if (first('subresources'))
    errors.push(...validateSubresources(version.subresources, `${place('subresources')}.subresources`));
  if (first('additionalPrinterColumns')) {
    errors.push(
      ...validateColumns(
        version.additionalPrinterColumns ?? [],
        `${place('additionalPrinterColumns')}.additionalPrinterColumns`,
      ),
    );
  }
  if (first('selectableFields') && schema) {
    const path = `${place('selectableFields')}.selectableFields`;
    errors.push(...validateSelectableFields(version.selectableFields ?? [], schema, path));
  }
  return errors;
}

function validateDeprecation(
  { deprecated, deprecationWarning: warning }: DefinitionVersion,
  path: string,
): FieldError[] {
  if (warning === undefined) return [];
  if (!deprecated) return [invalidValue(path, warning, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(warning) > 256) errors.push(invalidValue(path, warning, 'must be <= 256 characters long'));
  if (warning === '') errors.push(invalidValue(path, warning, 'must not be an empty string'));
  const at = warning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (at >= 0) {
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`;
    errors.push(invalidValue(path, warning, why));
  }
  return errors;
}

/** Kubernetes' order: each step relies on the one before, so that errors don't repeat themselves. */
function validateSchema(given: Schema, path: string, hasStatus: boolean): FieldError[] {
  const schema = cloneJson(given);
  const shape = readSchemaShape(schema, path);
  if (shape.errors.length > 0) return shape.errors;
  const errors = hasStatus ? validateRootFields(schema, path) : [];
  if (schema.nullable) errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = validateStructural(schema, path);
  const keywords = validateKeywords(schema, path);
  if (structural.length > 0 || keywords.length > 0) return [...errors, ...structural, ...keywords];
  const defaults = validateDefaults(schema, path);
  return [...errors, ...defaults, ...(defaults.length > 0 ? [] : validateRules(schema, path))];
}

const allowedAtRoot =
  'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf required items properties externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations'.split(
    ' ',
  );

/** With a status of its own, the root says only what can be said of the status too. */
function validateRootFields(schema: Schema, path: string): FieldError[] {
  const other = Object.keys(schema).find(name => !allowedAtRoot.includes(name));
  if (other === undefined || schema[other as keyof Schema] === false) return [];
  const names = allowedAtRoot.map(goName).join(' ');
  const why = `only [${names}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalidValue(path, schema, why)];
}

/** Kubernetes names the fields as its source does. */
function goName(name: string): string {
  if (name === 'x-kubernetes-preserve-unknown-fields') return 'XPreserveUnknownFields';
  if (name === 'x-kubernetes-validations') return 'XValidations';
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function validateConversion(conversion: CustomResourceDefinition['spec']['conversion']): FieldError[] {
  if (!conversion) return [];
  const path = 'spec.conversion';
  if (conversion.strategy === '') return [required(`${path}.strategy`)];
  if (conversion.strategy !== 'None') return [notSupported(`${path}.strategy`, conversion.strategy, ['None'])];
  if (!conversion.webhook) return [];
  return [forbiddenField(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')];
}

function validateStored({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? [];
  const path = 'status.storedVersions';
  if (stored.length === 0) return [invalidValue(path, stored, 'must have at least one stored version')];
  const lacking = spec.versions.filter(version => version.storage && !stored.includes(version.name));
  const gone = stored.filter(name => !spec.versions.some(version => version.name === name));
  return [
    ...lacking.map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`)),
    ...gone.map(name => {
      const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
      return invalidValue(`${path}[${stored.indexOf(name)}]`, name, why);
    }),
  ];
}

function validateChange({ spec }: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  const fixed: [string, string, string][] = [
    ['spec.group', spec.group, old.spec.group],
    ['spec.names.plural', spec.names.plural, old.spec.names.plural],
  ];
  if (established) {
    fixed.unshift(
      ['spec.scope', spec.scope, old.spec.scope],
      ['spec.names.kind', spec.names.kind, old.spec.names.kind],
    );
  }
  return fixed
    .filter(([, value, before]) => value !== before)
    .map(([path, value]) => invalidValue(path, value, 'field is immutable'));
}
