//! Uploaded files.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Code, SimState};
use crate::limits;

/// A file; bytes and channels come after the id (upload first, share later).
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub id: String,
    pub name: String,
    pub title: String,
    pub mimetype: String,
    pub alt_text: String,
    pub user: String,
    pub created_s: i64,
    pub declared_length: usize,
    pub bytes: Arc<Vec<u8>>,
    pub uploaded: bool,
    pub complete: bool,
    pub channels: BTreeSet<String>,
    /// Where it was shared: (channel, ts).
    pub shares: Vec<(String, String)>,
    pub upload_secret: String,
}

impl File {
    /// The ending of the name, which is how Slack names its `filetype`.
    pub fn filetype(&self) -> &str {
        self.name.rsplit_once('.').map_or("text", |(_, ending)| ending)
    }
}

fn mimetype_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" => "text/html",
        "zip" => "application/zip",
        _ => "text/plain",
    }
}

impl SimState {
    /// Reserves a file id to upload to (files.getUploadURLExternal).
    pub fn reserve_file(
        &mut self,
        user: &str,
        name: &str,
        length: usize,
        alt_text: &str,
    ) -> Result<String, Code> {
        if length == 0 || length > limits::SIM_FILE_BYTES {
            return Err("file_upload_size_restricted");
        }
        let held: usize = self.files.values().map(|f| f.bytes.len().max(f.declared_length)).sum();
        if held.saturating_add(length) > limits::SIM_FILES_TOTAL_BYTES {
            return Err("storage_limit_reached");
        }
        let id = self.new_id("F");
        let file = File {
            id: id.clone(),
            name: name.to_owned(),
            title: name.to_owned(),
            mimetype: mimetype_of(name).to_owned(),
            alt_text: alt_text.to_owned(),
            user: user.to_owned(),
            created_s: self.now_s(),
            declared_length: length,
            bytes: Arc::default(),
            uploaded: false,
            complete: false,
            channels: BTreeSet::new(),
            shares: Vec::new(),
            upload_secret: self.new_id("X"),
        };
        self.files.insert(id.clone(), file);
        Ok(id)
    }

    /// Takes the bytes for a reserved file.
    pub fn upload(&mut self, id: &str, bytes: Vec<u8>) -> Result<(), Code> {
        let file = self.files.get_mut(id).ok_or("file_not_found")?;
        if bytes.is_empty() || bytes.len() > limits::SIM_FILE_BYTES {
            return Err("file_upload_size_restricted");
        }
        file.bytes = Arc::new(bytes);
        file.uploaded = true;
        Ok(())
    }
}
