import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  fieldErrorText,
  forbidden,
  goJson,
  goNumber,
  goQuote,
  internalError,
  invalid,
  invalidValue,
  isConflict,
  isExpired,
  isNotFound,
  methodNotSupported,
  modifiedConflict,
  notAcceptable,
  notFound,
  required,
  requestEntityTooLarge,
  type StatusError,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from '../src/index.ts';

const things = { group: 'example.com', resource: 'things' };
const pods = { group: '', resource: 'pods' };

describe('An error says what Kubernetes says', () => {
  const cases: [error: StatusError, code: number, reason: string, message: string][] = [
    [notFound(things, 'a'), 404, 'NotFound', 'things.example.com "a" not found'],
    [notFound(pods, 'a'), 404, 'NotFound', 'pods "a" not found'],
    [alreadyExists(pods, 'a'), 409, 'AlreadyExists', 'pods "a" already exists'],
    [conflict(pods, 'a', 'no'), 409, 'Conflict', 'Operation cannot be fulfilled on pods "a": no'],
    [
      modifiedConflict(pods, 'a'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [badRequest('no'), 400, 'BadRequest', 'no'],
    [unauthorized(), 401, 'Unauthorized', 'Unauthorized'],
    [forbidden(things, '', 'no'), 403, 'Forbidden', 'things.example.com is forbidden: no'],
    [forbidden(pods, 'a', 'no'), 403, 'Forbidden', 'pods "a" is forbidden: no'],
    [forbidden({ group: '', resource: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
    [
      methodNotSupported(things, 'create'),
      405,
      'MethodNotAllowed',
      'create is not supported on resources of kind "things.example.com"',
    ],
    [notAcceptable(['a', 'b']), 406, 'NotAcceptable', 'only the following media types are accepted: a, b'],
    [expired('too old'), 410, 'Expired', 'too old'],
    [requestEntityTooLarge('limit is 3'), 413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3'],
    [
      unsupportedMediaType(['a', 'b']),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: a, b',
    ],
    [tooManyRequests('slow'), 429, 'TooManyRequests', 'slow'],
    [internalError(new Error('bang')), 500, 'InternalError', 'Internal error occurred: bang'],
    [timeout('slow'), 504, 'Timeout', 'Timeout: slow'],
  ];
  for (const [error, code, reason, message] of cases) {
    it(`${reason} ${code}`, () => {
      assert.equal(error.code, code);
      assert.equal(error.reason, reason);
      assert.equal(error.message, message);
      assert.equal(error.status.status, 'Failure');
    });
  }

  it('with one cause for each field, and repeated texts once', () => {
    const twice = required('spec.a');
    const error = invalid({ group: 'example.com', kind: 'Thing' }, 'a', [
      twice,
      twice,
      invalidValue('spec.b', 1, 'no'),
    ]);
    assert.equal(
      error.message,
      'Thing.example.com "a" is invalid: [spec.a: Required value, spec.b: Invalid value: 1: no]',
    );
    assert.deepEqual(error.status.details, {
      name: 'a',
      group: 'example.com',
      kind: 'Thing',
      causes: [
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.a' },
        { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.a' },
        { reason: 'FieldValueInvalid', message: 'Invalid value: 1: no', field: 'spec.b' },
      ],
    });
  });

  it('without details that are empty', () => {
    assert.deepEqual(notFound(pods, 'a').status.details, { name: 'a', kind: 'pods' });
    assert.equal('details' in badRequest('no').status, false);
  });

  it('and can be asked what it is', () => {
    assert.equal(isNotFound(notFound(pods, 'a')), true);
    assert.equal(isConflict(alreadyExists(pods, 'a')), false);
    assert.equal(isExpired(expired('x')), true);
    assert.equal(isNotFound(new Error('x')), false);
  });
});

describe('Values are written as Go writes them', () => {
  it('texts', () => {
    assert.equal(goQuote('a"b\\c\n\t\x01\u200b\u{1F600}ä'), '"a\\"b\\\\c\\n\\t\\x01\\u200b\u{1F600}ä"');
  });

  it('numbers', () => {
    assert.deepEqual([1, 1.5, 1e21, 0.00001, -3].map(goNumber), ['1', '1.5', '1e+21', '1e-05', '-3']);
  });

  it('JSON', () => {
    assert.equal(goJson({ b: '<&>', a: [1, null] }), '{"a":[1,null],"b":"\\u003c\\u0026\\u003e"}');
    assert.equal(goJson(JSON.parse('{"__proto__":1}')), '{"__proto__":1}');
  });

  it('of any kind, without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), value => typeof fieldErrorText(invalidValue('a', value, 'b')) === 'string'));
  });
});
