//! Who may be led where.

use super::*;

fn policy(change: impl FnOnce(&mut EgressPolicy)) -> Arc<EgressPolicy> {
    let mut policy = EgressPolicy::default();
    change(&mut policy);
    Arc::new(policy)
}

fn whom(text: &str) -> Whom {
    Whom::parse(text).unwrap()
}

/// Whether a connector with that base URL may ask it.
fn own(origin: Origin, policy: &Arc<EgressPolicy>, url: &str) -> Result<(), Refusal> {
    let url = Url::parse(url).unwrap();
    Reach::of(origin, policy.clone(), &url).check(&url)
}

#[test]
fn a_partner_reaches_public_hosts_by_https_at_443_alone() {
    let none = policy(|_| ());
    let check = |url| own(Origin::Registered, &none, url);
    for good in
        ["https://a.example/x", "https://a.example:443", "https://8.8.8.8", "https://[2a00::1]/"]
    {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, expected) in [
        ("http://a.example", Refusal::Plain("a.example".to_owned())),
        ("http://127.0.0.1", Refusal::Port(80)),
        ("https://a.example:8443", Refusal::Port(8443)),
        ("ftp://a.example", Refusal::Scheme("ftp".to_owned())),
        ("https://u@a.example", Refusal::UserInfo),
        ("https://:p@a.example", Refusal::UserInfo),
        ("https://10.0.0.1", Refusal::Address(Area::Private)),
        ("https://127.0.0.1", Refusal::Address(Area::Loopback)),
        ("https://169.254.169.254", Refusal::NoPlace(Area::Metadata)),
        ("https://[::ffff:10.0.0.1]", Refusal::Address(Area::Private)),
        ("https://localhost", Refusal::Name("localhost".to_owned())),
        ("https://intranet.", Refusal::Name("intranet.".to_owned())),
    ] {
        assert_eq!(check(bad), Err(expected), "{bad}");
    }
    let other = Url::parse("https://a.example/fhir").unwrap();
    let reach = Reach::of(Origin::Registered, none, &other);
    for bad in ["https://b.example/", "https://a.example:444/", "https://a.example.b.example/"] {
        let refused = reach.check(&Url::parse(bad).unwrap());
        assert!(matches!(refused, Err(Refusal::OtherHost(_))), "{bad} {refused:?}");
    }
    assert_eq!(reach.check(&Url::parse("https://A.example.:443/").unwrap()), Ok(()));
}

#[test]
fn operators_open_and_close_by_name_network_and_port() {
    let open = policy(|policy| {
        policy.allow_private = vec![Network::parse("10.20.0.0/16").unwrap()];
        policy.allow_ports = vec![8000..=8999];
        policy.allow_hosts = vec![whom("login.example"), whom("emr.internal")];
        policy.allow_http = vec![whom("10.20.7.0/24"), whom("old.example")];
        policy.deny = vec![whom("*.bad.example"), whom("10.20.9.0/24")];
    });
    let check = |url| own(Origin::Registered, &open, url);
    for good in [
        "https://10.20.1.1",
        "https://a.example:8443",
        "https://emr.internal",
        "http://10.20.7.1:8080",
        "http://old.example:8080",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, expected) in [
        ("https://10.21.1.1", Refusal::Address(Area::Private)),
        ("https://a.example:9000", Refusal::Port(9000)),
        ("http://10.20.1.1:8080", Refusal::Plain("10.20.1.1".to_owned())),
        ("https://a.bad.example", Refusal::Denied("a.bad.example".to_owned())),
        ("https://10.20.9.1", Refusal::Denied("10.20.9.1".to_owned())),
        ("https://[::ffff:10.20.9.1]", Refusal::Denied("[::ffff:a14:901]".to_owned())),
    ] {
        assert_eq!(check(bad), Err(expected), "{bad}");
    }
    // What is denied is denied to everybody, the gateway too.
    for origin in [Origin::Gateway, Origin::Configured, Origin::Registered] {
        let refused = own(origin, &open, "https://a.bad.example");
        assert_eq!(refused, Err(Refusal::Denied("a.bad.example".to_owned())));
    }
    let reach = Reach::of(Origin::Registered, open, &Url::parse("https://a.example").unwrap());
    assert_eq!(reach.check(&Url::parse("https://login.example/token").unwrap()), Ok(()));
}

