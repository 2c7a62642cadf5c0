//! Names under which the local Slack answers.

use crate::world::{World, soon};

/// A page of another site that made its name lead here (DNS rebinding) gets nothing and does nothing.
#[tokio::test]
async fn a_foreign_name_is_refused_everywhere() {
    let world = World::with(|builder| builder.host("slack-in-a-container")).await;
    let port = world.handle.address.port();
    let ask = async |method: reqwest::Method, path: &str, host: &str| {
        let request = world.http.request(method, format!("{}{path}", world.handle.base_url));
        soon(request.header("Host", host).send()).await.unwrap().status().as_u16()
    };
    for path in ["/", "/ui/ws", "/sim/calls", "/ui/app.js", "/archives/C1/p1"] {
        assert_eq!(ask(reqwest::Method::GET, path, &format!("evil.example:{port}")).await, 421, "{path}");
    }
    for path in ["/api/auth.test", "/sim/faults", "/response/T1/abc"] {
        assert_eq!(ask(reqwest::Method::POST, path, "evil.example").await, 421, "{path}");
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "slack-in-a-container".to_owned()]
    {
        assert_eq!(ask(reqwest::Method::GET, "/", &host).await, 200, "{host}");
    }
}
