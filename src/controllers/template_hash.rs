//! The `pod-template-hash` of a Deployment's Pods.

use crate::api::Value;
use crate::api::pod::PodTemplateSpec;

/// Ten decimal digits of FNV-32a, mapped to an alphabet that spells no words, as
/// `k8s.io/kubernetes/pkg/controller.ComputeHash` does; what is hashed is our own rendering of the template.
pub fn template_hash(template: &PodTemplateSpec) -> String {
    let text = Value::Map(template.to_map()).to_json();
    let hash = text.bytes().fold(0x811c_9dc5u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let safe = |digit: char| match digit {
        '0' => '4',
        '1' => '5',
        '2' => '6',
        '3' => '7',
        '4' => '8',
        '5' => '9',
        '6' => 'b',
        '7' => 'c',
        '8' => 'd',
        _ => 'f',
    };
    hash.to_string().chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_uses_only_safe_letters() {
        let hash = template_hash(&PodTemplateSpec::default());
        assert!(!hash.is_empty() && hash.chars().all(|c| "456789bcdf".contains(c)));
    }
}
