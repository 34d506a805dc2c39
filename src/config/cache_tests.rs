use std::time::Duration;

use caregraph_connectors::builtin;
use caregraph_connectors::record::Section;

use crate::access::Role;
use crate::config::{Config, load};
use crate::gather::Windows;

fn read(cache: &str, of_connector: &str) -> Result<Config, Vec<String>> {
    let text = format!(
        "[auth]\nissuer = \"http://127.0.0.1:9000\"\n\n{cache}\n\n[[connector]]\nid = \"lakeside\"\n\
         name = \"Lakeside\"\ncategory = \"PRIMARY_CARE\"\nkind = \"fhir-r4\"\n\
         base_url = \"http://127.0.0.1:9101/fhir\"\n{of_connector}\n"
    );
    load(&text, &builtin()).map_err(|mistakes| {
        mistakes.0.into_iter().map(|it| format!("{}: {}", it.path, it.what)).collect()
    })
}

fn windows(cache: &str, of_connector: &str, section: Section) -> Option<Windows> {
    let config = read(cache, of_connector).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    config.connectors[0].keeping.of(section)
}

#[test]
fn copies_are_kept_unless_somebody_says_otherwise() {
    let config = read("", "").unwrap();
    assert_eq!((config.cache.memory, config.cache.merged), (192 * 1024 * 1024, 64 * 1024 * 1024));
    assert!(config.cache.live_reads.contains(&Role::Pharmacist));
    assert!(!config.cache.live_reads.contains(&Role::Patient));
    let sane = Windows::of(Section::Medications);
    assert_eq!(windows("", "", Section::Medications), Some(sane));
    assert_eq!(windows("[cache]\nenabled = false", "", Section::Medications), None);
    assert_eq!(read("[cache]\nenabled = false", "").unwrap().cache.merged, 0);
    assert_eq!(windows("", "[connector.cache]\nenabled = false", Section::Medications), None);
    let again = windows("[cache]\nenabled = false", "cache.enabled = true", Section::Medications);
    assert_eq!(again, None, "what is off for all is on for none");
}

#[test]
fn a_source_goes_before_all_and_a_section_before_the_default() {
    let cache = "[cache]\nlive_reads = [\"PATIENT\"]\nmemory_mib = 8\n[cache.sections.MEDICATIONS]\nfresh_s = 5\nnegative_s = 1";
    let config = read(cache, "").unwrap();
    assert_eq!((config.cache.memory, config.cache.merged), (6 * 1024 * 1024, 2 * 1024 * 1024));
    assert_eq!(config.cache.live_reads.iter().copied().collect::<Vec<_>>(), [Role::Patient]);
    let sane = Windows::of(Section::Medications);
    let of_all =
        Windows { fresh: Duration::from_secs(5), negative: Duration::from_secs(1), ..sane };
    assert_eq!(windows(cache, "", Section::Medications), Some(of_all));
    assert_eq!(windows(cache, "", Section::Goals), Some(Windows::of(Section::Goals)));
    let own = "[connector.cache.sections.MEDICATIONS]\nstale_if_error_s = 120";
    let of_source = Windows { if_error: Duration::from_mins(2), ..of_all };
    assert_eq!(windows(cache, own, Section::Medications), Some(of_source));
}

#[test]
fn every_mistake_is_named_with_its_path() {
    let cache = r#"
        [cache]
        memory_mib = 0
        enabled = "yes"
        live_reads = ["DOCTOR"]
        [cache.sections.MEDICATION]
        fresh_s = 1
        [cache.sections.ALLERGIES]
        fresh = 1
        [cache.sections.GOALS]
        fresh_s = 600
        [cache.sections.COVERAGE]
        stale_if_error_s = 100000
        negative_s = 31
    "#;
    let own = "[connector.cache]\nenable = true\n[connector.cache.sections.GOALS]\nstale_if_error_s = 1\n\
               [connector.cache.sections.ALLERGIES]\nfresh_s = -1";
    let mistakes = read(cache, own).expect_err("all of this is wrong");
    for expected in [
        "cache.memory_mib: must lie between 1 and",
        "cache.enabled: ",
        "cache.live_reads: there is no role \"DOCTOR\"",
        "cache.sections.MEDICATION: there is no section \"MEDICATION\"; known are DEMOGRAPHICS",
        "cache.sections.ALLERGIES.fresh: there is no such setting; did you mean \"fresh_s\"?",
        "cache.sections.GOALS: fresh_s (600) must not be more than stale_while_revalidate_s (300)",
        "cache.sections.COVERAGE.stale_if_error_s: must be at most 86400",
        "cache.sections.COVERAGE.negative_s: must be at most 30",
        "connector[1].cache.enable: there is no such setting; did you mean \"enabled\"?",
        "connector[1].cache.sections.GOALS: ",
        "connector[1].cache.sections.ALLERGIES.fresh_s: ",
    ] {
        assert!(mistakes.iter().any(|it| it.starts_with(expected)), "{expected}: {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), 11, "{mistakes:#?}");
}
