//! Secrets as `caregraph connector` is given them.

use std::path::Path;
use std::process::Command;

use super::locked::{Locked, open};
use super::secrets::behind;
use super::*;
use crate::home::Home;
use crate::mutual_tls::days;
use crate::servers::certificates::Authority;
use crate::servers::guarded_door::GuardedDoor;

#[test]
fn a_connector_with_several_secrets_is_checked_before_it_is_registered() {
    run(async {
        let gateway = TestGateway::builder().patients(4).shape(open).start().await;
        let (ours, home) = (Authority::new(), Home::new());
        let locked = Locked::new(&gateway).await;
        let guarded = GuardedDoor::before(locked.door.port, &ours).await;
        let manifest = home.path().join("pharmacy.toml");
        std::fs::write(&manifest, behind(&guarded, &locked)).unwrap();
        let (cert, key) = ours.certifies("gateway", days()).files(home.path());
        let ca = guarded.authority.file(home.path());
        let file = |name: &str, path: &Path| format!("{name}=file:{}", path.display());
        let tls = [file("tls.cert", &cert), file("tls.key", &key), file("tls.ca", &ca)];
        let check = |credentials: &[String]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_caregraph"));
            command.args(["connector", "check", "--local"]).arg(&manifest).env("TOKEN", "old");
            for credential in credentials {
                command.args(["--credential", credential]);
            }
            let done = command.output().expect("the program runs");
            let told = [done.stdout, done.stderr].concat();
            (done.status.success(), String::from_utf8_lossy(&told).into_owned())
        };
        let with = |more: &str| [&tls[..], &[more.to_owned()]].concat();
        let (passed, told) = check(&with("auth.token=env:TOKEN"));
        assert!(passed, "{told}");
        for (credentials, part) in [
            (tls.to_vec(), "auth.token: there is no secret for it yet"),
            (vec!["env:TOKEN".to_owned()], "tls.key: needs a secret of its own"),
            (with("env:TOKEN"), "each needs its setting before it"),
            (with("tls.key=env:TOKEN"), "--credential tls.key stands there twice"),
            (with("token=env:TOKEN"), "write one of auth.client_secret, auth.key"),
            (with("auth.token=env:NONE_SUCH"), "auth.token: the environment variable NONE_SUCH"),
            (with("auth.password=env:TOKEN"), "auth.password: does not say \"given\""),
        ] {
            let (passed, told) = check(&credentials);
            assert!(!passed && told.contains(part), "{part}: {told}");
        }
        // With its line, as every other mistake.
        let (_, told) = check(&tls);
        assert!(told.contains("pharmacy.toml:") && !told.contains("PRIVATE KEY"), "{told}");
    });
}
