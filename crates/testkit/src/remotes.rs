//! Real servers that keep copies, on the loopback with credentials of their own: OpenSSH for SFTP, rclone for WebDAV.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that ends with its test.
pub struct Remote {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
    url: String,
}

impl Remote {
    /// The address of a store on it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of that store on this machine.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// OpenSSH with keys of its own, below `dir`; `None` where it is not installed.
    ///
    /// # Panics
    /// Without a free port.
    pub fn sftp(dir: &Path) -> Option<Self> {
        fs::create_dir_all(dir).ok()?;
        for name in ["host", "me"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(dir.join(name))
                .stdin(Stdio::null())
                .status();
            if !made.ok()?.success() {
                return None;
            }
        }
        let address = free();
        fs::copy(dir.join("me.pub"), dir.join("authorized")).ok()?;
        let config = format!(
            "Port {1}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nSubsystem sftp internal-sftp\n",
            dir.display(),
            address.port()
        );
        fs::write(dir.join("sshd_config"), config).ok()?;
        let _ = fs::create_dir_all("/run/sshd");
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(dir.join("sshd_config"));
        let user = String::from_utf8(Command::new("id").arg("-un").output().ok()?.stdout).ok()?;
        let url = format!(
            "sftp://{}@{address}{}/store?known-hosts=Accept&key={}",
            user.trim(),
            dir.display(),
            dir.join("me").display()
        );
        Self::start(command, address, dir.join("store"), url)
    }

    /// `rclone serve webdav` below `dir`; `None` where it is not installed.
    ///
    /// # Panics
    /// Without a free port.
    pub fn webdav(dir: &Path) -> Option<Self> {
        let served = dir.join("served");
        fs::create_dir_all(&served).ok()?;
        let secret = dir.join("credentials");
        fs::write(&secret, "# of the test\nusername = me\npassword = hunter2\n").ok()?;
        let address = free();
        let mut command = Command::new("rclone");
        command
            .args(["serve", "webdav", "--user", "me", "--pass", "hunter2", "--config", "/dev/null", "--addr"])
            .arg(address.to_string())
            .arg(&served);
        let url = format!("webdav://{address}/my%20store?credentials={}", secret.display());
        Self::start(command, address, served.join("my store"), url)
    }

    fn start(mut command: Command, address: SocketAddr, folder: PathBuf, url: String) -> Option<Self> {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut remote = Self { child: quiet.spawn().ok()?, address, folder, url };
        while TcpStream::connect(address).is_err() {
            if !matches!(remote.child.try_wait(), Ok(None)) {
                return None;
            }
            std::thread::yield_now();
        }
        Some(remote)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
