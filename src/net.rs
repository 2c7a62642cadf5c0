//! Addresses of this machine.

use url::{Host, Url};

/// Whether an address leads to this machine only: nobody else sees what is sent there.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether a name is this machine's by definition (RFC 6761, section 6.3).
pub fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_several_names() {
        for (url, ours) in [
            ("http://127.0.0.1:1/f", true),
            ("http://127.8.9.10/f", true),
            ("http://localhost/f", true),
            ("http://LOCALHOST:80/f", true),
            ("http://slack.localhost/f", true),
            ("http://[::1]/f", true),
            ("http://10.0.0.1/f", false),
            ("http://example.com/f", false),
            ("http://127.0.0.1.example.com/f", false),
            ("http://notlocalhost/f", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), ours, "{url}");
        }
    }
}
