//! Uploading a file, which takes three steps since files.upload is gone (docs.slack.dev/messaging/working-with-files).

use serde_json::json;

use super::{ApiError, SlackApi};

/// Where an uploaded file is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileShare {
    pub channel: String,
    pub thread_ts: Option<String>,
    /// The message above the file, in mrkdwn.
    pub comment: Option<String>,
}

impl SlackApi {
    /// Uploads a file and shows it, giving back its id. The message's ts is not in Slack's answer; it comes as a
    /// `file_share` event.
    pub async fn upload_file(
        &self,
        name: &str,
        title: &str,
        bytes: Vec<u8>,
        share: &FileShare,
    ) -> Result<String, ApiError> {
        const FIRST: &str = "files.getUploadURLExternal";
        let answer = self.call(FIRST, json!({"filename": name, "length": bytes.len()})).await?;
        let text = |key: &str| {
            answer.get(key).and_then(|value| value.as_str()).map(str::to_owned).ok_or_else(|| {
                ApiError::Uncertain { method: FIRST.to_owned(), detail: format!("the answer has no {key}") }
            })
        };
        let (upload_url, file_id) = (text("upload_url")?, text("file_id")?);
        self.upload(&upload_url, bytes).await?;
        let arguments = json!({
            "files": [{"id": file_id, "title": title}],
            "channel_id": share.channel,
            "thread_ts": share.thread_ts,
            "initial_comment": share.comment,
        });
        self.call("files.completeUploadExternal", arguments).await?;
        Ok(file_id)
    }
}
