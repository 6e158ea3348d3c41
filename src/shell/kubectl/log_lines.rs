//! table: what the catalogue's programs write when they start, and of each request; one row each.
//!
//! Words in braces are replaced: `{iso}` 2026-11-25 10:00:00, `{slash}` 2026/11/25 10:00:00, `{clf}` the form of access
//! logs, `{redis}` and `{apache}` those of these programs, `{ip}` the Pod's address, `{version}` the image's tag, and of
//! a request `{client}`, `{request}`, `{path}`, `{method}`, `{status}`, `{size}`, `{agent}`.

/// One row.
pub(super) struct Speech {
    /// The repositories.
    pub(super) images: &'static [&'static str],
    /// What is written at the start.
    pub(super) start: &'static str,
    /// What is written of a request; empty for nothing.
    pub(super) request: &'static str,
    /// What is written when the program is told to stop.
    pub(super) stop: &'static str,
}

/// The table.
pub(super) const SPEECHES: &[Speech] = &[
    Speech {
        images: &["nginx", "bitnami/nginx", "nginxinc/nginx-unprivileged"],
        start: "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/
/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh
10-listen-on-ipv6-by-default.sh: info: Getting the checksum of /etc/nginx/conf.d/default.conf
10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf
/docker-entrypoint.sh: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh
/docker-entrypoint.sh: Launching /docker-entrypoint.d/30-tune-worker-processes.sh
/docker-entrypoint.sh: Configuration complete; ready for start up
{slash} [notice] 1#1: using the \"epoll\" event method
{slash} [notice] 1#1: nginx/{version}
{slash} [notice] 1#1: OS: Linux 6.8.0-45-generic
{slash} [notice] 1#1: getrlimit(RLIMIT_NOFILE): 1048576:1048576
{slash} [notice] 1#1: start worker processes
{slash} [notice] 1#1: start worker process 29
{slash} [notice] 1#1: start worker process 30
",
        request: "{client} - - [{clf}] \"{request}\" {status} {size} \"-\" \"{agent}\" \"-\"",
        stop: "{slash} [notice] 1#1: signal 3 (SIGQUIT) received, shutting down
{slash} [notice] 1#1: exit
",
    },
    Speech {
        images: &["redis", "bitnami/redis", "registry.k8s.io/redis", "valkey/valkey"],
        start: "1:C {redis} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
1:C {redis} * Redis version={version}, bits=64, commit=00000000, modified=0, pid=1, just started
1:C {redis} # Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf
1:M {redis} * monotonic clock: POSIX clock_gettime
1:M {redis} * Running mode=standalone, port=6379.
1:M {redis} * Server initialized
1:M {redis} * Ready to accept connections tcp
",
        request: "",
        stop: "1:signal-handler ({unix}) Received SIGTERM scheduling shutdown...
1:M {redis} * User requested shutdown...
1:M {redis} * Saving the final RDB snapshot before exiting.
1:M {redis} * DB saved on disk
1:M {redis} # Redis is now ready to exit, bye bye...
",
    },
    Speech {
        images: &["httpd"],
        start: "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {ip}. Set the 'ServerName' directive globally to suppress this message
AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {ip}. Set the 'ServerName' directive globally to suppress this message
[{apache}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/{version} (Unix) configured -- resuming normal operations
[{apache}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'
",
        request: "{client} - - [{clf}] \"{request}\" {status} {size}",
        stop: "[{apache}] [mpm_event:notice] [pid 1:tid 1] AH00492: caught SIGWINCH, shutting down gracefully
",
    },
    Speech {
        images: &["postgres"],
        start: "The files belonging to this database system will be owned by user \"postgres\".
This user must also own the server process.

PostgreSQL init process complete; ready for start up.

{iso}.000 UTC [1] LOG:  starting PostgreSQL {version} on x86_64-pc-linux-gnu, 64-bit
{iso}.000 UTC [1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432
{iso}.000 UTC [1] LOG:  listening on IPv6 address \"::\", port 5432
{iso}.000 UTC [1] LOG:  database system is ready to accept connections
",
        request: "",
        stop: "{iso}.000 UTC [1] LOG:  received fast shutdown request
{iso}.000 UTC [1] LOG:  database system is shut down
",
    },
    Speech {
        images: &["mysql"],
        start: "{iso}+00:00 [Note] [Entrypoint]: Entrypoint script for MySQL Server {version} started.
{iso}+00:00 [Note] [Entrypoint]: MySQL init process done. Ready for start up.
{iso}.000000Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '{version}'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.
",
        request: "",
        stop: "{iso}.000000Z 0 [System] [MY-010910] [Server] /usr/sbin/mysqld: Shutdown complete (mysqld {version})  MySQL Community Server - GPL.
",
    },
    Speech {
        images: &["hashicorp/http-echo"],
        start: "{slash} [INFO] server is listening on :5678
",
        request: "{slash} {ip}:5678 {client}:0 \"{request}\" {status} {size} \"{agent}\" 12.5µs",
        stop: "{slash} [INFO] server is shutting down
",
    },
    Speech {
        images: &["traefik/whoami", "containous/whoami"],
        start: "{slash} Starting up on port 80
",
        request: "",
        stop: "",
    },
    Speech {
        images: &[
            "gcr.io/google-samples/hello-app",
            "us-docker.pkg.dev/google-samples/containers/gke/hello-app",
        ],
        start: "{slash} Server listening on port 8080
",
        request: "{slash} Serving request: {path}",
        stop: "",
    },
    Speech {
        images: &["gcr.io/kuar-demo/kuard-amd64"],
        start: "{slash} Starting kuard version: {version}
{slash} Config: 
{slash} Could not find certificates to serve TLS
{slash} Serving on HTTP on :8080
",
        request: "{slash} {client}:0 {method} {path}",
        stop: "",
    },
    Speech {
        images: &["registry.k8s.io/e2e-test-images/agnhost"],
        start: "{klog}       1 log.go:245] Started HTTP server on port 80
",
        request: "{klog}       1 log.go:245] {method} {path}",
        stop: "",
    },
    Speech {
        images: &["mongo"],
        start: "{\"t\":{\"$date\":\"{t}.000+00:00\"},\"s\":\"I\",  \"c\":\"NETWORK\",  \"id\":23016,   \"ctx\":\"listener\",\"msg\":\"Waiting for connections\",\"attr\":{\"port\":27017,\"ssl\":\"off\"}}
",
        request: "",
        stop: "",
    },
    Speech {
        images: &["rabbitmq"],
        start: "{iso}.000000+00:00 [info] <0.9.0> Starting RabbitMQ {version} on Erlang 27
{iso}.000000+00:00 [info] <0.9.0> Server startup complete; 4 plugins started.
",
        request: "",
        stop: "",
    },
    Speech {
        images: &["traefik"],
        start: "{t}Z INF Traefik version {version} built on 2026-01-01T00:00:00Z version={version}
",
        request: "",
        stop: "",
    },
];
