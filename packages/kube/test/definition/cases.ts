/** Definitions that a real kube-apiserver 1.35 refuses, and why. */
import type { CustomResourceDefinition, Schema } from '../../src/index.ts';

export interface Case {
  name: string;
  definition: CustomResourceDefinition;
  /** `<field>: <text>`, in any order. */
  want: string[];
}

type Version = CustomResourceDefinition['spec']['versions'][number];

/** A good definition; each case breaks one thing. */
export function definitionOf(
  schema: unknown,
  version: Partial<Version> = {},
  spec: Partial<CustomResourceDefinition['spec']> = {},
): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema as Schema }, ...version },
      ],
      ...spec,
    },
  };
}

const text = { type: 'string' };
const object = (properties: Record<string, unknown>, more: object = {}) => ({ type: 'object', properties, ...more });
const root = 'spec.validation.openAPIV3Schema';
const field = (schema: unknown) => definitionOf(object({ spec: object({ a: schema }) }));
const at = `${root}.properties[spec].properties[a]`;
const ruled = (...rules: object[]) => field({ ...text, 'x-kubernetes-validations': rules });
const version = (name: string, more: Partial<Version> = {}): Version => ({
  name,
  served: true,
  storage: false,
  schema: { openAPIV3Schema: { type: 'object' } },
  ...more,
});
const versions = (...list: Version[]) => definitionOf({}, {}, { versions: list });

