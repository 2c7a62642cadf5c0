//! The allocator's settings, which glibc takes from the environment of a process, at its start, and from unsafe code.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Left to itself, glibc learns from a large body that large pieces are usual, and keeps tens of MiB of each thread for the
/// next one (mallopt(3), "dynamic mmap threshold"). With these it gives back what is freed.
const SETTINGS: [(&str, &str); 2] =
    [("MALLOC_MMAP_THRESHOLD_", "1048576"), ("MALLOC_TRIM_THRESHOLD_", "2097152")];

/// Starts `firebell serve` anew with the settings, as the same process; whoever set some of their own keeps them.
pub(super) fn settle() {
    let serves = env::args_os().skip(1).any(|arg| arg == "serve");
    let tuned =
        env::var_os("GLIBC_TUNABLES").is_some_and(|all| all.to_string_lossy().contains("glibc.malloc"));
    let chosen = tuned || SETTINGS.iter().any(|(name, _)| env::var_os(name).is_some());
    if !cfg!(all(target_os = "linux", target_env = "gnu")) || !serves || chosen {
        return;
    }
    let mut args = env::args_os();
    let (Ok(program), Some(name)) = (env::current_exe(), args.next()) else { return };
    // It only comes back if it could not be done, and then all goes on as it is.
    let _ = Command::new(program).arg0(name).args(args).envs(SETTINGS).exec();
}
