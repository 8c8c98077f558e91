/** The management server, in a thread of its own: what control says to it. Its entry is manager-thread.ts. */
export type {
  Answers,
  FromManager,
  ManagerSettings,
  ManagerStart,
  Question,
  ToManager,
} from './protocol.ts';
