//! How what the doctor needs is collected of a real cluster: read-only, without Secrets.

/// The command that writes a dump. The page, `portside diagnose --help` and the documentation quote it; tests hold that
/// it names every kind that a diagnosis rests on, and that what it writes can be restored.
pub const COLLECT: &str = "kubectl get all,endpointslices,endpoints,ingresses,networkpolicies,configmaps,nodes,namespaces,events -A -o yaml > dump.yaml";
