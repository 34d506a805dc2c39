//! `caregraph connector new`: from a partner's samples to a manifest that the check takes.

use std::fs;
use std::path::{Path, PathBuf};

use super::audit_log::caregraph;

/// A folder of this test, which goes with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("caregraph-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// What a command prints, what it says, and whether it went well.
fn told(arguments: &[&str]) -> (String, String, bool) {
    let output = caregraph(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/fixtures/scaffold");
    folder.join(name).display().to_string()
}

const MEMBERS: &str = r#"{"members": [
  {"memberNo": "A-1", "last": "Canaryname", "first": "Ada", "born": "1970-01-31", "sex": "F"},
  {"memberNo": "A-2", "last": "Canaryname", "first": "Ben", "born": "1972-02-29", "sex": "M"}]}"#;
const ALLERGIES: &str = r#"[{"id": "1", "memberNo": "A-1", "substance": "Canarynut", "since": "2019-03", "status": "active"},
  {"id": "2", "memberNo": "A-1", "substance": "Latex", "since": "2020", "status": "resolved"}]"#;

#[test]
fn a_pharmacy_comes_from_two_samples_to_a_manifest_without_mistakes() {
    let folder = Folder::new("first-manifest");
    let members = folder.file("members.json", MEMBERS);
    let allergies = format!("allergies={}", folder.file("answer.json", ALLERGIES));
    let mut arguments = vec!["connector", "new", &members, &allergies];
    arguments.extend(["--name", "Mill Lane Pharmacy", "--category", "pharmacy"]);
    arguments.extend(["--path", "allergies=members/{patient}/allergies"]);
    let (manifest, said, is_well) = told(&arguments);
    assert!(is_well, "{said}");
    assert!(said.contains("taken for [roster]") && said.contains("What stands open"), "{said}");
    assert!(manifest.contains("id = \"mill-lane-pharmacy\""), "{manifest}");
    assert!(!manifest.contains("Canary") && !said.contains("Canary"), "{manifest}{said}");
    let path = folder.file("first.toml", &manifest);
    let (_, said, is_well) = told(&["check", "--manifest", &path]);
    assert!(!is_well);
    let lines: Vec<&str> = manifest.lines().collect();
    let named: Vec<usize> = said
        .lines()
        .filter_map(|line| line.strip_prefix(&path)?.split(':').nth(1)?.parse().ok())
        .collect();
    assert_eq!(named.len(), 2, "{said}");
    assert!(named.iter().all(|line| lines[line - 1].contains("# OPEN: ")), "{said}\n{manifest}");
    let mended = manifest
        .replace("base_url = \"?\"", "base_url = \"https://mill.example/\"")
        .replace("get = \"{?}\"", "get = \"members\"");
    let path = folder.file("second.toml", &mended);
    let (printed, said, is_well) = told(&["check", "--manifest", &path]);
    assert!(is_well && printed.contains("no mistakes"), "{said}");
}

#[test]
fn a_description_becomes_a_manifest_whose_open_places_are_told() {
    let openapi = fixture("openapi-cornerstone.yaml");
    let arguments =
        ["connector", "new", "--openapi", &openapi, "--id", "corner", "--category", "Primary Care"];
    let (manifest, said, is_well) = told(&arguments);
    assert!(is_well, "{said}");
    assert!(manifest.contains("category = \"PRIMARY_CARE\""), "{manifest}");
    let open: Vec<&str> = said.lines().filter(|line| line.starts_with("manifest:")).collect();
    assert!(
        matches!(open.as_slice(), [one] if one.contains("fields.status.table.refused")),
        "{said}"
    );
}

#[test]
fn what_cannot_be_read_is_told_in_one_sentence() {
    let folder = Folder::new("no-manifest");
    let members = folder.file("members.json", MEMBERS);
    let cut_off = folder.file("cut.json", &MEMBERS[..60]);
    let named = format!("medicines={members}");
    for (arguments, part) in [
        (vec!["connector", "new", &cut_off], "cannot be read as JSON at line"),
        (vec!["connector", "new", &named], "there is no section \"medicines\""),
        (vec!["connector", "new", &members, &members], "2 samples are for [roster]"),
        (vec!["connector", "new", &members, "--category", "shop"], "there is no category \"shop\""),
        (vec!["connector", "new", &members, "--path", "fill=x"], "no sample is taken for that"),
        (vec!["connector", "new", "--openapi", &members], "is no OpenAPI description"),
        (vec!["connector", "new"], "required arguments"),
    ] {
        let (printed, said, is_well) = told(&arguments);
        assert!(!is_well && printed.is_empty() && said.contains(part), "{said}");
        assert!(!said.contains("Canary"), "{said}");
    }
}
