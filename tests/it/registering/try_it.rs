//! What the demo and the page for partners say that one can do, done as it stands there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::answer::{items, text};
use crate::demo::Demo;

/// The commands of a section of a page.
fn commands(page: &str, section: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let page = std::fs::read_to_string(path).expect("the page is there");
    let (_, section) = page.split_once(&format!("## {section}\n")).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.collect()
}

/// Runs a script as somebody would who has `caregraph` at hand.
fn shell(demo: &Demo, script: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_caregraph"));
    let folder = program.parent().expect("a program is in a folder").display();
    let script = format!("PATH={folder}:$PATH\n{script}");
    let mut command = Command::new("sh");
    let command = command.args(["-eu", "-c", &script]).env("no_proxy", "*");
    command.env("TMPDIR", demo.home.path()).output().expect("there is a shell")
}

#[test]
fn the_demo_hands_out_what_each_partner_needs_to_join() {
    let demo = Demo::start(30);
    let partners = items(&demo.ready["partners"]).to_vec();
    let ids: Vec<String> = partners.iter().map(|it| text(&it["id"])).collect();
    assert_eq!(ids, ["greenleaf", "harvest", "lantern", "clearview"]);
    for partner in &partners {
        let (manifest, credential) = (text(&partner["manifest"]), text(&partner["credential"]));
        let secret = credential.strip_prefix("file:").unwrap_or_default();
        for file in [manifest.as_str(), secret].iter().filter(|file| !file.is_empty()) {
            let mode = std::fs::metadata(file).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let option =
            if secret.is_empty() { String::new() } else { format!("--credential {credential}") };
        // A busy machine may take longer than a pharmacy should.
        let patient = "sed -i 's/^timeout_ms = .*/timeout_ms = 20000/'";
        let script = format!(
            "{patient} {manifest}\ncaregraph check --manifest {manifest}\ncaregraph connector check {manifest} --local {option}"
        );
        let said = shell(&demo, &script);
        assert!(said.status.success(), "{partner}: {said:?}");
    }
}

#[test]
fn the_page_for_partners_can_be_followed_as_it_stands() {
    let demo = Demo::start(30);
    let patient = "sed -i 's/^timeout_ms = .*/timeout_ms = 20000/' \"$TMPDIR\"/caregraph-demo-*/greenleaf.toml\n";
    let said = shell(&demo, &format!("{patient}{}", commands("partners.md", "Try it on the demo")));
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{said:?}");
    let states =
        ["AWAITING_APPROVAL", "ACTIVE", "Greenleaf Pharmacy", "fill/", "SUSPENDED", "CIRCUIT_OPEN"];
    let mut rest = &*out;
    for state in states {
        let (_, after) = rest.split_once(state).unwrap_or_else(|| panic!("{state}: {out}"));
        rest = after;
    }
    assert!(!rest.contains("fill/"), "{rest}");
}
