/** Other people's clients: boto3, s3cmd and rclone, those that are installed. Their absence is said, not hidden. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { startRig, type Rig } from './rig.ts';

const run = promisify(execFile);

/** A Python that may have boto3. */
const python = process.env.LARDER_TEST_PYTHON ?? 'python3';
const s3cmd = process.env.LARDER_TEST_S3CMD ?? 's3cmd';

async function works(program: string, ...args: string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}

const boto = `
import boto3, io, os, sys
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
s3 = boto3.client('s3', endpoint_url=os.environ['URL'], region_name='us-east-1')
def refused(code, **put):
    try: s3.put_object(Bucket='first', **put)
    except ClientError as error: assert error.response['Error']['Code'] == code, error
    else: raise AssertionError('not refused')
s3.head_bucket(Bucket='first')
data = os.urandom(20 * 1024 * 1024)
config = TransferConfig(multipart_threshold=6 * 1024 * 1024, multipart_chunksize=6 * 1024 * 1024)
s3.upload_fileobj(io.BytesIO(data), 'first', 'boto/large', Config=config, ExtraArgs={'Metadata': {'a': 'b'}})
back = io.BytesIO(); s3.download_fileobj('first', 'boto/large', back, Config=config); assert back.getvalue() == data
for name in ['a b', 'ü+', '%41', 'x/../y', '\\u0001']:
    s3.put_object(Bucket='first', Key='keys/' + name, Body=name.encode())
keys = [o['Key'] for p in s3.get_paginator('list_objects_v2').paginate(Bucket='first', Prefix='keys/', PaginationConfig={'PageSize': 2}) for o in p['Contents']]
assert sorted(keys) == sorted('keys/' + n for n in ['a b', 'ü+', '%41', 'x/../y', '\\u0001']), keys
for key in keys: assert s3.get_object(Bucket='first', Key=key)['Body'].read().decode() == key[5:]
s3.put_object(Bucket='first', Key='once', Body=b'', IfNoneMatch='*')
refused('PreconditionFailed', Key='once', Body=b'', IfNoneMatch='*')
for algorithm in ['CRC32', 'SHA1', 'SHA256']: s3.put_object(Bucket='first', Key='sum', Body=b'x', ChecksumAlgorithm=algorithm)
s3.copy({'Bucket': 'first', 'Key': 'boto/large'}, 'first', 'copy', Config=config)
assert s3.head_object(Bucket='first', Key='copy')['ContentLength'] == len(data)
# XML 1.0 has no control characters: nobody can be told in XML that such a key is gone
s3.delete_object(Bucket='first', Key=[k for k in keys if '\\u0001' in k][0])
keys = [k for k in keys if '\\u0001' not in k]
gone = s3.delete_objects(Bucket='first', Delete={'Objects': [{'Key': k} for k in keys]})
assert len(gone['Deleted']) == len(keys)
print('done')
`;

describe('clients', () => {
  let rig: Rig;
  let folder: string;
  before(async () => {
    rig = await startRig();
    folder = await mkdtemp(join(tmpdir(), 'larder-s3-clients-'));
  });
  after(async () => {
    await rig.close();
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(rig.faults, []);
  });
  const environment = (): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: folder,
    URL: rig.store.url,
    AWS_ACCESS_KEY_ID: rig.owner.accessKeyId,
    AWS_SECRET_ACCESS_KEY: rig.owner.secretAccessKey,
  });

  it('boto3', async (context: TestContext) => {
    if (!(await works(python, '-c', 'import boto3'))) return context.skip('not run: there is no boto3');
    const { stdout } = await run(python, ['-c', boto], { env: environment() });
    assert.equal(stdout.trim(), 'done');
  });

  it('s3cmd', async (context: TestContext) => {
    if (!(await works(s3cmd, '--version'))) return context.skip('not run: there is no s3cmd');
    const host = `127.0.0.1:${rig.store.port}`;
    const config = join(folder, 's3cfg');
    const { accessKeyId, secretAccessKey } = rig.owner;
    await writeFile(
      config,
      `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\nhost_base = ${host}\nhost_bucket = ${host}\nuse_https = False\nsignature_v2 = False\n`,
      { mode: 0o600 },
    );
    const s3 = async (...args: string[]): Promise<string> =>
      (await run(s3cmd, ['-c', config, '--no-progress', ...args], { env: environment() })).stdout;
    const file = join(folder, 'file');
    await writeFile(file, randomBytes(12 * 1024 * 1024));
    await s3('put', file, 's3://first/s3cmd/file', '--multipart-chunk-size-mb=5');
    await s3('get', 's3://first/s3cmd/file', `${file}.back`);
    assert.ok((await readFile(file)).equals(await readFile(`${file}.back`)));
    assert.match(await s3('ls', 's3://first/'), /DIR\s+s3:\/\/first\/s3cmd\//);
    assert.match(await s3('ls', '-r', 's3://first/s3cmd/'), /12582912\s+s3:\/\/first\/s3cmd\/file/);
    await s3('cp', 's3://first/s3cmd/file', 's3://first/s3cmd/copy');
    await s3('del', '-r', '--force', 's3://first/s3cmd/');
    assert.equal((await s3('ls', '-r', 's3://first/s3cmd/')).trim(), '');
  });

  it('rclone', async (context: TestContext) => {
    if (!(await works('rclone', 'version'))) return context.skip('not run: there is no rclone');
    const remote = `:s3,provider=Other,env_auth=true,region=us-east-1,endpoint="${rig.store.url}":first/rclone`;
    const rclone = async (...args: string[]): Promise<string> =>
      (await run('rclone', ['--config', '/dev/null', ...args], { env: environment() })).stdout;
    const file = join(folder, 'for-rclone');
    await writeFile(file, randomBytes(7 * 1024 * 1024));
    await rclone('copyto', '--s3-upload-cutoff', '5M', '--s3-chunk-size', '5M', file, `${remote}/a b`);
    assert.match(await rclone('lsl', remote), /7340032 .* a b/);
    await rclone('copyto', `${remote}/a b`, `${file}.back`);
    assert.ok((await readFile(file)).equals(await readFile(`${file}.back`)));
    await rclone('purge', remote);
  });
});
