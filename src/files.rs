//! Files that nobody but their owner may read: they hold what people said in private channels.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// Read and write for the owner.
const FILE_MODE: u32 = 0o600;
/// The same for a folder, which has to be entered, too.
const FOLDER_MODE: u32 = 0o700;
/// What the owner's group and everybody else may do.
const OTHERS: u32 = 0o077;
/// What everybody may do.
const EVERYBODY: u32 = 0o007;

/// Makes a file that must not be there yet.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Opens a file to read and write; makes it if it is not there.
pub fn open_or_create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

/// Makes a folder and those above it.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Takes a file that everybody may use away from them: its old mode if that was so. A file that only its group may read
/// stays: somebody meant that, for a backup, say.
pub fn tighten(path: &Path) -> io::Result<Option<u32>> {
    let Some(mode) = open_to_everybody(path) else { return Ok(None) };
    std::fs::set_permissions(path, Permissions::from_mode(FILE_MODE))?;
    Ok(Some(mode))
}

/// The mode of a file or folder if everybody may read or change it.
pub fn open_to_everybody(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.mode() & 0o7777;
    (mode & EVERYBODY != 0).then_some(mode)
}

/// Checks that a folder is ours alone: no link, and nobody else may put something into it.
pub fn check_own_folder(path: &Path) -> io::Result<()> {
    let found = std::fs::symlink_metadata(path)?;
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    if !found.is_dir() {
        return refuse("it is no folder of its own, but a link or a file");
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return refuse("the folder belongs to somebody else");
    }
    if found.mode() & OTHERS & 0o022 != 0 {
        return refuse("others may write into the folder; `chmod 700` it");
    }
    Ok(())
}

/// Opens a file to read that only we can have written: no link, ours, and changed by nobody else.
pub fn open_own(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let found = file.metadata()?;
    let ours = found.is_file() && found.uid() == rustix::process::geteuid().as_raw();
    if !ours || found.mode() & 0o022 != 0 {
        let why = "it is not ours alone: another user owns it or may change it";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_the_owners() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        create_new(&at("new")).unwrap();
        open_or_create(&at("opened")).unwrap();
        create_folder(&at("a/b")).unwrap();
        assert_eq!((mode(&at("new")), mode(&at("opened"))), (0o600, 0o600));
        assert_eq!((mode(&at("a")), mode(&at("a/b"))), (0o700, 0o700));
        assert_eq!(create_new(&at("new")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn what_everybody_may_read_is_corrected() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        File::create(&path).unwrap();
        for (was, told, is) in [
            (0o644, Some(0o644), 0o600),
            (0o666, Some(0o666), 0o600),
            (0o640, None, 0o640),
            (0o600, None, 0o600),
        ] {
            set(&path, was);
            assert_eq!((tighten(&path).unwrap(), mode(&path)), (told, is), "{was:o}");
        }
        assert_eq!(tighten(&dir.path().join("missing")).unwrap(), None);
    }

    #[test]
    fn links_and_what_others_may_change_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        create_folder(&at("own")).unwrap();
        assert!(check_own_folder(&at("own")).is_ok());
        set(&at("own"), 0o777);
        assert!(check_own_folder(&at("own")).is_err());
        symlink(at("own"), at("link")).unwrap();
        assert!(check_own_folder(&at("link")).is_err());
        create_new(&at("file")).unwrap();
        assert!(check_own_folder(&at("file")).is_err() && open_own(&at("file")).is_ok());
        set(&at("file"), 0o662);
        assert!(open_own(&at("file")).is_err());
        set(&at("file"), 0o600);
        symlink(at("file"), at("file-link")).unwrap();
        assert!(open_own(&at("file-link")).is_err());
    }
}
