/**
 * Numbers of Linux's interface to user space that the engine uses, for 64-bit little-endian machines.
 * Source: include/uapi/linux/{in,in6,udp,filter}.h, asm-generic/socket.h, sys/epoll.h.
 */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_BINDTODEVICE = 25;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_ATTACH_REUSEPORT_CBPF = 51;

export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;

export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const EPOLLIN = 0x1;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;

/**
 * struct mmsghdr (recvmmsg(2)): struct msghdr { void *name; socklen_t namelen; struct iovec *iov;
 * size_t iovlen; void *control; size_t controllen; int flags; } and unsigned int len, with padding.
 */
export const MMSGHDR = {
  size: 64,
  name: 0,
  nameLength: 8,
  iovecs: 16,
  iovecCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const;

/** struct iovec { void *base; size_t length; } */
export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** struct cmsghdr { size_t len; int level; int type; } and its data (cmsg(3)). */
export const CMSG = { length: 0, level: 8, type: 12, data: 16 } as const;

/** Room for a sockaddr_in6, rounded up. */
export const SOCKADDR_SPACE = 32;
