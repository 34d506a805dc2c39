//! Tokens that are fetched for a signature.

use super::*;

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

fn p384() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    pem("PRIVATE KEY", pair.to_pkcs8v1().unwrap().as_ref())
}

fn rsa() -> (String, Vec<u8>) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    (pem("PRIVATE KEY", der.as_ref()), pair.public_key().as_ref().to_vec())
}

/// What an assertion says, once its signature has been checked.
fn claims(
    assertion: &str,
    algorithm: &'static dyn VerificationAlgorithm,
    public: &[u8],
) -> [Value; 2] {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(algorithm, public).verify(signed.as_bytes(), &signature).unwrap();
    let (head, body) = signed.split_once('.').unwrap();
    [head, body].map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
}

fn point(jwk: &Value) -> Vec<u8> {
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    [&[4][..], &number("x"), &number("y")].concat()
}

/// A key, its algorithm and name, and how a signature of it is checked.
type Case<'c> = (Signer, &'c str, &'c str, &'static dyn VerificationAlgorithm, &'c [u8]);

#[tokio::test]
async fn an_assertion_is_signed_for_that_server_alone_and_for_once() {
    let egress = Egress::new().unwrap();
    let (rsa_pem, rsa_public) = rsa();
    let signer =
        |pem: &str, id: Option<&str>| Signer::of_pem(&pem.into(), id.map(str::to_owned)).unwrap();
    let ec = signer(&p384(), None);
    let jwk = ec.public().unwrap();
    let ec_public = point(&jwk);
    let cases: [Case<'_>; 2] = [
        (ec, "ES384", jwk["kid"].as_str().unwrap(), &ECDSA_P384_SHA384_FIXED, &ec_public),
        (signer(&rsa_pem, Some("k-7")), "RS384", "k-7", &RSA_PKCS1_2048_8192_SHA384, &rsa_public),
    ];
    let mut numbers = BTreeSet::new();
    for (signer, name, id, algorithm, public) in cases {
        let pair = Pair::new().await;
        let grant =
            Grant::signed(&pair.token_url(), "me".to_owned(), signer, "system/*.rs".to_owned());
        let credentials = Credentials::Token(TokenSource::new(grant.unwrap()));
        let say = |request: &HttpRequest| match request.header("authorization") {
            Some("Bearer t-1") => Play::Answer(status(401)),
            _ => yes(request),
        };
        let give = |number, _: &HttpRequest| token(number);
        assert_eq!(pair.while_they(say, give, pair.ask(&egress, &credentials)).await, Ok(200));
        let wanted = pair.wanted.lock().unwrap().clone();
        assert_eq!(wanted.len(), 2);
        for wanted in wanted {
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            assert_eq!(field(&wanted, "client_assertion_type"), kind);
            assert_eq!(field(&wanted, "grant_type"), "client_credentials");
            assert_eq!(field(&wanted, "scope"), "system/*.rs");
            assert_eq!(wanted.header("authorization"), None);
            let [head, body] = claims(&field(&wanted, "client_assertion"), algorithm, public);
            assert_eq!(head, json!({ "alg": name, "typ": "JWT", "kid": id }));
            assert_eq!((&body["iss"], &body["sub"]), (&json!("me"), &json!("me")));
            assert_eq!(body["aud"], json!(pair.token_url()), "by the letter");
            let left = body["exp"].as_i64().unwrap() - OffsetDateTime::now_utc().unix_timestamp();
            assert!((1..=300).contains(&left), "{left}");
            assert!(numbers.insert(body["jti"].as_str().unwrap().to_owned()), "each is for once");
        }
    }
}

#[test]
fn what_others_need_to_know_of_a_key_holds_nothing_secret() {
    let (rsa_pem, _) = rsa();
    for (pem, members) in [
        (p384(), &["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"][..]),
        (rsa_pem, &["alg", "e", "key_ops", "kid", "kty", "n", "use"]),
    ] {
        let signer = Signer::of_pem(&pem.as_str().into(), None).unwrap();
        let jwk = signer.public().unwrap();
        let mut found: Vec<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, members);
        // The same key has the same name.
        let again = Signer::of_pem(&pem.as_str().into(), None).unwrap().public().unwrap();
        assert_eq!(again, jwk);
        assert_eq!(format!("{signer:?}"), "Signer");
    }
    let p256 =
        EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let p256 = pem("PRIVATE KEY", p256.to_pkcs8v1().unwrap().as_ref());
    for unfit in
        ["", "s3cret", p256.as_str(), &pem("PRIVATE KEY", b"s3cret"), &pem("CERTIFICATE", b"x")]
    {
        let what = Signer::of_pem(&unfit.into(), None).unwrap_err();
        assert!(what.contains("; ") && !what.contains("s3cret"), "{what}");
    }
}

#[tokio::test]
async fn where_tokens_are_given_is_discovered_and_believed_at_the_source_alone() {
    let signed = |base: Url| {
        let signer = Signer::of_pem(&p384().as_str().into(), None).unwrap();
        let grant = Grant::signed_for(base, "me".to_owned(), signer, "system/*.rs".to_owned());
        Credentials::Token(TokenSource::new(grant))
    };
    for (is_elsewhere, is_allowed) in [(false, false), (true, false), (true, true)] {
        let pair = Pair::new().await;
        let policy = EgressPolicy {
            // Another machine than that of the source is stood for by the other name of this one.
            allow_hosts: if is_allowed { vec!["localhost"] } else { Vec::new() }
                .into_iter()
                .map(|it| caregraph_connectors::reach::Whom::parse(it).unwrap())
                .collect(),
            allow_ports: vec![0..=u16::MAX],
            ..EgressPolicy::default()
        };
        let reach = Reach::of(Origin::Configured, policy.into(), &pair.base());
        let egress = Egress::new().unwrap().within(reach);
        let elsewhere = format!("{}/token", pair.giver.origin()).replace("127.0.0.1", "localhost");
        let here = format!("{}/token", pair.source.origin());
        let endpoint = if is_elsewhere { elsewhere } else { here };
        let say = |request: &HttpRequest| match request.path.as_str() {
            "/fhir/.well-known/smart-configuration" => {
                assert_eq!(request.header("authorization"), None);
                Play::Answer(HttpAnswer::json(&json!({ "token_endpoint": endpoint })))
            }
            "/token" => token(1),
            _ => yes(request),
        };
        let credentials = signed(pair.base());
        let asking = async {
            let first = pair.ask(&egress, &credentials).await;
            (first, pair.ask(&egress, &credentials).await)
        };
        let answers = pair.while_they(say, |number, _| token(number), asking).await;
        let given = pair.giver.connections();
        if is_elsewhere && !is_allowed {
            assert_eq!(answers, (Err(Problem::Unreachable), Err(Problem::Unreachable)));
            assert_eq!((given, pair.source.requests()), (0, 1));
        } else {
            assert_eq!(answers, (Ok(200), Ok(200)));
            assert_eq!(
                (given, pair.source.requests()),
                (usize::from(is_elsewhere), 4 - usize::from(is_elsewhere))
            );
        }
    }
}
