//! Tokens can be verified with what the issuer publishes, and say what they should.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::Value;

use super::{client, sandbox};
use crate::{Fault, Role, Sandbox, TokenSpec};

/// Verifies a token as a stranger does: discovery, keys, signature, claims.
async fn verify(sandbox: &Sandbox, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let url = sandbox.issuer().url();
    let found =
        client::get(&format!("{url}/.well-known/openid-configuration"), &[]).await.unwrap().json();
    assert_eq!(found["issuer"], url);
    let keys = client::get(found["jwks_uri"].as_str().unwrap(), &[]).await.unwrap().json();
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), Algorithm::ES256));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["caregraph"]);
    validation.set_issuer(&[url]);
    jsonwebtoken::decode::<Value>(token, &key, &validation).map(|data| data.claims)
}

#[tokio::test]
async fn tokens_of_every_role_verify() {
    let sandbox = sandbox(1).await;
    for role in Role::ALL {
        let claims =
            verify(&sandbox, &sandbox.issuer().token(&TokenSpec::new(role))).await.unwrap();
        assert_eq!(claims["role"], role.as_str());
        assert_eq!(claims["purpose"], role.default_purpose());
        assert!(
            ["sub", "jti", "client_id", "scope", "org"].iter().all(|name| claims[name].is_string()),
            "{claims}"
        );
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        assert!(claims["patient"].is_null());
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn forged_and_expired_tokens_do_not_verify() {
    let sandbox = sandbox(1).await;
    let other = super::sandbox(1).await;
    let foreign = other.issuer().token(&TokenSpec::new(Role::Admin));
    let own = sandbox.issuer().token(&TokenSpec::new(Role::Admin));
    let mixed =
        format!("{}.{}", own.rsplit_once('.').unwrap().0, foreign.rsplit_once('.').unwrap().1);
    assert!(verify(&sandbox, &mixed).await.is_err());
    let expired =
        sandbox.issuer().token(&TokenSpec { minutes: -10, ..TokenSpec::new(Role::Admin) });
    assert!(verify(&sandbox, &expired).await.is_err());
    assert!(verify(&sandbox, &own).await.is_ok());
    other.stop().await;
    sandbox.stop().await;
}

#[tokio::test]
async fn the_token_endpoint_reads_what_is_asked() {
    let sandbox = sandbox(1).await;
    sandbox.issuer().set_default_patient("p1");
    let token = async |query: &str| {
        let url = format!("{}/token?{query}", sandbox.issuer().url());
        let answer = client::get(&url, &[]).await.unwrap();
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        (answer.status, token)
    };
    let claims =
        async |query: &str| verify(&sandbox, &token(query).await.1.unwrap()).await.unwrap();
    let coordinator = claims("role=coordinator&purpose=TREAT&minutes=5").await;
    assert_eq!(
        (coordinator["role"].as_str(), coordinator["purpose"].as_str()),
        (Some("COORDINATOR"), Some("TREAT"))
    );
    assert_eq!(coordinator["exp"].as_i64().unwrap() - coordinator["iat"].as_i64().unwrap(), 300);
    assert!(coordinator["patient"].is_null());
    assert_eq!(claims("role=patient").await["patient"], "p1");
    assert_eq!(claims("role=CAREGIVER&patient=p2").await["patient"], "p2");
    assert_eq!(token("role=nobody").await.0, 400);
    assert_eq!(token("").await.0, 400);
    assert_eq!(token("role=admin&minutes=soon").await.0, 400);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_issuer_can_fail_too() {
    let sandbox = sandbox(1).await;
    sandbox.issuer().set_fault(Fault::Status(503));
    let url = format!("{}/jwks", sandbox.issuer().url());
    assert_eq!(client::get(&url, &[]).await.unwrap().status, 503);
    assert_eq!(sandbox.issuer().requests().of("jwks?"), 1);
    sandbox.stop().await;
}
