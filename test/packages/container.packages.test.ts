/**
 * The container file: built by buildah without a network, on a base of this system's C libraries in place of the
 * one that it names, and run as the user and with the health check that it sets.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { clientFile, executable, has, make, onlyByName, out, Running, run, version } from './packages.ts';

const lacks = process.getuid?.() !== 0 ? 'needs root' : (await has('buildah')) ? undefined : 'needs buildah';
const obstacle = onlyByName ?? lacks;

describe.skipIf(obstacle)(`The container file (${obstacle ?? 'by buildah'})`, () => {
  const place = join(tmpdir(), `rengarde-container-${process.pid}`);
  const storage = [
    '--storage-driver',
    'vfs',
    '--root',
    join(place, 'storage'),
    '--runroot',
    join(place, 'run'),
  ];
  const buildah = async (...args: string[]) => (await run('buildah', [...storage, ...args])).trim();
  let container: string;

  beforeAll(async () => {
    await make('container', '--arch', process.arch);
    mkdirSync(place);
    const base = join(place, 'base');
    for (const [, library] of (await run('ldd', [executable])).matchAll(/(\/lib\S+)/g)) {
      mkdirSync(join(base, dirname(library!)), { recursive: true });
      copyFileSync(library!, join(base, library!));
    }
    const scratch = (await buildah('from', 'scratch')).split('\n').at(-1)!;
    await buildah('add', '--quiet', scratch, base, '/');
    await buildah('commit', '--quiet', scratch, 'docker.io/library/debian:12-slim');
    const options = ['--isolation=chroot', '--pull=never', '--format=docker', '--quiet'];
    await buildah(
      'build',
      ...options,
      '--build-arg',
      `TARGETARCH=${targetarch()}`,
      '-t',
      'rengarde',
      join(out, 'container'),
    );
    container = (await buildah('from', '--pull=never', 'localhost/rengarde')).split('\n').at(-1)!;
  });
  afterAll(async () => {
    await buildah('rm', '--all');
    rmSync(place, { recursive: true });
  });

  function targetarch(): string {
    return process.arch === 'x64' ? 'amd64' : process.arch;
  }

  test('makes an image with a user, a state folder of that user and a health check', async () => {
    const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/rengarde'));
    expect(Docker.config).toMatchObject({
      User: '65532:65532',
      Entrypoint: ['/usr/bin/rengarde'],
      Volumes: { '/var/lib/rengarde': {} },
      Healthcheck: { Test: ['CMD', '/usr/bin/rengarde', 'status', '/etc/rengarde/engarde.yml'] },
    });
  });

  test('runs the programs as that user, with the library beside them, and its health check finds them well', async () => {
    const config = join(place, 'config');
    mkdirSync(config);
    writeFileSync(join(config, 'engarde.yml'), clientFile(59_451, 59_452));
    const inside = (...command: string[]) => [
      ...[
        ...storage,
        'run',
        '--isolation=chroot',
        '--user=65532:65532',
        '--volume',
        `${config}:/etc/rengarde:ro`,
      ],
      ...[container, '--', '/usr/bin/rengarde', ...command],
    ];
    expect(await run('buildah', inside('-v'))).toBe(`rengarde ver. ${version}\n`);
    const client = new Running('buildah', inside('client', '/etc/rengarde/engarde.yml'));
    try {
      await client.waitFor(/web interface: http/);
      expect(client.output).toContain('(linux engine)');
      const [pid] = (await run('pgrep', ['-f', 'rengarde client /etc/rengarde/engarde.yml']))
        .trim()
        .split('\n')
        .slice(-1);
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\t65532\b/m);
      expect(readFileSync(`/proc/${pid}/maps`, 'utf8')).toContain('/usr/lib/rengarde/koffi.node');
      expect(await run('buildah', inside('status', '/etc/rengarde/engarde.yml'))).toContain(
        'packaged client',
      );
    } finally {
      await client.stop();
    }
    await expect(run('buildah', inside('status', '/etc/rengarde/engarde.yml'))).rejects.toThrow();
  });

  test('has a compose example with no more than it needs', () => {
    const { services } = parse(readFileSync(join(out, 'container/compose.yml'), 'utf8'), { merge: true });
    for (const role of ['client', 'server']) {
      expect(services[role]).toMatchObject({
        command: [role, '/etc/rengarde/engarde.yml'],
        network_mode: 'host',
        read_only: true,
        cap_drop: ['ALL'],
        cap_add: ['NET_RAW'],
      });
    }
  });
});
