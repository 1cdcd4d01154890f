/**
 * The PostgreSQL versions that clusters offer unless the platform team writes other ones into the Composition: pinned, so that no
 * registry is asked and nothing changes by itself. CloudNativePG's images are those of its own image catalogs of 2026-08-31.
 */

export const cloudNativePgImages: { version: string; image: string }[] = [
  pinned('15.19-202608310817', 'ad1dcb64577ebafbaa0489c38e7cf950959423860ba3513e7f2f306421d3bd8c'),
  pinned('16.15-202608310817', '6c697d90e9b7cd6c70e06b76616c89540650c2b80a603e9804993800c3413c51'),
  pinned('17.11-202608310816', 'e8ffaff9d17011fb71f264d857c3b4c54cb86ed0443a4ecb0298cb96be708d4e'),
  pinned('18.6-202608310817', 'cdb5c283a473507f7c597ea7e045d1a5e8efcbc4c5101aada013af9bd37ccc43'),
];

/** What StackGres 1.18.6 runs; its operator knows the images. Left out are those that it calls buggy. */
export const stackGresVersions: { version: string }[] = ['16.13', '17.6', '17.7', '17.8', '17.9', '18.3'].map(
  version => ({ version }),
);

function pinned(build: string, digest: string): { version: string; image: string } {
  const [version = ''] = build.split('-');
  return { version, image: `ghcr.io/cloudnative-pg/postgresql:${build}-standard-bookworm@sha256:${digest}` };
}
