//! What `optgap new family` writes, as code: it is compiled, formatted, linted and held against every rule for families with all
//! the others, though it stands in no registry.

mod skeleton;

use optgap_conformance::family::{Subject, failures};
use optgap_problem::{Family, Parameters};

#[test]
fn what_a_new_family_begins_with_keeps_every_rule() {
    let broken = failures(&Subject { family: &skeleton::Skeleton, given: Parameters::default() });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let sizes: Vec<&str> = skeleton::Skeleton.sizes().iter().map(|size| size.name).collect();
    assert_eq!(sizes, ["tiny", "small", "medium", "large"]);
}
