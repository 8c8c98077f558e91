/**
 * The Debian package: installed, used under a real systemd, and removed, all in a container whose root is this
 * system's with a layer of memory over it, so that nothing of it stays.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has, make, onlyByName, out, run, version } from './packages.ts';

const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const deb = join(out, `rengarde_${version}_${architecture}.deb`);
const lacks = process.getuid?.() !== 0 ? 'needs root' : (await has('dpkg')) ? undefined : 'needs Debian';
const obstacle = onlyByName ?? lacks;
const canBoot =
  (await has('systemd-nspawn')) && existsSync('/lib/systemd/systemd') && existsSync('/usr/bin/dbus-daemon');

describe.skipIf(obstacle)(`The Debian package (${obstacle ?? 'in a container'})`, async () => {
  const place = join(tmpdir(), `rengarde-deb-${process.pid}`);
  const [layer, root] = [join(place, 'layer'), join(place, 'root')];
  const inside = (...command: string[]) =>
    run('chroot', [root, ...command], { env: { DEBIAN_FRONTEND: 'noninteractive' } });

  beforeAll(async () => {
    await make('deb', '--arch', process.arch);
    for (const folder of [place, layer, root]) mkdirSync(folder);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', layer]);
    for (const name of ['upper', 'work']) mkdirSync(join(layer, name));
    const options = `lowerdir=/,upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`;
    await run('mount', ['-t', 'overlay', 'overlay', '-o', options, root]);
    cpSync(deb, join(root, 'root/rengarde.deb'));
  });
  afterAll(async () => {
    await run('umount', [root]);
    await run('umount', [layer]);
    for (const folder of [layer, root, place]) rmdirSync(folder); // empty, or something is still mounted
  });

  test.skipIf(!(await has('lintian')))('has no error that lintian knows (needs lintian)', async () => {
    const text = await run('lintian', ['--allow-root', '--fail-on', 'error', deb]);
    expect(text).not.toMatch(/^E:/m);
  });

  test('installs, with programs that run and a group that may read the configuration', async () => {
    await inside('dpkg', '-i', '/root/rengarde.deb');
    for (const name of ['rengarde', 'rengarde-client', 'rengarde-server']) {
      expect(await inside(name, '-v')).toBe(`${name} ver. ${version}\n`);
    }
    expect(await inside('stat', '-c', '%U:%G %a', '/etc/rengarde')).toBe('root:rengarde 2770\n');
    expect(await inside('sh', '-c', 'zcat /usr/share/man/man1/rengarde-client.1.gz')).toContain(
      'rengarde\\-client',
    );
    expect(existsSync(join(root, 'usr/share/doc/rengarde/examples/engarde.yml.sample'))).toBe(true);
  });

  test.skipIf(!canBoot)(
    'has services that systemd starts, watches, reloads and stops (needs systemd-nspawn, dbus)',
    async () => {
      writeFileSync(
        join(root, 'etc/rengarde/t.yml'),
        `client:
  description: first
  listenAddr: "127.0.0.1:59401"
  dstAddr: "192.0.2.9:59402"
  webManager:
    listenAddr: "127.0.0.1:9401"
server:
  listenAddr: "0.0.0.0:59402"
  dstAddr: "127.0.0.1:51820"
`,
      );
      await inside('chown', 'root:rengarde', '/etc/rengarde/t.yml');
      chmodSync(join(root, 'etc/rengarde/t.yml'), 0o660);
      cpSync(join(import.meta.dirname, 'exercise.sh'), join(root, 'root/exercise.sh'));
      const units = join(root, 'etc/systemd/system');
      writeFileSync(
        join(units, 'exercise.service'),
        `[Unit]
After=basic.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/bin/sh /root/exercise.sh
TimeoutStartSec=120
`,
      );
      // Sooner than in earnest, so that the test need not wait for it.
      mkdirSync(join(units, 'rengarde-client@.service.d'));
      writeFileSync(join(units, 'rengarde-client@.service.d/test.conf'), '[Service]\nWatchdogSec=6\n');
      writeFileSync(join(root, 'etc/machine-id'), '');
      const options = [
        '--private-network',
        '--register=no',
        '--keep-unit',
        '--quiet',
        '--machine=rengarde-test',
      ];
      await run('timeout', [
        '150',
        'systemd-nspawn',
        '-D',
        root,
        ...options,
        '--boot',
        'systemd.unit=exercise.service',
      ]);
      const result = readFileSync(join(root, 'root/result'), 'utf8');
      process.stdout.write(`${result}\n`);
      const found = Object.fromEntries(result.split('\n').map((line) => line.split(/=(.*)/).slice(0, 2)));
      expect(found).toMatchObject({
        start: '0',
        'rengarde-client@t active': 'active',
        'rengarde-server@t active': 'active',
        'client-status': 'carrying over wan0',
        'server-status': '0 sessions',
        'user-is-root': 'no',
        capabilities: '2000', // CAP_NET_RAW is number 13
        bounding: '2000',
        'no-new-privileges': '1',
        engine: '(linux engine)',
        page: '200',
        keep: '{"status":"ok","changed":true}',
        kept: '1',
        reload: '0',
        'after-reload': 'active',
        restarted: 'yes',
        watchdog: 'Watchdog timeout',
        result: 'success',
        past: 'history-client-59401.json.gz',
        owner: 'root:rengarde 660',
      });
      expect(found).not.toHaveProperty(['never came']);
    },
  );

  test('leaves nothing but the configuration when it is removed, and purged not even the past', async () => {
    await inside('dpkg', '--remove', 'rengarde');
    expect(existsSync(join(root, 'usr/bin/rengarde'))).toBe(false);
    await inside('dpkg', '--purge', 'rengarde');
    expect(existsSync(join(root, 'var/lib/private/rengarde-client-t'))).toBe(false);
  });
});
