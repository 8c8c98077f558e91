// Makes Debian packages with dpkg-deb, around the single-file executable: the nodejs of Debian 12 is older than what
// rengarde needs. The service units are templates; installing starts nothing.

import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PackageError } from './package-error.mjs';
import { koffiLibrary } from './package-executable.mjs';
import { root, run } from './run.mjs';

/** Debian's names of processors, by Node's. */
const DEBIAN_ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' };
const DOC = 'usr/share/doc/rengarde';
const MAN = 'usr/share/man/man1';
const SYSTEMD = 'packaging/systemd';

/**
 * Makes `rengarde_VERSION_ARCHITECTURE.deb`.
 * @param {{ version: string, out: string, arch: string, executable: string }} what `arch`: of the executable, by
 *   Node's name; beside the executable are the licences of what it carries
 * @returns {Promise<string>} its path
 * @throws {PackageError}
 */
export async function makeDebianPackage({ version, out, arch, executable }) {
  const architecture = DEBIAN_ARCHITECTURE[arch];
  const debianVersion = version.replace('-', '~'); // 1.0.0-beta is before 1.0.0
  const tree = mkdtempSync(join(tmpdir(), 'rengarde-deb-'));
  try {
    chmodSync(tree, 0o755);
    layOut(tree, { executable, library: await koffiLibrary(arch) });
    putCompressed(tree, `${DOC}/changelog.gz`, debianChangelog(debianVersion));
    writeControl(tree, { version: debianVersion, architecture });
    const file = join(out, `rengarde_${debianVersion}_${architecture}.deb`);
    // xz: every dpkg of the last decade reads it. More than the first level takes five times as long for a tenth.
    const args = ['--root-owner-group', '-Zxz', '-z1', '--build', tree, file];
    const result = await run('dpkg-deb', args);
    if (result.status !== 0) throw new PackageError(`Cannot make ${file}: ${result.output.trim()}`);
    return file;
  } finally {
    rmSync(tree, { recursive: true });
  }
}

function layOut(tree, { executable, library }) {
  const put = (source, target, mode = 0o644) => {
    const path = join(tree, target);
    mkdirSync(dirname(path), { recursive: true });
    cpSync(source, path);
    chmodSync(path, mode);
  };
  const source = (name) => join(root, name);
  put(executable, 'usr/bin/rengarde', 0o755);
  for (const role of ['client', 'server']) {
    symlinkSync('rengarde', join(tree, `usr/bin/rengarde-${role}`));
    put(source(`${SYSTEMD}/rengarde-${role}@.service`), `usr/lib/systemd/system/rengarde-${role}@.service`);
  }
  put(library, 'usr/lib/rengarde/koffi.node');
  put(source(`${SYSTEMD}/rengarde.sysusers`), 'usr/lib/sysusers.d/rengarde.conf');
  put(source(`${SYSTEMD}/rengarde.tmpfiles`), 'usr/lib/tmpfiles.d/rengarde.conf');
  put(source('packaging/debian/lintian-overrides'), 'usr/share/lintian/overrides/rengarde');
  mkdirSync(join(tree, 'etc/rengarde'), { recursive: true });

  put(source('README.md'), `${DOC}/README.md`);
  put(source('engarde.yml.sample'), `${DOC}/examples/engarde.yml.sample`);
  put(source('engarde.schema.json'), `${DOC}/engarde.schema.json`);
  for (const file of readdirSync(source('docs'), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    put(path, join(DOC, path.slice(root.length + 1)));
  }
  put(source('CHANGELOG.md'), `${DOC}/CHANGELOG.md`);
  const licences = readFileSync(join(dirname(executable), 'THIRD-PARTY-LICENSES.txt'));
  putCompressed(tree, `${DOC}/THIRD-PARTY-LICENSES.txt.gz`, licences);
  put(source('packaging/debian/copyright'), `${DOC}/copyright`);
  putCompressed(tree, `${MAN}/rengarde.1.gz`, readFileSync(source('packaging/debian/rengarde.1')));
  for (const role of ['client', 'server'])
    symlinkSync('rengarde.1.gz', join(tree, `${MAN}/rengarde-${role}.1.gz`));
}

/** Debian's own form of it has little to say: deb-changelog(5). */
function debianChangelog(version) {
  const date = new Date(statSync(join(root, 'CHANGELOG.md')).mtime).toUTCString().replace('GMT', '+0000');
  const maintainer = /^Maintainer: (.*)$/m.exec(controlText())[1];
  return `rengarde (${version}) unstable; urgency=medium

  * What is new is in CHANGELOG.md beside this file.

 -- ${maintainer}  ${date}
`;
}

function controlText() {
  return readFileSync(join(root, 'packaging/debian/control'), 'utf8');
}

/** Without the time of compressing, so that the same content gives the same file. */
function putCompressed(tree, target, content) {
  mkdirSync(dirname(join(tree, target)), { recursive: true });
  writeFileSync(join(tree, target), gzipSync(content, { level: 9 }));
  chmodSync(join(tree, target), 0o644);
}

function writeControl(tree, { version, architecture }) {
  const control = join(tree, 'DEBIAN');
  const installedKib = Math.ceil(bytesOf(tree) / 1024);
  mkdirSync(control);
  chmodSync(control, 0o755);
  const text = controlText()
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@INSTALLED_SIZE@', String(installedKib));
  writeFileSync(join(control, 'control'), text);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    cpSync(join(root, 'packaging/debian', script), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
}

function bytesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return entries.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