#[test]
fn what_an_operator_configures_is_their_word_but_for_what_no_source_is() {
    let none = policy(|_| ());
    let check = |url| own(Origin::Configured, &none, url);
    for good in [
        "https://10.0.0.1:8443/fhir",
        "https://emr.internal",
        "http://127.0.0.1:9101/fhir",
        "http://localhost:9101",
        "http://[::1]:9101",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, expected) in [
        ("http://10.0.0.1/fhir", Refusal::Plain("10.0.0.1".to_owned())),
        ("http://a.example", Refusal::Plain("a.example".to_owned())),
        ("https://169.254.169.254", Refusal::NoPlace(Area::Metadata)),
        ("http://0.0.0.0", Refusal::Plain("0.0.0.0".to_owned())),
        ("https://0.0.0.0", Refusal::NoPlace(Area::Nobody)),
    ] {
        assert_eq!(check(bad), Err(expected), "{bad}");
    }
}

#[test]
fn what_a_name_stands_for_is_judged_by_whose_word_it_is() {
    let url = Url::parse("https://a.example").unwrap();
    let open = policy(|policy| policy.allow_private = vec![Network::parse("127.0.0.9").unwrap()]);
    let opens = |origin, name: &str, address: &str| {
        let reach = Reach::of(origin, open.clone(), &url);
        reach.check_address(name, address.parse().unwrap()).is_ok()
    };
    for origin in [Origin::Gateway, Origin::Configured] {
        for good in [
            "8.8.8.8",
            "192.0.2.1",
            "10.0.0.1",
            "172.16.9.9",
            "2001:db8::1",
            "fd12::1",
            "64:ff9b::a00:1",
            "127.0.0.9",
        ] {
            assert!(opens(origin, "a.example", good), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "fe80::1",
            "fd00:ec2::254",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!opens(origin, "a.example", bad), "{bad}");
            assert!(!opens(origin, "localhost.example", bad), "{bad}");
        }
        assert!(opens(origin, "localhost", "127.0.0.1") && opens(origin, "a.localhost", "::1"));
        assert!(!opens(origin, "localhost", "169.254.169.254"));
    }
    for (address, expected) in [
        ("8.8.8.8", true),
        ("64:ff9b::808:808", true),
        ("127.0.0.9", true),
        ("127.0.0.1", false),
        ("10.0.0.1", false),
        ("192.0.2.1", false),
        ("fd12::1", false),
        ("64:ff9b::a00:1", false),
    ] {
        assert_eq!(opens(Origin::Registered, "a.example", address), expected, "{address}");
    }
    assert!(!opens(Origin::Registered, "localhost", "127.0.0.1"));
}

#[test]
fn a_refusal_tells_a_partner_nothing_of_what_a_name_stands_for() {
    let url = Url::parse("https://a.example").unwrap();
    let denied = policy(|policy| policy.deny = vec![whom("9.9.9.0/24"), whom("10.0.0.0/24")]);
    let reach = Reach::of(Origin::Registered, denied, &url);
    let told = |address: &str| {
        reach.check_address("a.example", address.parse().unwrap()).unwrap_err().to_string()
    };
    let first = told("10.0.0.1");
    assert!(!first.contains("10.0") && first.contains("allow_private"), "{first}");
    for address in ["127.0.0.1", "169.254.169.254", "fd00::1", "240.0.0.1", "ff02::1", "9.9.9.9"] {
        assert_eq!(told(address), first);
    }
}