export const names: Case[] = [
  { name: 'Good', definition: definitionOf({ type: 'object' }), want: [] },
  {
    name: 'NameMismatch',
    definition: { ...definitionOf({ type: 'object' }), metadata: { name: 'others.example.com' } },
    want: ['metadata.name: Invalid value: "others.example.com": must be spec.names.plural+"."+spec.group'],
  },
  {
    name: 'GroupWithoutDot',
    definition: {
      ...definitionOf({ type: 'object' }, {}, { group: 'example' }),
      metadata: { name: 'things.example' },
    },
    want: ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
  },
  {
    name: 'UpperCaseShortName',
    definition: definitionOf(
      { type: 'object' },
      {},
      { names: { plural: 'things', kind: 'Thing', shortNames: ['TH'] } },
    ),
    want: [
      "spec.names.shortNames[0]: Invalid value: \"TH\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  },
  {
    name: 'KindAndListKind',
    definition: definitionOf({ type: 'object' }, {}, { names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } }),
    want: ['spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
  },
];

export const parts: Case[] = [
  {
    name: 'NoSchema',
    definition: definitionOf({}, { schema: undefined }),
    want: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  },
  {
    name: 'BadColumn',
    definition: definitionOf(
      { type: 'object' },
      { additionalPrinterColumns: [{ name: 'A', type: 'text' as 'string', jsonPath: 'spec.a' }] },
    ),
    want: [
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
    ],
  },
  {
    name: 'BadScale',
    definition: definitionOf(
      { type: 'object' },
      { subresources: { scale: { specReplicasPath: '.status.x', statusReplicasPath: '.status.replicas' } } },
    ),
    want: ['spec.subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a json path under .spec'],
  },
  {
    name: 'BadSelectableField',
    definition: definitionOf(object({ spec: object({ a: text }) }), {
      selectableFields: [{ jsonPath: '.spec.b' }, { jsonPath: '.spec' }],
    }),
    want: [
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    ],
  },
  {
    name: 'WarningWithoutDeprecation',
    definition: definitionOf({ type: 'object' }, { deprecationWarning: 'gone soon' }),
    want: ['spec.versions[0].deprecationWarning: Invalid value: "gone soon": can only be set for deprecated versions'],
  },
];

export const structural: Case[] = [
  {
    name: 'FieldWithoutType',
    definition: field({}),
    want: [`${at}.type: Required value: must not be empty for specified object fields`],
  },
  {
    name: 'ItemsWithoutType',
    definition: field({ type: 'array', items: {} }),
    want: [`${at}.items.type: Required value: must not be empty for specified array items`],
  },
  {
    name: 'ArrayWithoutItems',
    definition: field({ type: 'array' }),
    want: [`${at}.items: Required value: must be specified`],
  },
  {
    name: 'RootWithoutType',
    definition: definitionOf({ properties: {} }),
    want: [`${root}.type: Required value: must not be empty at the root`],
  },
  {
    name: 'RootIsNoObject',
    definition: definitionOf({ type: 'string' }),
    want: [`${root}.type: Invalid value: "string": must be object at the root`],
  },
  {
    name: 'UnknownType',
    definition: field({ type: 'text' }),
    want: [
      `${at}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ],
  },
  {
    name: 'TypeInAnyOf',
    definition: field({ ...text, anyOf: [{ type: 'string' }] }),
    want: [`${at}.anyOf[0].type: Forbidden: must be empty to be structural`],
  },
  {
    name: 'IntOrStringPattern',
    definition: field({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
    want: [],
  },
  {
    name: 'RulesInAllOf',
    definition: field({ ...text, allOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }] }] }),
    want: [`${at}.allOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural`],
  },
  {
    name: 'IncompleteAtTheRoot',
    definition: definitionOf({ type: 'object', oneOf: [{ properties: { spec: { required: ['a'] } } }] }),
    want: [`${root}.properties[spec]: Required value: because it is defined in ${root}.oneOf[0].properties[spec]`],
  },
  {
    name: 'MetadataSaysMore',
    definition: definitionOf(object({ metadata: object({ labels: { type: 'object' } }) })),
    want: [
      `${root}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  },
  {
    name: 'MetadataNarrowsTheName',
    definition: definitionOf(object({ metadata: object({ name: { type: 'string', maxLength: 5 } }) })),
    want: [],
  },
  {
    name: 'BadPattern',
    definition: field({ type: 'string', pattern: '(' }),
    want: [
      `${at}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
    ],
  },
  {
    name: 'LookaheadIsNoRe2',
    definition: field({ type: 'string', pattern: '(?=a)' }),
    want: [
      `${at}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``,
    ],
  },
  {
    name: 'EmbeddedWithoutFields',
    definition: field({ type: 'object', 'x-kubernetes-embedded-resource': true }),
    want: [
      `${at}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
    ],
  },
];

export const keywords: Case[] = [
  {
    name: 'UniqueItems',
    definition: field({ type: 'array', items: text, uniqueItems: true }),
    want: [
      `${at}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  },
  {
    name: 'PropertiesAndAdditional',
    definition: field(object({ b: text }, { additionalProperties: text })),
    want: [`${at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  },
  {
    name: 'Preserve',
    definition: field({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
    want: [`${at}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
  },
  {
    name: 'MapWithoutKeys',
    definition: field({ type: 'array', items: object({ b: text }), 'x-kubernetes-list-type': 'map' }),
    want: [`${at}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
  },
  {
    name: 'MapWithUnknownKey',
    definition: field({
      type: 'array',
      items: object({ b: text }),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['c'],
    }),
    want: [`${at}.x-kubernetes-list-map-keys: Invalid value: ["c"]: entries must all be names of item properties`],
  },
  {
    name: 'KeyThatMayBeAbsent',
    definition: field({
      type: 'array',
      items: object({ b: text }),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['b'],
    }),
    want: [
      `${at}.items.properties[b].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  },
  {
    name: 'SetOfObjects',
    definition: field({ type: 'array', items: object({ b: text }), 'x-kubernetes-list-type': 'set' }),
    want: [
      `${at}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
  },
  {
    name: 'UnknownListType',
    definition: field({ type: 'array', items: text, 'x-kubernetes-list-type': 'bag' }),
    want: [`${at}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`],
  },
  {
    name: 'ListTypeOfAnObject',
    definition: field({ type: 'object', 'x-kubernetes-list-type': 'atomic' }),
    want: [`${at}.type: Invalid value: "object": must be array if x-kubernetes-list-type is specified`],
  },
  {
    name: 'Reference',
    definition: field({ ...text, $ref: '#/x' }),
    want: [`${at}.$ref: Forbidden: $ref is not supported`],
  },
];

export const defaults: Case[] = [
  {
    name: 'WrongDefault',
    definition: field({ type: 'string', default: 5 }),
    want: [`${at}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
  },
  {
    name: 'UnknownFieldInDefault',
    definition: field({ ...object({ b: text }), default: { c: 1 } }),
    want: [`${at}.default: Invalid value: {"c":1}: must not have unknown fields`],
  },
  {
    name: 'DefaultBreaksABound',
    definition: field({ ...object({ b: { type: 'integer', minimum: 3 } }), default: { b: 1 } }),
    want: [`${at}.default.b: Invalid value: 1: b in body should be greater than or equal to 3`],
  },
  {
    name: 'DefaultBreaksARule',
    definition: field({
      ...text,
      default: 'x',
      'x-kubernetes-validations': [{ rule: "self != 'x'", message: 'no x' }],
    }),
    want: [`${at}.default: Invalid value: "x": no x`],
  },
];

const shown = (rule: string, more = '') =>
  `{"Rule":${JSON.stringify(rule).replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')},"Message":"","MessageExpression":${more === '' ? '""' : more},"Reason":null,"FieldPath":"","OptionalOldSelf":null}`;

export const rules: Case[] = [
  {
    name: 'NoRule',
    definition: ruled({ rule: ' ' }),
    want: [`${at}.x-kubernetes-validations[0].rule: Required value: rule is not specified`],
  },
  {
    name: 'UnknownField',
    definition: definitionOf(
      object({ spec: object({ a: text }, { 'x-kubernetes-validations': [{ rule: "self.b == 'x'" }] }) }),
    ),
    want: [
      `${root}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: ${shown("self.b == 'x'")}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 'x'\n | ....^`,
    ],
  },
  {
    name: 'UnknownFieldInHas',
    definition: definitionOf(
      object({ spec: object({ a: text }, { 'x-kubernetes-validations': [{ rule: 'has(self.b)' }] }) }),
    ),
    want: [
      `${root}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: ${shown('has(self.b)')}: compilation failed: ERROR: <input>:1:4: undefined field 'b'\n | has(self.b)\n | ...^`,
    ],
  },
  {
    name: 'BadPattern',
    definition: ruled({ rule: "'a'.matches('[a')" }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown("'a'.matches('[a')")}: compilation failed: ERROR: <input>:1:13: invalid matches argument\n | 'a'.matches('[a')\n | ............^`,
    ],
  },
  {
    name: 'BadPatternToFind',
    definition: ruled({ rule: "'a'.find('[a') == 'a'" }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown("'a'.find('[a') == 'a'")}: program instantiation failed: error parsing regexp: missing closing ]: \`[a\``,
    ],
  },
  {
    name: 'BadPatternToFindAll',
    definition: ruled({ rule: "'a'.findAll('(', 1) == ['a']" }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown("'a'.findAll('(', 1) == ['a']")}: program instantiation failed: error parsing regexp: missing closing ): \`(\``,
    ],
  },
  {
    name: 'BadPatternInAMessage',
    definition: ruled({ rule: "self == 'x'", messageExpression: "'a'.find('*')" }),
    want: [
      `${at}.x-kubernetes-validations[0].messageExpression: Invalid value: ${shown("self == 'x'", JSON.stringify("'a'.find('*')"))}: messageExpression instantiation failed: error parsing regexp: missing argument to repetition operator: \`*\``,
    ],
  },
  {
    name: 'UnknownVariable',
    definition: ruled({ rule: "selv == 'x'" }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown("selv == 'x'")}: compilation failed: ERROR: <input>:1:1: undeclared reference to 'selv' (in container '')\n | selv == 'x'\n | ^`,
    ],
  },
  {
    name: 'NoBool',
    definition: ruled({ rule: 'self' }),
    want: [
      `${at}.x-kubernetes-validations[0].rule: Invalid value: ${shown('self')}: cel expression must evaluate to a bool`,
    ],
  },
  {
    name: 'MessageIsNoText',
    definition: ruled({ rule: 'true', messageExpression: '5' }),
    want: [
      `${at}.x-kubernetes-validations[0].messageExpression: Invalid value: ${shown('true', '"5"')}: messageExpression must evaluate to a string`,
    ],
  },
  {
    name: 'BadReasonAndPath',
    definition: ruled({ rule: 'true', reason: 'Because', fieldPath: '.x' }),
    want: [
      `${at}.x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
      `${at}.x-kubernetes-validations[0].fieldPath: Invalid value: ".x": must be a valid path`,
    ],
  },
  {
    name: 'NoPastInAnAtomicList',
    definition: field({
      type: 'array',
      maxItems: 5,
      items: { ...text, maxLength: 5, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    }),
    want: [
      `${at}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}`,
    ],
  },
  {
    name: 'OptionalOldSelfUnused',
    definition: ruled({ rule: 'true', optionalOldSelf: true }),
    want: [
      `${at}.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
    ],
  },
];

export const several: Case[] = [
  {
    name: 'TwoVersions',
    definition: versions(version('v1', { storage: true }), version('v2')),
    want: [],
  },
  {
    name: 'DifferentSchemas',
    definition: versions(
      version('v1', { storage: true }),
      version('v2', { schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }),
    ),
    want: [
      'spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    ],
  },
];
