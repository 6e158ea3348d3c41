//! What a connection costs: through a Service with ten and with ten thousand endpoints, all events told.
//!
//! `cargo bench --no-default-features --bench net`; criterion prints a range for each figure. The promise is 300,000
//! connections a second, and at most half as much again for the larger Service.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

mod traffic;

use criterion::{BenchmarkId, Criterion, Throughput};
use traffic::Traffic;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("connect");
    group.throughput(Throughput::Elements(1));
    for endpoints in [10, 10_000] {
        let mut traffic = Traffic::new(endpoints);
        group.bench_function(BenchmarkId::from_parameter(endpoints), |bench| {
            bench.iter(|| traffic.connect());
        });
    }
    group.finish();
    criterion.final_summary();
}
