// The programs that lab and browser tests need and that are not npm packages: finds which are missing, installs
// them when this is root on Debian, and otherwise names the command that does. The suites decide what to skip.

import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, secondsSince } from './run.mjs';

/** By part of the tests: each program with the Debian package that brings it. */
const packageOf = {
  lab: {
    'wireguard-go': 'wireguard-go',
    wg: 'wireguard-tools',
    ip: 'iproute2',
    tc: 'iproute2',
    nft: 'nftables',
    ping: 'iputils-ping',
    iperf3: 'iperf3',
    ethtool: 'ethtool',
    faketime: 'faketime',
    prometheus: 'prometheus',
    promtool: 'prometheus',
  },
  browser: { chromium: 'chromium' },
  packages: { 'systemd-analyze': 'systemd' },
  'all packages': {
    lintian: 'lintian',
    'systemd-nspawn': 'systemd-container',
    'dbus-daemon': 'dbus',
    'qemu-aarch64-static': 'qemu-user-static',
    buildah: 'buildah',
  },
};

/** Packages that bring a service, which nobody asked for: it is neither started nor enabled. */
const SERVICES = ['prometheus'];
/** Asked by Debian's packages before they start a service (invoke-rc.d(8), deb-systemd-invoke(1p)). */
const START_POLICY = '/usr/sbin/policy-rc.d';

/** Debian keeps some of them where an ordinary user's PATH does not look. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/sbin'];

/**
 * Makes the programs of a part available, or says what is missing; never fails.
 * @param {keyof typeof packageOf} part
 */
export async function providePrograms(part) {
  if (process.platform !== 'linux') return;
  const missing = Object.keys(packageOf[part]).filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[part][program]))];
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];

  if (!existsSync('/etc/debian_version')) {
    console.log(`Missing for ${part}: ${missing.join(', ')} (Debian's packages are ${packages.join(', ')})`);
  } else if (process.getuid() !== 0) {
    console.log(`Missing for ${part}: ${missing.join(', ')}; to install:\n  sudo ${install.join(' ')}`);
  } else {
    await withoutServices(packages, () => aptInstall(packages, install));
  }
}

async function withoutServices(packages, install) {
  const services = SERVICES.filter((service) => packages.includes(service));
  const isPolicyOurs = services.length > 0 && !existsSync(START_POLICY);
  if (isPolicyOurs) writeFileSync(START_POLICY, '#!/bin/sh\nexit 101 # not allowed\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isPolicyOurs) rmSync(START_POLICY);
    if (existsSync('/run/systemd/system'))
      for (const service of services) await run('systemctl', ['disable', service]);
  }
}

async function aptInstall(packages, [apt, ...args]) {
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const waitForLock = ['-o', 'DPkg::Lock::Timeout=120'];
  const startMs = performance.now();
  process.stdout.write(`Installing Debian packages ${packages.join(', ')} ... `);
  let result = await run(apt, [...waitForLock, ...args], options);
  if (result.status !== 0) {
    // The usual reason on a fresh machine: it has no package lists yet, or old ones.
    await run(apt, [...waitForLock, 'update'], options);
    result = await run(apt, [...waitForLock, ...args], options);
  }
  console.log(`${result.status === 0 ? 'done' : 'failed'} in ${secondsSince(startMs)}`);
  if (result.status !== 0) console.log(`${result.output.trimEnd()}\n`);
}

function isOnPath(program) {
  const directories = [...(process.env.PATH ?? '').split(':'), ...SYSTEM_DIRECTORIES];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false; // Not there, or not for us: both mean "look further".
    }
  });
}
