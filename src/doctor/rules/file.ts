/** What is odd about the file, and who reaches the web interface. What makes it unusable never gets here. */
import type { ManagerConfig } from '../../config/index.ts';
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isLoopback } from './addresses.ts';

export function judgeFile({ file, config }: ClientFacts | ServerFacts): Finding[] {
  const odd = file.warnings.map(({ line, key, message }) => {
    const isExposure = key.endsWith('.webManager.listenAddr');
    const code = isExposure ? 'web-stays-off' : 'file-oddity';
    const remedy = isExposure
      ? 'listen on 127.0.0.1, or set a username and a password of your own'
      : `change it in ${file.name}; "rengarde check ${file.name}" shows every mistake`;
    return found('warning', code, `${key}: ${message}`, remedy, `line ${line}`);
  });
  const said = odd.length > 0 ? odd : [ok('file', `${file.name} is valid`)];
  return config.webManager === undefined ? said : [...said, judgeWeb(config.webManager)];
}

function judgeWeb({ listenAddr, username, password, tls }: ManagerConfig): Finding {
  const { host, port } = listenAddr;
  if (isLoopback(host)) return ok('web', 'the web interface is reached from this machine only');
  const isOpen = username === '' || password === '' || (username === 'engarde' && password === 'engarde');
  if (isOpen) {
    const message = `everybody who reaches ${host} port ${port} can steer the links (allowInsecure)`;
    const remedy =
      'set webManager.username and password to your own and remove allowInsecure, or listen on 127.0.0.1';
    return found('warning', 'web-insecure', message, remedy);
  }
  if (tls !== undefined) return ok('web', 'the web interface wants a password and speaks TLS');
  const message = `passwords for the web interface on ${host} port ${port} cross the network in clear`;
  return found(
    'note',
    'web-without-tls',
    message,
    'set webManager.tls, or listen on 127.0.0.1 and use ssh -L',
  );
}
