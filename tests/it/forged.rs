//! Tokens that somebody made up, by hand where no library would.

use serde_json::{Value, json};

use crate::issuer::{Key, TestIssuer, encode, now};

/// A forged token, and what is wrong with it.
pub(crate) type Forged = (String, String);

/// All of them. `key` is the published one; `stranger` is not published, but may bear the same id.
pub(crate) fn all(issuer: &TestIssuer, key: &Key, stranger: &Key) -> Vec<Forged> {
    let mut forged = headers(issuer, key);
    forged.extend(signatures(issuer, key, stranger));
    forged.extend(claims(issuer, key));
    forged.extend(shapes(issuer, key));
    forged
}

/// Good claims under wrong headers, properly signed.
fn headers(issuer: &TestIssuer, key: &Key) -> Vec<Forged> {
    let claims = issuer.claims().to_string();
    let with = |name: &str, value: Value| {
        let mut header = key.header();
        header[name] = value;
        header.to_string()
    };
    let without = |name: &str| {
        let mut header = key.header();
        header.as_object_mut().unwrap().remove(name);
        header.to_string()
    };
    let path = "../../etc/passwd";
    let mut wrong: Vec<String> =
        ["none", "None", "HS256", "RS256", "ES384", "PS256", "EdDSA", "es256", ""]
            .map(|algorithm| with("alg", json!(algorithm)))
            .to_vec();
    wrong.extend(
        [
            json!(""),
            json!("nobody"),
            json!("k".repeat(10_000)),
            json!(path),
            json!("' OR 1=1 --"),
            json!(1),
            Value::Null,
        ]
        .map(|id| with("kid", id)),
    );
    wrong
        .extend(["logout+jwt", "JWE", "secevent+jwt", "id+jwt"].map(|typ| with("typ", json!(typ))));
    wrong.extend(["alg", "kid"].map(without));
    for (name, value) in [
        ("jku", json!(format!("{}/stolen", issuer.url()))),
        ("x5u", json!(format!("{}/stolen", issuer.url()))),
        ("jwk", key.public()),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("enc", json!("A256GCM")),
        ("zip", json!("DEF")),
        ("typ", json!(["at+jwt"])),
    ] {
        wrong.push(with(name, value));
    }
    let twice = format!(r#"{{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, key.id);
    let typed = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{}","typ":"at+jwt"}}"#, key.id);
    let extra = format!(r#"{{"alg":"ES256","kid":"{}","x":{{"y":1,"y":2}}}}"#, key.id);
    wrong.extend([
        twice,
        typed,
        extra,
        "[]".to_owned(),
        "\"ES256\"".to_owned(),
        "{".to_owned(),
        String::new(),
    ]);
    wrong
        .into_iter()
        .map(|header| (key.sign(&header, &claims), header.chars().take(90).collect()))
        .collect()
}

/// Good headers and claims under wrong signatures.
fn signatures(issuer: &TestIssuer, key: &Key, stranger: &Key) -> Vec<Forged> {
    let (header, claims) = (key.header().to_string(), issuer.claims().to_string());
    let good = key.sign(&header, &claims);
    let (text, signature) = good.rsplit_once('.').unwrap();
    let other = {
        let mut claims = issuer.claims();
        claims["role"] = json!("ADMIN");
        encode(claims.to_string())
    };
    let head = text.split('.').next().unwrap();
    let none = encode(json!({ "alg": "none", "kid": key.id }).to_string());
    let body = text.split('.').nth(1).unwrap();
    let hmac = encode(json!({ "alg": "HS256", "kid": key.id }).to_string());
    let secret = jsonwebtoken::EncodingKey::from_secret(key.public().to_string().as_bytes());
    let message = format!("{hmac}.{body}");
    let mac =
        jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256);
    let of = |token: String, what: &str| (token, what.to_owned());
    vec![
        of(stranger.sign(&header, &claims), "signed by a stranger in our name"),
        of(stranger.sign(&stranger.header().to_string(), &claims), "signed by a stranger"),
        of(format!("{text}.{}", encode([0; 64])), "r = s = 0"),
        of(format!("{text}."), "no signature"),
        of(format!("{none}.{body}."), "alg none, no signature"),
        of(format!("{none}.{body}"), "alg none, two parts"),
        of(format!("{head}.{other}.{signature}"), "other claims under the signature"),
        of(format!("{message}.{}", mac.unwrap()), "HMAC with the public key"),
        of(format!("{text}.{}", &signature[..signature.len() - 4]), "cut signature"),
    ]
}

/// Wrong claims under a good signature.
fn claims(issuer: &TestIssuer, key: &Key) -> Vec<Forged> {
    let url = issuer.url();
    let mut wrong: Vec<(&str, Value)> = vec![
        ("exp", json!(now() - 120)),
        ("exp", json!((now() + 600).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("exp", json!([now() + 600])),
        ("exp", Value::Null),
        ("nbf", json!(now() + 600)),
        ("nbf", json!("tomorrow")),
        ("iat", json!(now() + 86_400)),
        ("iat", json!("now")),
        ("iss", json!([url])),
        ("iss", json!(format!("{url}/"))),
        ("iss", json!(&url[..url.len() - 1])),
        ("iss", json!(format!("{url}.example.org"))),
        ("iss", json!(url.replace('1', "\u{ff11}"))),
        ("iss", Value::Null),
        ("aud", json!("caregraphs")),
        ("aud", json!("CAREGRAPH")),
        ("aud", json!([])),
        ("aud", json!(["another"])),
        ("aud", json!(7)),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("scope", json!(["user/*.rs"])),
        ("role", json!("coordinator")),
        ("role", json!("SUPERUSER")),
        ("role", json!(["COORDINATOR", "ADMIN"])),
        ("role", Value::Null),
        ("purpose", json!("CURIOSITY")),
        ("purpose", json!(1)),
        // Purposes that there are, but not for a coordinator.
        ("purpose", json!("HSYSADMIN")),
        ("purpose", json!("ETREAT")),
        // What only ID tokens, logout tokens, refresh tokens and events hold.
        ("nonce", json!("n-0S6_WzA2Mj")),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        ("c_hash", json!("LDktKdoQak3Pk0cnXxCltA")),
        ("s_hash", json!("LDktKdoQak3Pk0cnXxCltA")),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        ("typ", json!("ID")),
        ("typ", json!("Refresh")),
        ("typ", json!("Logout")),
        ("token_use", json!("id")),
        // Two clients.
        ("azp", json!("another")),
        ("client_id", json!(["chart"])),
        ("scp", json!(7)),
        ("scp", json!([["user/*.rs"]])),
        ("iat", json!(-1)),
        ("nbf", json!(1e300)),
        ("sub", json!("s".repeat(2_000))),
        ("patient", json!(["a", "b"])),
    ];
    let mut forged = Vec::new();
    for name in ["exp", "iss", "aud", "sub", "role"] {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().remove(name);
        forged
            .push((key.sign(&key.header().to_string(), &claims.to_string()), format!("no {name}")));
    }
    for (name, value) in wrong.drain(..) {
        let mut claims = issuer.claims();
        claims[name] = value.clone();
        forged.push((
            key.sign(&key.header().to_string(), &claims.to_string()),
            format!("{name}: {value}"),
        ));
    }
    let text = issuer.claims().to_string();
    for twice in [
        r#""role":"ADMIN","#,
        r#""sub":"x","#,
        r#""exp":9999999999,"#,
        r#""scope":"","#,
        r#""x":{"a":1,"\u0061":1},"#,
    ] {
        let claims = text.replacen('{', &format!("{{{twice}"), 1);
        forged.push((key.sign(&key.header().to_string(), &claims), format!("twice: {twice}")));
    }
    for claims in ["[]", "null", "{", "", "\"\""] {
        forged.push((key.sign(&key.header().to_string(), claims), format!("claims: {claims}")));
    }
    forged
}

/// Good tokens in wrong clothes.
fn shapes(issuer: &TestIssuer, key: &Key) -> Vec<Forged> {
    let good = key.sign(&key.header().to_string(), &issuer.claims().to_string());
    let mut claims = issuer.claims();
    claims["padding"] = json!("x".repeat(64 * 1024));
    let of = |token: String, what: &str| (token, what.to_owned());
    vec![
        of(key.sign(&key.header().to_string(), &claims.to_string()), "64 KiB"),
        of(format!("{good}."), "a dot more"),
        of(format!("{good}.x"), "a part more"),
        of(format!(".{good}"), "a dot before"),
        of(good.replacen('.', "..", 1), "two dots"),
        of(format!("{good}="), "padding"),
        of(format!("{good}=="), "more padding"),
        of(good.replacen('.', "=.", 1), "padding in the header"),
        of(good.replacen('.', ". ", 1), "a space within"),
        of(format!("{good}.x.y"), "five parts, as if encrypted"),
        of(encode(&good), "encoded once more"),
        of(good.to_uppercase(), "shouted"),
        of("x".to_owned(), "no token at all"),
        of("..".to_owned(), "dots alone"),
    ]
}
