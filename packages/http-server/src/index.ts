export { type HttpLimits, defaultHttpLimits } from './http-limits.ts';
export { type HttpPort, type PortTls } from './http-port.ts';
export { type HttpServer, type HttpServerOptions, createHttpServer } from './http-server.ts';
export { type NodeInfo } from './probes.ts';
