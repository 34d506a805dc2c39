//! What operators get to see, as it is configured.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use caregraph_connectors::egress::Credentials;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::check::Check;
use crate::access::Role;

/// What operators get to see.
#[derive(Debug)]
pub struct TelemetryConfig {
    /// Where metrics are given to whoever asks.
    pub metrics: Option<SocketAddr>,
    /// The collector of traces.
    pub traces: Option<TracesConfig>,
    /// The roles that may ask for the waterfall of an answer.
    pub waterfall: BTreeSet<Role>,
}

/// Where traces go.
#[derive(Debug)]
pub struct TracesConfig {
    /// Where spans are posted to.
    pub collector: Url,
    /// How we show the collector who we are.
    pub credentials: Credentials,
    /// The share of all traces that is recorded, from 0 to 1.
    pub share: f64,
}

/// What operators get to see.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTelemetry {
    /// Address and port of a listener of its own that gives metrics at `/metrics`, such as `127.0.0.1:9464`; none when
    /// absent.
    pub(super) metrics: Option<String>,
    /// Whether `metrics` may be an address that other machines reach; `false` when absent.
    pub(super) metrics_on_network: Option<bool>,
    /// The OTLP collector, such as `http://127.0.0.1:4318`; spans are posted to `v1/traces` below it. No traces when
    /// absent.
    pub(super) otlp: Option<String>,
    /// The bearer token for the collector, as `env:NAME` or `file:PATH`.
    pub(super) otlp_token: Option<String>,
    /// The share of all traces that is recorded, from 0 to 1; 1 when absent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(super) trace_share: Option<f64>,
    /// The roles whose `X-Care-Trace: 1` is answered with the waterfall of their request; none when absent.
    pub(super) waterfall: Option<Vec<String>>,
}

impl Check<'_> {
    /// What operators get to see. Nothing is opened to other machines by accident.
    pub(super) fn telemetry(&mut self, raw: RawTelemetry) -> TelemetryConfig {
        let metrics = raw.metrics.and_then(|text| {
            let address: Option<SocketAddr> = text.parse().ok();
            match address {
                None => self.wrong(
                    "telemetry.metrics",
                    "must be an address and a port, such as 127.0.0.1:9464",
                ),
                Some(address)
                    if !address.ip().is_loopback() && raw.metrics_on_network != Some(true) =>
                {
                    self.wrong(
                        "telemetry.metrics",
                        "is an address that other machines may reach, and metrics ask for no token; use one of this \
                         machine, such as 127.0.0.1:9464, or say metrics_on_network = true and close it to all but \
                         Prometheus",
                    );
                }
                Some(_) => {}
            }
            address
        });
        let token = raw.otlp_token.and_then(|it| self.secret("telemetry.otlp_token", &it));
        let share = raw.trace_share.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            self.wrong("telemetry.trace_share", "must lie between 0 and 1");
        }
        let traces = raw.otlp.and_then(|text| {
            let collector = collector(&text);
            if collector.is_none() {
                let what = "must be the URL of an OTLP collector, http or https, without user, password, query or \
                            fragment, such as http://127.0.0.1:4318";
                self.wrong("telemetry.otlp", what);
            }
            let credentials = token.map_or(Credentials::None, Credentials::Bearer);
            Some(TracesConfig { collector: collector?, credentials, share })
        });
        let waterfall = self.roles_named("telemetry.waterfall", raw.waterfall.unwrap_or_default());
        TelemetryConfig { metrics, traces, waterfall }
    }
}

/// Where spans are posted to.
fn collector(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
        return None;
    }
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Some(url)
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
