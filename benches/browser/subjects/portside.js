// Adapter for Portside: the simulator alone, built as the page is. Its time is simulated, so it is let pass at once,
// in slices that leave the browser room to draw.
import init, { Subject as Cluster } from "./bench-subject.js";

export const name = "portside";

const TIMERS_PER_SLICE = 100;

export async function create({ nodes }) {
  await init();
  return new Subject(new Cluster(nodes));
}

class Subject {
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** Resolves once cluster DNS answers: it does from the start. */
  async ready() {
    if (!this.cluster.lookup("kube-dns.kube-system.svc.cluster.local")) throw new Error("cluster DNS does not answer");
  }

  /** A Deployment and a NodePort Service in front of it, and the time that they take to come up. */
  async apply(replicas) {
    this.cluster.apply(replicas);
    while (this.cluster.ready_endpoints() < replicas) {
      this.cluster.slice(TIMERS_PER_SLICE);
      await globalThis.scheduler.yield();
    }
  }

  readyEndpoints() {
    return this.cluster.ready_endpoints();
  }

  pickClient() {
    this.cluster.pick_client();
  }

  async lookup(host) {
    const address = this.cluster.lookup(host.replace(/\.$/, ""));
    if (!address) throw new Error(`${host} has no address`);
    return { rcode: "NOERROR", address };
  }

  async request() {
    return this.cluster.request();
  }

  close() {
    this.cluster.free();
  }
}
