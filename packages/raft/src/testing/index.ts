export { Safety, SafetyViolated } from './safety.ts';
export { type SimBoot, SimCluster, type SimClusterOptions } from './sim-cluster.ts';
export { SimDisk } from './sim-disk.ts';
export { SimNetwork, type SimNetworkFaults } from './sim-network.ts';
export { simPeerAuth } from './sim-peer-auth.ts';
export { type ClockFault } from './sim-process.ts';
export { SimRandom } from './sim-random.ts';
export { SimWorld } from './sim-world.ts';
