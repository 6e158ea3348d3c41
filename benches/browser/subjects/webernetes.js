// Adapter for @ngrok/webernetes. See README.md for the adapter contract.
import { BaseImage, Cluster } from "@ngrok/webernetes";

class Web extends BaseImage {
  static imageName = "bench/web";
  static imageVersion = "1.0";
  defaultCommand = ["server"];
  async exec(ctx, argv) {
    if (argv[0] !== "server") return super.exec(ctx, argv);
    ctx.listenHttp(8080, async () => ({ status: 200, body: "ok\n" }));
    return ctx.waitUntilKilled();
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const name = "webernetes";

export async function create({ nodes }) {
  const cluster = new Cluster({ nodes });
  cluster.registerImage(Web);
  await cluster.init();
  return new Subject(cluster);
}

class Subject {
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** Resolves once the control plane can do real work: cluster DNS answers. */
  async ready() {
    for (;;) {
      try {
        const { rcode } = await this.lookup("kube-dns.kube-system.svc.cluster.local");
        if (rcode === "NOERROR") return;
      } catch {}
      await sleep(5);
    }
  }

  /** A Deployment of `replicas` plus a NodePort Service on top of it. */
  async apply(replicas) {
    await this.cluster.apply([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          replicas,
          selector: { matchLabels: { app: "web" } },
          template: {
            metadata: { labels: { app: "web" } },
            spec: {
              containers: [{ name: "web", image: "bench/web:1.0", ports: [{ containerPort: 8080 }] }],
            },
          },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: {
          type: "NodePort",
          selector: { app: "web" },
          ports: [{ port: 80, targetPort: 8080, nodePort: 31000 }],
        },
      },
    ]);
  }

  /** How many endpoints of Service `web` are ready right now. */
  async readyEndpoints() {
    const { items } = await this.cluster.api.discoveryv1.listNamespacedEndpointSlice({
      namespace: "default",
      labelSelector: "kubernetes.io/service-name=web",
    });
    let ready = 0;
    for (const slice of items) for (const endpoint of slice.endpoints) if (endpoint.conditions?.ready) ready++;
    return ready;
  }

  /** One pod of the Deployment, used as the client of the traffic below. */
  async pickClient() {
    const { items } = await this.cluster.api.corev1.listNamespacedPod({ namespace: "default" });
    this.client = items.find((pod) => pod.status?.phase === "Running");
  }

  /** One DNS lookup (A) through the cluster DNS, as the client pod. */
  async lookup(host) {
    const origin = this.client ?? this.cluster.servers[0].node;
    return this.cluster.network.resolveDns(origin, host, "A");
  }

  /** One HTTP request from the client pod through the Service name. */
  async request() {
    const response = await this.cluster.network.fetch(this.cluster.ctx, this.client, "http://web/");
    return response.status;
  }

  async close() {
    await this.cluster.close();
  }
}
